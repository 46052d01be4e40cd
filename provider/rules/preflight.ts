import type { CheckedInputs, CommonInputs } from "../core/check.ts";
import type { Preflight } from "../core/fields.ts";
import { withSomeCode, wordsOf } from "../core/errors.ts";
import type { CheckResult } from "../core/handler.ts";
import { hasUnknown, isUnknown, shortHash } from "../core/values.ts";
import type { OpenCluster } from "../kubernetes/clusters.ts";
import { clusterLabel, type Connection } from "../kubernetes/connection.ts";
import type { Session } from "../session.ts";
import { type Finding, type FindingCodes, findingIn, warning } from "./finding.ts";

/** A preview must not wait for a server that does not answer. */
const SILENCE_MS = 8_000;

const UNANSWERED = `not checked: no answer within ${SILENCE_MS / 1_000} s`;

/**
 * Applies rules in a preview, if the inputs or the references in them have changed. An `up` needs no preflight, because
 * its calls find the same. A no-op preview checks nothing (docs/design/rules.md#no-op-previews).
 */
export async function withPreflight<Inputs extends CommonInputs & { preflight?: Preflight | undefined }>(
  session: Session,
  { changed, ...result }: CheckedInputs<Inputs>,
  { dryRun }: { dryRun: boolean },
  rules: (inputs: Inputs) => Promise<Finding[]>[],
): Promise<CheckResult<Inputs>> {
  const { inputs, failures } = result;
  const wanted = inputs.preflight !== "off" && !isUnknown(inputs.preflight);
  if (!dryRun || !changed || failures.length > 0 || !wanted) return result;
  const findings = await Promise.all(
    rules(inputs).map((each) =>
      session.arrivals.whileTheyCome(each, SILENCE_MS, () => [warning(UNANSWERED)]),
    ),
  );
  const preview = previewOf(findings.flat());
  if (inputs.preflight === "strict") {
    const strict = preview.notices.map((words) => ({ path: "", reason: withSomeCode(words, "NotChecked") }));
    return { inputs, failures: [...preview.failures, ...strict] };
  }
  const notices = [...preview.notices, ...preview.facts];
  // The notice has no resource name, so that it is shown once for several resources.
  for (const words of notices) session.notices.warn("preflight", words);
  return {
    inputs: { ...inputs, notices: [...inputs.notices, ...notices] },
    failures: preview.failures,
  };
}

/** Returns what a preview shows of findings. */
export const previewOf = (findings: readonly Finding[]) => ({
  failures: findings.flatMap((finding) =>
    // The message begins with the property's path.
    finding.severity === "refusal" ? [{ path: "", reason: wordsOf(finding.problem) }] : [],
  ),
  notices: findings.flatMap((finding) => {
    if (finding.severity === "open") return [`not checked, or not there yet: ${wordsOf(finding.problem)}`];
    return finding.severity === "warning" ? [finding.words] : [];
  }),
  facts: findings.flatMap((finding) => (finding.severity === "fact" ? [finding.words] : [])),
});

/** A rule about a cluster, as a preview applies it. */
export interface ClusterRule extends FindingCodes {
  /** The values that have to be known. */
  inputs: readonly unknown[];
  /** Reads the facts, and judges them. It writes nothing. */
  find(cluster: OpenCluster, session: Session): Promise<Finding[]>;
}

/** The cluster that rules are applied to. */
export interface ClusterPlace {
  connection: Connection;
  /** The cluster key. */
  cluster: string;
}

/** Applies rules to a cluster in a preview, side by side. An offline cluster is not asked. */
export const previewCluster = (
  session: Session,
  { connection, cluster }: ClusterPlace,
  rules: readonly ClusterRule[],
): Promise<Finding[]>[] => {
  if (connection.offline) return [];
  // A cluster that does not answer is waited for once.
  const opening = () =>
    shared(session, `open ${shortHash(32, connection, cluster)}`, () =>
      session.clusters.open(connection, clusterLabel(cluster), undefined),
    );
  return rules
    .filter(({ inputs }) => !hasUnknown([connection, cluster, inputs]))
    .map(async (rule) => {
      try {
        return await rule.find(await opening(), session);
      } catch (error) {
        return findingIn(error, rule);
      }
    });
};

/**
 * Shares findings between all resources of a session: the engine checks them one after another. A key stands for one
 * type of result.
 */
export function shared<T = Finding[]>(session: Session, key: string, find: () => Promise<T>): Promise<T> {
  const known = (session.looks.get(key) as Promise<T> | undefined) ?? find();
  session.looks.set(key, known);
  return known;
}
