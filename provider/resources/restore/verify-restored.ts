import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { examine } from "./examine.ts";
import { isDrill } from "./options.ts";
import type { Part } from "./part.ts";
import type { Place } from "./place-of.ts";
import { requireSight } from "./require-sight.ts";
import { verify } from "./verify.ts";

/** Compares what a restore has brought back with its backup, and tells how many objects are as they should be. */
export async function verifyRestored(
  client: KubernetesClient,
  part: Part,
  { restoreName, backupName }: { restoreName: string; backupName: string },
  { store, storePrefix, location }: Place,
): Promise<number> {
  const place = `Restore ${location.namespace}/${restoreName} in cluster "${client.label.key}"`;
  if (!store) {
    throw new Problem({
      code: "NoWayToStore",
      property: isDrill(part.whole) ? "drill" : "verify",
      what:
        `what ${place} has restored cannot be compared with Backup ${backupName}: this program has no way to its store, ` +
        `or BackupStorageLocation ${location.namespace}/${location.locationName} is gone`,
      todo: "The next up compares again.",
    });
  }
  const { items, target } = await examine(client, { store, storePrefix, backupName }, part.whole);
  requireSight(target, part.whole, { place: `${place} has restored`, undone: "The next up compares again." });
  return verify(items, target, part.whole, place);
}
