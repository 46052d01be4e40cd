import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { Served } from "../../kubernetes/discovery.ts";
import { nameOf } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import { freshDiscovery } from "../../lifecycle/shared-discovery.ts";
import type { KindFinding } from "../kinds/kind-mention.ts";
import { kindProblem } from "../kinds/kind-problem.ts";
import type { Examination } from "./examine.ts";
import { judgeRestoredKinds, restoredKindMentions } from "./judge-restored-kinds.ts";
import type { RestoreOptions } from "./options.ts";
import type { Part } from "./part.ts";
import type { Captured } from "../read-contents.ts";

/** Refuses kinds that are named and mean nothing to Velero, before anything is restored. */
export async function requireRestoredKinds(
  client: KubernetesClient,
  { whole, owner, target }: Part,
  examined: Examination | undefined,
): Promise<void> {
  if (restoredKindMentions(whole).length === 0) return;
  const served = examined?.target ?? (await freshDiscovery(client));
  const findings = restoredKindFindings(whole, { ...served, cluster: target.cluster }, examined?.contents);
  const problem = kindProblem(
    findings.filter(({ weight }) => weight !== "idle"),
    "Nothing was restored.",
  );
  if (problem) throw problem;
  for (const { path, reason } of findings) tell(nameOf(owner), `${path}: ${reason}`);
}

/** Judges them by what the target serves and, if it can be seen, by what the backup holds. */
export const restoredKindFindings = (
  options: RestoreOptions,
  { kinds, silent, cluster }: Served & { cluster: string },
  contents: readonly Captured[] | undefined,
): KindFinding[] =>
  judgeRestoredKinds(options, {
    cluster,
    kinds,
    silent,
    ...(contents && { stored: [...new Set(contents.map(({ resource }) => resource))] }),
  });
