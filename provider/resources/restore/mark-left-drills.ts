import type { KubernetesClient } from "../../kubernetes/client.ts";
import { configMaps, restores } from "../../kubernetes/resources.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { ownedBy, ownersOf } from "../../lifecycle/identity.ts";
import type { Progress } from "../../lifecycle/progress.ts";
import { restoreStateOf } from "../../velero/phases.ts";
import { drillLabel } from "../../velero/labels.ts";
import { restoredItems } from "../../velero/restore-results.ts";
import type { Restore } from "../../velero/types.ts";
import { settledLabel } from "../backup/our-backups.ts";
import { veleroFile } from "../velero-file.ts";
import { markDrilled } from "./drill.ts";
import type { Part } from "./part.ts";
import type { Place } from "./place-of.ts";
import { awaitRestore } from "./run-restore.ts";

/**
 * Marks what earlier drills of this resource have made whose run was killed before it could, and which no up goes on
 * with, since its triggers are others now: next month's drill would find its names taken. Their Restores go, and the rules of these.
 */
export async function markLeftDrills(
  client: KubernetesClient,
  part: Part,
  { location, store, storePrefix }: Place,
  how: { deadline: Deadline; progress: Progress },
): Promise<void> {
  const { namespace } = part.target.location;
  const { items } = await client.list<Restore>({
    type: restores,
    namespace,
    labelSelector: `${drillLabel}=true,${ownedBy(ownersOf(part))}`,
  });
  const left = items.filter(
    ({ metadata: { labels = {}, deletionTimestamp } }) =>
      labels[settledLabel] === undefined && deletionTimestamp === undefined,
  );
  for (const restore of left) {
    const ended = await awaitRestore(client, restore, how);
    const { name } = restore.metadata;
    const list = await veleroFile(
      "restoreItems",
      { client, ...location, storePrefix, name, store },
      "velero",
    );
    if (list) await markDrilled(client, part, ended, restoredItems(list));
    // By hand then: what it has made is named as taken.
    else if (restoreStateOf(ended) !== "refused") continue;
    // No state may know of it. It goes last, since it is what all of this is found by.
    const rules = restore.spec.resourceModifier?.name;
    if (rules !== undefined) await client.delete({ type: configMaps, name: rules, namespace });
    await client.delete({ type: restores, name, namespace }, { uid: restore.metadata.uid });
  }
}
