import type { Deadline } from "../../core/deadline.ts";
import { wordsOf } from "../../core/errors.ts";
import { incarnationLabel, nameOf, ownerIn } from "../../core/identity.ts";
import { tell } from "../../core/notices.ts";
import { same } from "../../core/values.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { OpenCluster } from "../../kubernetes/clusters.ts";
import { isIncarnation } from "../../kubernetes/ensure.ts";
import { isForbidden } from "../../kubernetes/kubernetes-error.ts";
import { backups, locations, secrets } from "../../kubernetes/resources.ts";
import { release, removeClaimsInCluster } from "../../rules/claim.ts";
import { awaitRunning, forgetBackups, stillNamedBy } from "../../rules/location-users.ts";
import type { ClusterBackupOutputs } from "../../schemas/backup-outputs.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { formerLineagesAnnotation, leavingLabel, leftLabel } from "../../velero/labels.ts";
import type { BackupStorageLocation } from "../../velero/types.ts";
import { ourBackups } from "./our-backups.ts";

/** Whether the backups go to another location now. */
export function isElsewhere(before: ClusterBackupOutputs, now: ClusterBackupOutputs): boolean {
  const placeOf = ({ location: { locationName, namespace } }: ClusterBackupOutputs) => [
    locationName,
    namespace,
  ];
  return !same(placeOf(before), placeOf(now));
}

/**
 * Parts from the location of another stack: what is kept there is marked, so that it holds nothing up, and a location
 * that its owner has left goes with its last user. One of this stack outlives its backups anyway.
 */
export async function part(
  { client }: OpenCluster,
  state: ClusterBackupOutputs,
  how: { store: ObjectStore | undefined; deadline: Deadline; replaced?: boolean },
): Promise<void> {
  if (state.location.lineage === state.lineage) return;
  // What the resource that lives on has made is still in use.
  const kept = (await ourBackups(client, state)).filter(
    (backup) => !how.replaced || isIncarnation(backup, state.incarnation),
  );
  for (const { metadata } of kept.filter(({ metadata }) => metadata.labels?.[leftLabel] === undefined)) {
    const { name, namespace = "" } = metadata;
    await client.patch({ type: backups, name, namespace }, { metadata: { labels: { [leftLabel]: "true" } } });
  }
  await partFromLocation(client, { user: state.owner, ...state, ...how });
}

interface Parting {
  /** URN of who no longer uses the location. */
  user: string;
  location: { locationName: string; namespace: string; storePrefix: string };
  /** The user's own way to the store, where it has one. */
  store: ObjectStore | undefined;
  deadline: Deadline;
}

/** Someone may take the location back, or Velero write its status, between a look and a delete. */
const ROUNDS = 10;

/**
 * Takes away what its owner has left to others, where the one that parts from it was the last of them: the Secret, the
 * location, the Backup objects that name it, and the claim in the store; the data stays. The location goes only in the
 * very state in which it was seen to be leaving, and after the objects that only it leads to, so that a killed run is
 * repeated. The claim is released behind it: earlier, its owner might be taking it back. A run that is killed in
 * between leaves the claim, which keeps the prefix for its owner.
 */
export async function partFromLocation(client: KubernetesClient, parting: Parting): Promise<void> {
  const { location, user } = parting;
  const place = `BackupStorageLocation ${location.namespace}/${location.locationName} in cluster "${client.label.key}"`;
  try {
    const incarnation = await removeLeaving(client, parting);
    if (incarnation === undefined) return;
    await removeClaimsInCluster(client, { namespace: location.namespace, incarnation });
    const claim = await releaseClaim(parting, incarnation);
    tell(
      nameOf(user),
      `${place}, which its owner had left, was named by nobody else any more and is removed. What is stored below ` +
        `${location.storePrefix}/ stays, and no longer expires. ${claim}`,
    );
  } catch (error) {
    if (!isForbidden(error)) throw error;
    tell(
      nameOf(user),
      `${place} was left by its owner and is named by nobody else any more, but these credentials may not remove it ` +
        `(${wordsOf(error)}). Delete it and the Secret of the same name by hand`,
    );
  }
}

/** The incarnation of the location that was removed. */
async function removeLeaving(client: KubernetesClient, parting: Parting): Promise<string | undefined> {
  const { locationName: name, namespace } = parting.location;
  const target = { type: locations, name, namespace };
  for (let round = 0; round < ROUNDS; round++) {
    const live = await client.get<BackupStorageLocation>(target);
    const owner = live && ownerIn(live);
    if (live?.metadata.labels?.[leavingLabel] !== "true" || owner === undefined) return undefined;
    const formerLineages = live.metadata.annotations?.[formerLineagesAnnotation]?.split(",") ?? [];
    const formerOwners = formerLineages.map((lineage) => ({ ...owner, lineage }));
    const { users } = await stillNamedBy(client, { name, namespace, ...owner, formerOwners });
    if (users.length > 0) return undefined;

    const incarnation = live.metadata.labels[incarnationLabel] ?? "";
    await awaitRunning(client, name, namespace, parting.deadline);
    await forgetBackups(client, name, namespace);
    await removeSecretOf(client, live, incarnation);
    const { uid, resourceVersion } = live.metadata;
    if (await client.delete(target, { uid, resourceVersion })) {
      // Velero may have brought some back in that moment.
      await forgetBackups(client, name, namespace);
      return incarnation;
    }
  }
  return undefined;
}

/** A Secret of the user's own, or of a newer incarnation, is not touched. */
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

/** What became of it, in words. */
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
