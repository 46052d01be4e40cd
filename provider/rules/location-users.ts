import type { Deadline } from "../core/deadline.ts";
import { type Owned, ownerIn, ownersOf } from "../core/identity.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { backups, type KubernetesObject, schedules } from "../kubernetes/resources.ts";
import { waitFor } from "../kubernetes/wait.ts";
import { leftLabel, settledLabel } from "../velero/labels.ts";
import { isBeingWritten, stateOf } from "../velero/phases.ts";
import type { Backup, Schedule } from "../velero/types.ts";

/** A location in its cluster, with the ClusterLocation that made it. */
export interface NamedLocation extends Owned {
  name: string;
  namespace: string;
}

/** Who names a location, in words: `Backup velero/shop-1 of urn:…`. */
export interface Namers {
  /** Resources of other stacks that live: a Schedule, or a Backup that somebody waits for or answers for. */
  users: string[];
  /** Backups of other stacks of which that is not known, such as those that Velero has brought back from the store. */
  doubtful: string[];
  /** What nobody declares: made by hand, with Velero's own tool. */
  byHand: string[];
  /** Schedules of its own stack, which no state has any more: Pulumi has dropped them without a delete. */
  retained: string[];
}

/**
 * Which objects name a location. Those of its own stack hold nothing up: Pulumi deletes them before. Nor does a Backup
 * that was left behind when its resource went.
 */
export async function stillNamedBy(client: KubernetesClient, location: NamedLocation): Promise<Namers> {
  const { name, namespace } = location;
  const [scheduled, taken] = await Promise.all([
    client.list<Schedule>({ type: schedules, namespace }),
    client.list<Backup>({ type: backups, namespace }),
  ]);
  const ofSchedules = scheduled.items.filter(({ spec }) => spec.template.storageLocation === name);
  const ofBackups = taken.items.filter(({ spec }) => spec.storageLocation === name);
  const isOthers = (object: KubernetesObject) => isOfAnotherStack(object, location);
  const others = ofBackups.filter(
    (backup) => isOthers(backup) && backup.metadata.labels?.[leftLabel] === undefined,
  );
  const words = (kind: string) => (object: KubernetesObject) => inWords(kind, object);
  return {
    users: [
      ...ofSchedules.filter(isOthers).map(words("Schedule")),
      ...others.filter(isAnsweredFor).map(words("Backup")),
    ],
    doubtful: others.filter((backup) => !isAnsweredFor(backup)).map(words("Backup")),
    byHand: [
      ...ofSchedules.filter(isNobodys).map(words("Schedule")),
      ...ofBackups.filter(isNobodys).map(words("Backup")),
    ],
    retained: ofSchedules
      .filter((schedule) => !isNobodys(schedule) && !isOthers(schedule))
      .map(words("Schedule")),
  };
}

/** The first few of many. */
export const someOf = (words: readonly string[]): string =>
  words.slice(0, 5).join(", ") + (words.length > 5 ? ` and ${words.length - 5} more` : "");

const isNobodys = (object: KubernetesObject): boolean => ownerIn(object) === undefined;

/** All that uses a location in the same stack has its lineage. */
function isOfAnotherStack(object: KubernetesObject, location: Owned): boolean {
  const theirs = ownerIn(object);
  return theirs !== undefined && ownersOf(location).every(({ lineage }) => lineage !== theirs.lineage);
}

/**
 * A Backup that an `up` has accepted carries our label, which is not in the store: one that Velero has synced back, maybe
 * years after its resource went, lacks it (docs/design/velero-facts.md#backup-synchronization). Runs of a Schedule
 * never have it; the Schedule counts.
 */
const isAnsweredFor = (backup: Backup): boolean =>
  backup.metadata.labels?.[settledLabel] !== undefined || stateOf(backup) === "running";

function inWords(kind: string, object: KubernetesObject): string {
  const { namespace, name } = object.metadata;
  const theirs = ownerIn(object);
  return `${kind} ${namespace}/${name}${theirs === undefined ? "" : ` of ${theirs.owner}`}`;
}

/** By what they say themselves: a Backup that Velero has not looked at yet carries no label of its location. */
export async function namingBackups(
  client: KubernetesClient,
  location: string,
  namespace: string,
): Promise<Backup[]> {
  const { items } = await client.list<Backup>({ type: backups, namespace });
  return items.filter(({ spec }) => spec.storageLocation === location);
}

/** Removes the objects alone: without their location Velero can neither delete nor expire what they stand for. */
export async function forgetBackups(
  client: KubernetesClient,
  location: string,
  namespace: string,
): Promise<void> {
  const theirs = await namingBackups(client, location, namespace);
  await Promise.all(
    theirs.map(({ metadata }) =>
      client.delete({ type: backups, name: metadata.name, namespace }, { uid: metadata.uid }),
    ),
  );
}

/** A backup that is being written needs its location until it has ended; one that only waits is dropped with it. */
export async function awaitRunning(
  client: KubernetesClient,
  location: string,
  namespace: string,
  deadline: Deadline,
): Promise<void> {
  const running = (await namingBackups(client, location, namespace)).filter(isBeingWritten);
  await Promise.all(
    running.map(({ metadata: { name } }) =>
      waitFor<Backup, true>(
        client,
        { type: backups, name, namespace },
        (live) => (live && isBeingWritten(live) ? undefined : true),
        {
          deadline,
          what: `Backup ${namespace}/${name} in cluster "${client.label.key}" did not finish, and its location has to stay until then`,
          todo: "Run again when it has ended; if Velero is dead, delete the Backup object.",
        },
      ),
    ),
  );
}
