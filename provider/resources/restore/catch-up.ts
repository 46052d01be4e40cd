import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import type { Progress } from "../../lifecycle/progress.ts";
import { clearDrill, tellLeft } from "./drill.ts";
import type { RestorePart } from "./outputs.ts";
import { owedBy } from "./owed-by.ts";
import type { Part } from "./part.ts";
import { placeOf } from "./place-of.ts";
import { proveRestored } from "./prove-restored.ts";

/**
 * Does what was declared after a restore was done: compares what is there with the backup that was pinned, whether or
 * not the Restore object is still there, and clears a drill away that was kept so far.
 */
export async function catchUp(
  client: KubernetesClient,
  part: Part,
  how: { deadline: Deadline; progress: Progress; report: (found: Partial<RestorePart>) => void },
): Promise<void> {
  const { deadline, report } = how;
  const { comparison, clearing } = owedBy(part.known, part.whole);
  const { restoreName = "", backupName = "" } = part.known;
  if (comparison) {
    const place = await placeOf(client, part);
    const restored = { name: restoreName, namespace: place.location.namespace, backupName };
    report(await proveRestored(client, part, restored, { place, ...how }));
  }
  if (clearing) {
    const { left } = await clearDrill(client, part, deadline);
    report({ drilled: [], left });
    tellLeft(client, part, left);
  }
}
