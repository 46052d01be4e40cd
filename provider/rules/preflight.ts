import type { CheckedInputs, CommonInputs } from "../core/check.ts";
import type { Preflight } from "../core/fields.ts";
import { Problem, withSomeCode, wordsOf } from "../core/errors.ts";
import type { CheckResult, Failure } from "../core/handler.ts";
import { isUnknown } from "../core/values.ts";
import type { Session } from "../session.ts";

/** The result of a preview's check of store and cluster. */
export interface Verdict {
  failures: Failure[];
  /** Facts that cannot be checked from here, or that the same `up` may still fix. */
  notices: string[];
  /** Information without a problem. With `preflight: "strict"`, it is no failure either. */
  facts?: string[];
}

export const nothingWrong: Verdict = { failures: [], notices: [] };

export const combine = (verdicts: readonly Verdict[]): Verdict => ({
  failures: verdicts.flatMap(({ failures }) => failures),
  notices: verdicts.flatMap(({ notices }) => notices),
  facts: verdicts.flatMap(({ facts = [] }) => facts),
});

export const refusal = (problem: Problem): Verdict => ({
  // The message begins with the property's path.
  failures: [{ path: "", reason: wordsOf(problem) }],
  notices: [],
});

export const notice = (words: string): Verdict => ({ failures: [], notices: [words] });

/** Returns a refusal if the code is one of `definite`. Any other failure is a notice. */
export function verdictOn(thrown: unknown, definite: readonly string[]): Verdict {
  if (thrown instanceof Problem && definite.includes(thrown.code)) return refusal(thrown);
  return notice(`not checked, or not there yet: ${wordsOf(thrown)}`);
}

/** A preview must not wait for a server that does not answer. */
const SILENCE_MS = 8_000;

const UNANSWERED = `not checked: no answer within ${SILENCE_MS / 1_000} s`;

/**
 * Runs the checks of a preview, if the inputs or the references in them have changed. An `up` needs no checks, because
 * its calls find the same. A no-op preview checks nothing (docs/design/rules.md#no-op-previews).
 */
export async function withPreflight<Inputs extends CommonInputs & { preflight?: Preflight | undefined }>(
  session: Session,
  { changed, ...result }: CheckedInputs<Inputs>,
  { dryRun }: { dryRun: boolean },
  look: (inputs: Inputs) => Promise<Verdict>[],
): Promise<CheckResult<Inputs>> {
  const { inputs, failures } = result;
  const wanted = inputs.preflight !== "off" && !isUnknown(inputs.preflight);
  if (!dryRun || !changed || failures.length > 0 || !wanted) return result;
  const verdict = combine(
    await Promise.all(
      look(inputs).map((each) => session.arrivals.whileTheyCome(each, SILENCE_MS, () => notice(UNANSWERED))),
    ),
  );
  if (inputs.preflight === "strict") {
    const strict = verdict.notices.map((words) => ({ path: "", reason: withSomeCode(words, "NotChecked") }));
    return { inputs, failures: [...verdict.failures, ...strict] };
  }
  const told = [...verdict.notices, ...(verdict.facts ?? [])];
  // The notice has no resource name, so that it is shown once for several resources.
  for (const words of told) session.notices.warn("preflight", words);
  return {
    inputs: { ...inputs, notices: [...inputs.notices, ...told] },
    failures: verdict.failures,
  };
}

/**
 * Shares a check between all resources of a process: the engine checks them one after another. A key stands for one
 * type of result.
 */
export function shared<T = Verdict>(session: Session, key: string, look: () => Promise<T>): Promise<T> {
  const known = (session.looks.get(key) as Promise<T> | undefined) ?? look();
  session.looks.set(key, known);
  return known;
}
