import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { clearDrill } from "./drill.ts";
import type { RestorePart } from "./outputs.ts";
import { owedBy } from "./owed-by.ts";
import type { Part } from "./part.ts";
import { placeOf } from "./place-of.ts";
import { verifyRestored } from "./verify-restored.ts";

/**
 * Does what was declared after a restore was done: compares what is there with the backup that was pinned, whether or
 * not the Restore object is still there, and clears a drill away that was kept so far.
 */
export async function catchUp(
  client: KubernetesClient,
  part: Part,
  { deadline, report }: { deadline: Deadline; report: (found: Partial<RestorePart>) => void },
): Promise<void> {
  const { comparison, clearing } = owedBy(part.known, part.whole);
  const { restoreName = "", backupName = "" } = part.known;
  if (comparison) {
    const place = await placeOf(client, part);
    report({ verified: await verifyRestored(client, part, { restoreName, backupName }, place) });
  }
  if (clearing) {
    await clearDrill(client, part, deadline);
    report({ drilled: [] });
  }
}
