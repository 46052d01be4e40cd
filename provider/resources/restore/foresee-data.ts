import type { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { lacksNodeAgent } from "../file-copies.ts";
import { dataMissing } from "./data-missing.ts";
import type { Examination } from "./examine.ts";
import { judgeAhead, needsNodeAgent } from "./judge-data.ts";
import { provesData, type RestoreOptions } from "./options.ts";

/** Why a drill cannot prove the data of all claims, as far as it can be told before it begins. */
export async function foreseeData(
  client: KubernetesClient,
  { volumes }: Pick<Examination, "volumes">,
  options: RestoreOptions,
  { backupName, veleroNamespace }: { backupName: string; veleroNamespace: string },
): Promise<Problem | undefined> {
  if (!provesData(options) || !volumes) return undefined;
  const withoutNodeAgent = needsNodeAgent(volumes.claims) && (await lacksNodeAgent(client, veleroNamespace));
  return dataMissing(judgeAhead(volumes.claims, { withoutNodeAgent }), {
    place: `of Backup ${backupName} cannot come back in a drill in cluster "${client.label.key}", and nothing was restored`,
    todo: "Mend what keeps it, or leave the claims out.",
  });
}
