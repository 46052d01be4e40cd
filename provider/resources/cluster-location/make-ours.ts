import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isConflict } from "../../kubernetes/kubernetes-error.ts";
import { locations } from "../../kubernetes/resources.ts";
import type { BackupStorageLocation } from "../../velero/types.ts";
import { findAdopted } from "./adopt.ts";
import { ours } from "./ours.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";

/** Every write of Velero's own is a conflict. */
const ROUNDS = 10;

/** Makes ours of that very location, in the very state in which it may be. */
export async function makeOurs(
  client: KubernetesClient,
  aim: ClusterLocationOutputs,
  found: BackupStorageLocation,
): Promise<void> {
  const { locationName: name, namespace } = aim;
  const { labels, annotations } = ours(aim, name);
  let live = found;
  for (let round = 0; round < ROUNDS; round++) {
    const { resourceVersion } = live.metadata;
    const patched = await client
      .patch({ type: locations, name, namespace }, { metadata: { resourceVersion, labels, annotations } })
      .catch((error: unknown) => {
        if (!isConflict(error)) throw error;
      });
    if (patched) return;
    live = await findAdopted(client, aim);
  }
  throw new Problem({
    code: "Contended",
    property: `${client.label.property}.adopt`,
    what: `BackupStorageLocation ${namespace}/${name} in cluster "${client.label.key}" keeps changing`,
    todo: "Someone else writes it at the same time; find out who, and run again.",
  });
}
