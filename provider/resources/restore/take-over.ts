import type { KubernetesClient } from "../../kubernetes/client.ts";
import { configMaps, restores } from "../../kubernetes/resources.ts";
import { isIncarnation } from "../../lifecycle/ensure.ts";
import { incarnationLabel } from "../../lifecycle/identity.ts";
import type { Restore } from "../../velero/types.ts";
import type { Part } from "./part.ts";

/**
 * Makes a Restore that a killed run has begun this incarnation's, with its rules, before anything else is done with it:
 * a destroy finds both, whatever becomes of this run.
 */
export async function takeOver(
  client: KubernetesClient,
  { incarnation }: Part,
  restore: Restore,
): Promise<void> {
  if (isIncarnation(restore, incarnation)) return;
  const ours = { metadata: { labels: { [incarnationLabel]: incarnation } } };
  const { name, namespace = "" } = restore.metadata;
  const rules = restore.spec.resourceModifier?.name;
  // Undefined where somebody has tidied up: Velero has read it by then.
  if (rules !== undefined) await client.patch({ type: configMaps, name: rules, namespace }, ours);
  await client.patch({ type: restores, name, namespace }, ours);
}
