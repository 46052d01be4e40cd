import { backups } from "../../kubernetes/resources.ts";
import type { OpenCluster } from "../../lifecycle/clusters.ts";
import { same } from "../../lifecycle/canonical.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { isIncarnation } from "../../lifecycle/ensure.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { leftLabel } from "../../velero/labels.ts";
import { partFromLocation } from "../part-from-location.ts";
import { ourBackups } from "./our-backups.ts";
import type { ClusterBackupOutputs } from "./outputs.ts";

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
