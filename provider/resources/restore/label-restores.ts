import { clusterLabel } from "../../kubernetes/connection.ts";
import { configMaps, restores } from "../../kubernetes/resources.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { isOwnedBy } from "../../lifecycle/ensure.ts";
import { ownersOf } from "../../lifecycle/identity.ts";
import { metadataPatch } from "../../lifecycle/metadata-edits.ts";
import type { RestoreOutputs } from "./outputs.ts";
import { partOf } from "./part.ts";

/**
 * Gives the Restore objects that are still there, and the ConfigMaps of their rules, the labels and annotations that
 * are declared by now. Nothing is restored for it.
 */
export async function labelRestores(aim: RestoreOutputs): Promise<void> {
  const made = Object.keys(aim.byCluster).filter((key) => aim.targets[key] !== undefined);
  await Promise.all(
    made.map(async (key) => {
      const part = partOf(aim, key);
      const { restoreName, modifiersName, clusterUid } = part.known;
      const { cluster, connection, location } = part.target;
      const objects = [
        ...(restoreName === undefined ? [] : [{ type: restores, name: restoreName }]),
        ...(modifiersName === undefined ? [] : [{ type: configMaps, name: modifiersName }]),
      ];
      if (objects.length === 0) return;
      const { client } = await openCluster(connection, clusterLabel(cluster), clusterUid);
      for (const object of objects) {
        const target = { ...object, namespace: location.namespace };
        const live = await client.get(target);
        const change = live && isOwnedBy(live, ownersOf(part)) ? metadataPatch(live, aim) : undefined;
        if (change) await client.patch(target, change);
      }
    }),
  );
}
