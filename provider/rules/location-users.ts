import type { Deadline } from "../core/deadline.ts";
import { type Owned, ownerIn, ownersOf } from "../core/identity.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { backups, type KubernetesObject, schedules } from "../kubernetes/resources.ts";
import { waitFor } from "../kubernetes/wait.ts";
import { retainedLabel, acceptedLabel } from "../velero/manifests.ts";
import { isBeingWritten, stateOf } from "../velero/phases.ts";
import type { Backup, Schedule } from "../velero/types.ts";

/** A location in its cluster, with the ClusterLocation that created it. */
export interface NamedLocation extends Owned {
  name: string;
  namespace: string;
}

/** The objects that name a location, in words: `Backup velero/shop-1 of urn:…`. */
export interface Namers {
  /** Resources of other stacks that are in use: a Schedule, or a Backup that a resource waits for or has accepted. */
  users: string[];
  /** Backups of other stacks whose use is not known, such as those that Velero created again from the store. */
  doubtful: string[];
  /** Objects that nobody declares: made by hand, with Velero's own tool. */
  byHand: string[];
  /** Schedules of the same stack that no state has any more: Pulumi removed them from state without a delete. */
  retained: string[];
}

/**
 * Finds the objects that name a location. Objects of the same stack do not count: Pulumi deletes them first. A Backup
 * that was retained when its resource was removed does not count either.
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
    (backup) => isOthers(backup) && backup.metadata.labels?.[retainedLabel] === undefined,
  );
  const words = (kind: string) => (object: KubernetesObject) => userInWords(kind, object);
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

/** Lists the first few of many. */
export const someOf = (words: readonly string[]): string =>
  words.slice(0, 5).join(", ") + (words.length > 5 ? ` and ${words.length - 5} more` : "");

const isNobodys = (object: KubernetesObject): boolean => ownerIn(object) === undefined;

/** Returns true for an object of another stack. All users of a location in the same stack have its lineage. */
function isOfAnotherStack(object: KubernetesObject, location: Owned): boolean {
  const theirs = ownerIn(object);
  return theirs !== undefined && ownersOf(location).every(({ lineage }) => lineage !== theirs.lineage);
}

/**
 * Returns true if a resource waits for a Backup or has accepted it. An accepted Backup has our label, which the store
 * does not have: a Backup that Velero synced back, possibly years after its resource was removed, lacks it
 * (docs/design/velero-facts.md#backup-synchronization). Runs of a Schedule never have it. For them, the Schedule
 * counts.
 */
const isAnsweredFor = (backup: Backup): boolean =>
  backup.metadata.labels?.[acceptedLabel] !== undefined || stateOf(backup) === "running";

function userInWords(kind: string, object: KubernetesObject): string {
  const { namespace, name } = object.metadata;
  const theirs = ownerIn(object);
  return `${kind} ${namespace}/${name}${theirs === undefined ? "" : ` of ${theirs.owner}`}`;
}

/** Finds Backups by their spec: a Backup that Velero has not processed yet has no label of its location. */
export async function namingBackups(
  client: KubernetesClient,
  location: string,
  namespace: string,
): Promise<Backup[]> {
  const { items } = await client.list<Backup>({ type: backups, namespace });
  return items.filter(({ spec }) => spec.storageLocation === location);
}

/** Removes only the Backup objects: without their location, Velero can neither delete nor expire the stored data. */
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

/** Waits for running backups, which need the location until they end. Queued backups are dropped with it. */
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
