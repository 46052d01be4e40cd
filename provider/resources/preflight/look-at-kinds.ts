import { clusterLabel, type Connection } from "../../kubernetes/connection.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { sharedDiscovery } from "../../lifecycle/shared-discovery.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { judgeSelectedKinds } from "../backup/judge-selected-kinds.ts";
import { kindMentions } from "../backup/kind-mentions.ts";
import { type SelectionInputs, selectionOf } from "../backup/selection.ts";
import { foundInAll } from "../kinds/found-in-all.ts";
import type { KindFacts, KindFinding } from "../kinds/kind-mention.ts";
import { kindProblem } from "../kinds/kind-problem.ts";
import { judgeRestoredKinds, restoredKindMentions } from "../restore/judge-restored-kinds.ts";
import { restoredBy, type RestoreOptions } from "../restore/options.ts";
import { combine, notice, nothingWrong, refusal, type Verdict } from "./verdict.ts";

type Reach = Record<string, { connection: Connection } | undefined>;

/** Looks whether the clusters of a backup have the kinds that it names. */
export async function lookAtKinds(reach: Reach, selection: SelectionInputs): Promise<Verdict> {
  const connections = Object.values(reach).map((each) => each?.connection);
  if (hasUnknown([connections, selectionOf(selection)]) || kindMentions(selection).length === 0)
    return nothingWrong;
  const answers = await Promise.all(
    Object.entries(reach).flatMap(([key, each]) =>
      each && !each.connection.offline
        ? [findingsIn(key, each.connection, (facts) => judgeSelectedKinds(selection, facts))]
        : [],
    ),
  );
  const asked = answers.filter((each) => each !== undefined);
  const findings = foundInAll(asked);
  // A cluster that could not be asked may have the kind.
  return verdictOf(asked.length === answers.length ? findings : findings.filter(isDefinite));
}

/** Does the same for the target of a restore, without sight of the backup. */
export async function lookAtRestoredKinds(
  cluster: string,
  connection: Connection,
  options: RestoreOptions,
): Promise<Verdict> {
  if (hasUnknown([connection, restoredBy(options)]) || connection.offline) return nothingWrong;
  if (restoredKindMentions(options).length === 0) return nothingWrong;
  const findings = await findingsIn(cluster, connection, (facts) => judgeRestoredKinds(options, facts));
  return verdictOf((findings ?? []).filter(isDefinite));
}

/** Refuses words that no definition puts right, and tells of kinds that the same up may still define. */
export function verdictOf(findings: readonly KindFinding[]): Verdict {
  const problem = kindProblem(findings.filter(isDefinite), "");
  const told = findings.filter((each) => !isDefinite(each));
  return combine([
    problem ? refusal(problem) : nothingWrong,
    ...told.map(({ path, reason }) => notice(`${path}: ${reason}`)),
  ]);
}

const isDefinite = ({ weight }: KindFinding): boolean => weight === "misspelt" || weight === "misplaced";

/** Returns undefined if the cluster cannot be asked, which the look at it tells. */
async function findingsIn(
  cluster: string,
  connection: Connection,
  judge: (facts: Omit<KindFacts, "purpose">) => KindFinding[],
): Promise<KindFinding[] | undefined> {
  try {
    const { client } = await openCluster(connection, clusterLabel(cluster), undefined);
    return judge({ cluster, ...(await sharedDiscovery(client)) });
  } catch {
    return undefined;
  }
}
