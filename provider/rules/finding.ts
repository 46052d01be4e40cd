import type { BackupHealth } from "../../model/health.ts";
import { Problem, UNEXPECTED, wordsOf } from "../core/errors.ts";

/**
 * A finding of a rule.
 *
 * | severity | meaning | in a preview | in an `up` |
 * | --- | --- | --- | --- |
 * | refusal | nothing that the same `up` does can make it right | failure | failure |
 * | open | the same `up`, or somebody else, may still make it right | notice | failure |
 * | warning | it works nevertheless | notice | notice |
 * | fact | information without a problem | notice | |
 */
export type Finding =
  | { severity: "refusal" | "open"; problem: Problem }
  | { severity: "warning" | "fact"; words: string };

export const refusal = (problem: Problem): Finding => ({ severity: "refusal", problem });
export const open = (problem: Problem): Finding => ({ severity: "open", problem });
export const warning = (words: string): Finding => ({ severity: "warning", words });
export const fact = (words: string): Finding => ({ severity: "fact", words });

/** The codes of failures that are findings. Other failures are not, because another rule reports them. */
export interface FindingCodes {
  refusals?: readonly string[];
  /** `all`: every other failure is an open finding. */
  open?: readonly string[] | "all";
}

/** Returns the finding in a failure of a rule, if it is one. */
export function findingIn(thrown: unknown, { refusals = [], open: codes = [] }: FindingCodes): Finding[] {
  const problem =
    thrown instanceof Problem ? thrown : new Problem({ code: UNEXPECTED, what: wordsOf(thrown) });
  if (refusals.includes(problem.code)) return [refusal(problem)];
  return codes === "all" || codes.includes(problem.code) ? [open(problem)] : [];
}

/** Runs a requirement of an `up`, and returns what it refuses. */
export const findingsOf = (requirement: Promise<unknown>, codes: FindingCodes): Promise<Finding[]> =>
  requirement.then(
    () => [],
    (error: unknown) => findingIn(error, codes),
  );

/** Throws the first finding because of which an `up` cannot go on, and passes the warnings on. */
export function refuse(findings: readonly Finding[], warn: (words: string) => void = () => undefined): void {
  for (const finding of findings) {
    if ("problem" in finding) throw finding.problem;
    if (finding.severity === "warning") warn(finding.words);
  }
}

/** A finding of a refresh: the health of a resource, and the reason. The first finding of a resource decides its health. */
export interface HealthFinding<H extends BackupHealth = BackupHealth> {
  health: H;
  /** A clause without a full stop: the problem, and what an `up` does about it. */
  message: string;
}

export const finding = <H extends BackupHealth>(health: H, message: string): HealthFinding<H> => ({
  health,
  message,
});
