import { type Deadline, defaultTimeouts } from "../../core/deadline.ts";
import { parseDuration } from "../../core/durations.ts";
import { wordsOf } from "../../core/errors.ts";
import {
  incarnationLabel,
  nameOf,
  type Owned,
  ownedBy,
  ownerIn,
  ownerLabel,
  ownersOf,
} from "../../core/identity.ts";
import { same } from "../../core/values.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { OpenCluster } from "../../kubernetes/clusters.ts";
import { isIncarnation, isOwnedBy } from "../../kubernetes/ensure.ts";
import { isForbidden } from "../../kubernetes/kubernetes-error.ts";
import { backups, locations, secrets } from "../../kubernetes/resources.ts";
import { release, removeClaimsInCluster } from "../../rules/claim.ts";
import { awaitRunning, forgetBackups, stillNamedBy } from "../../rules/location-users.ts";
import type { ClusterBackupOutputs } from "../../schemas/cluster-backup.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import {
  formerLineagesOf,
  labelValue,
  orphanedLabel,
  retainedLabel,
  scheduleNameLabel,
} from "../../velero/labels.ts";
import type { Backup, BackupStorageLocation } from "../../velero/types.ts";

/** Returns true if the backups now go to another location. */
export function isElsewhere(before: ClusterBackupOutputs, now: ClusterBackupOutputs): boolean {
  const placeOf = ({ location: { locationName, namespace } }: ClusterBackupOutputs) => [
    locationName,
    namespace,
  ];
  return !same(placeOf(before), placeOf(now));
}

/**
 * Leaves the location of another stack: retained backups are marked, so that they do not keep the location, and the
 * last user of an orphaned location removes it. A location of this stack outlives its backups in any case.
 */
export async function part(
  { client }: OpenCluster,
  state: ClusterBackupOutputs,
  how: { store: ObjectStore | undefined; deadline: Deadline; replaced?: boolean },
): Promise<void> {
  if (state.location.lineage === state.lineage) return;
  // Backups of the resource that lives on are still in use.
  const kept = (await ourBackups(client, state)).filter(
    (backup) => !how.replaced || isIncarnation(backup, state.incarnation),
  );
  for (const { metadata } of kept.filter(({ metadata }) => metadata.labels?.[retainedLabel] === undefined)) {
    const { name, namespace = "" } = metadata;
    await client.patch(
      { type: backups, name, namespace },
      { metadata: { labels: { [retainedLabel]: "true" } } },
    );
  }
  await partFromLocation(client, { user: state.owner, ...state, ...how });
}

interface Parting {
  /** The URN of the resource that no longer uses the location. */
  user: string;
  location: { locationName: string; namespace: string; storePrefix: string };
  /** The user's own access to the store, if it has one. */
  store: ObjectStore | undefined;
  deadline: Deadline;
}

/** Between a read and a delete, the owner may adopt the location again, or Velero may write its status. */
const ROUNDS = 10;

/**
 * Removes an orphaned location if its last user leaves it: the Secret, the location, the Backup objects that name it,
 * and the claim in the store. The data stays. The location is deleted only in the state in which it was seen as
 * orphaned, and after the objects that only it leads to, so that a killed run can be repeated. The claim is released
 * last: before that, its owner may be adopting the location again. If a run is killed in between, the claim stays and
 * reserves the prefix for its owner.
 */
export async function partFromLocation(client: KubernetesClient, parting: Parting): Promise<void> {
  const { location, user } = parting;
  const place = `BackupStorageLocation ${location.namespace}/${location.locationName} in cluster "${client.label.key}"`;
  try {
    const incarnation = await removeLeaving(client, parting);
    if (incarnation === undefined) return;
    await removeClaimsInCluster(client, { namespace: location.namespace, incarnation });
    const claim = await releaseClaim(parting, incarnation);
    client.session.notices.warn(
      nameOf(user),
      `${place}, which its owner had left, was named by nobody else any more and is removed. What is stored below ` +
        `${location.storePrefix}/ stays, and no longer expires. ${claim}`,
    );
  } catch (error) {
    if (!isForbidden(error)) throw error;
    client.session.notices.warn(
      nameOf(user),
      `${place} was left by its owner and is named by nobody else any more, but these credentials may not remove it ` +
        `(${wordsOf(error)}). Delete it and the Secret of the same name by hand`,
    );
  }
}

/** Returns the incarnation of the removed location. */
async function removeLeaving(client: KubernetesClient, parting: Parting): Promise<string | undefined> {
  const { locationName: name, namespace } = parting.location;
  const target = { type: locations, name, namespace };
  for (let round = 0; round < ROUNDS; round++) {
    const live = await client.get<BackupStorageLocation>(target);
    const owner = live && ownerIn(live);
    if (live?.metadata.labels?.[orphanedLabel] !== "true" || owner === undefined) return undefined;
    const formerOwners = formerLineagesOf(live).map((lineage) => ({ ...owner, lineage }));
    const { users } = await stillNamedBy(client, { name, namespace, ...owner, formerOwners });
    if (users.length > 0) return undefined;

    const incarnation = live.metadata.labels[incarnationLabel] ?? "";
    await awaitRunning(client, name, namespace, parting.deadline);
    await forgetBackups(client, name, namespace);
    await removeSecretOf(client, live, incarnation);
    const { uid, resourceVersion } = live.metadata;
    if (await client.delete(target, { uid, resourceVersion })) {
      // Velero may have created some of them again in the meantime.
      await forgetBackups(client, name, namespace);
      return incarnation;
    }
  }
  return undefined;
}

/** A Secret of the user, or of a newer incarnation, is not touched. */
async function removeSecretOf(
  client: KubernetesClient,
  { spec, metadata: { namespace = "" } }: BackupStorageLocation,
  incarnation: string,
): Promise<void> {
  if (!spec.credential) return;
  const target = { type: secrets, name: spec.credential.name, namespace };
  const live = await client.get(target);
  if (!live || !isIncarnation(live, incarnation)) return;
  const { uid, resourceVersion } = live.metadata;
  await client.delete(target, { uid, resourceVersion });
}

/** Releases the claim, and describes the result. */
async function releaseClaim({ store, location }: Parting, incarnation: string): Promise<string> {
  const { storePrefix } = location;
  const stays = (why: string) =>
    `Its claim (${storePrefix}/metadata/) could not be released, since ${why}: only who made it may write there again, by the adoptLineage that its preview prints`;
  if (!store) return stays("this program has no way to the store (`access`)");
  try {
    await release(store, storePrefix, incarnation, new Date());
    return "Its claim is released";
  } catch (error) {
    return stays(wordsOf(error));
  }
}

/** The selection and the triggers of a Backup, as a hash. */
export const wishLabel = "pulumi-velero.io/wish";

/** The resource that takes backups, and their location. */
type Taker = Owned & Pick<ClusterBackupOutputs, "location">;

/**
 * Returns the Backup objects of this resource in its location. The location and the owner identify them. A name, or the
 * schedule's label, is not enough: other locations may have the same ones (docs/design/rules.md#object-names).
 */
export async function ourBackups(client: KubernetesClient, state: Taker): Promise<Backup[]> {
  const { items } = await client.list<Backup>({
    type: backups,
    namespace: state.location.namespace,
    // Velero's label of the location is not used: a Backup that Velero has not processed yet lacks it.
    labelSelector: ownedBy(ownersOf(state)),
  });
  return items.filter((backup) => isOurs(backup, state));
}

export const isOurs = (backup: Backup, state: Taker): boolean =>
  backup.spec.storageLocation === state.location.locationName && isOwnedBy(backup, ownersOf(state));

/** Returns true if the backup is recent enough for a request to take one now. */
export function isYoung(
  { metadata: { creationTimestamp = "" } }: Backup,
  { timeouts }: Pick<ClusterBackupOutputs, "timeouts">,
  now: Date,
): boolean {
  const limit = parseDuration(timeouts?.create ?? defaultTimeouts.create) ?? 0;
  return now.getTime() - Date.parse(creationTimestamp) < limit;
}

/**
 * Returns true for Backups that an adopted Schedule made before its adoption. They count for its health, and are never
 * deleted by us.
 */
export const isOfAdopted = ({ metadata, spec }: Backup, state: ClusterBackupOutputs): boolean =>
  state.scheduleName !== undefined &&
  spec.storageLocation === state.location.locationName &&
  metadata.labels?.[ownerLabel] === undefined &&
  metadata.labels?.[scheduleNameLabel] === labelValue(state.scheduleName);
