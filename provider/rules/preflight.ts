import type { CheckedInputs, CommonInputs, Preflight } from "../core/check.ts";
import { Problem, withSomeCode, wordsOf } from "../core/errors.ts";
import type { CheckResult, Failure } from "../core/handler.ts";
import { tell } from "../core/notices.ts";
import { isUnknown } from "../core/values.ts";
import type { Session } from "../session.ts";
import { whileItMoves } from "../core/while-it-moves.ts";

/** What a look at store and cluster came to, before anything is changed. */
export interface Verdict {
  failures: Failure[];
  /** What merely cannot be seen from here, or what the same up may still put right. */
  notices: string[];
  /** These words are worth knowing, and nothing is wrong: they are no failure under `preflight: "strict"` either. */
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

/** A definite refusal where the code is one of `definite`; whatever else went wrong is only told. */
export function verdictOn(thrown: unknown, definite: readonly string[]): Verdict {
  if (thrown instanceof Problem && definite.includes(thrown.code)) return refusal(thrown);
  return notice(`not checked, or not there yet: ${wordsOf(thrown)}`);
}

/** A preview must not wait for what does not answer. */
const SILENCE_MS = 8_000;

const UNANSWERED = `not checked: no answer within ${SILENCE_MS / 1_000} s`;

/**
 * Looks before anything is done, in previews, where the inputs or what they refer to have changed: an `up` finds the
 * same by doing it. A no-op preview looks at nothing (docs/design/rules.md#no-op-previews).
 */
export async function withPreflight<Inputs extends CommonInputs & { preflight?: Preflight | undefined }>(
  { changed, ...result }: CheckedInputs<Inputs>,
  { dryRun }: { dryRun: boolean },
  look: (inputs: Inputs) => Promise<Verdict>[],
): Promise<CheckResult<Inputs>> {
  const { inputs, failures } = result;
  const wanted = inputs.preflight !== "off" && !isUnknown(inputs.preflight);
  if (!dryRun || !changed || failures.length > 0 || !wanted) return result;
  const verdict = combine(
    await Promise.all(look(inputs).map((each) => whileItMoves(each, SILENCE_MS, () => notice(UNANSWERED)))),
  );
  if (inputs.preflight === "strict") {
    const strict = verdict.notices.map((words) => ({ path: "", reason: withSomeCode(words, "NotChecked") }));
    return { inputs, failures: [...verdict.failures, ...strict] };
  }
  const told = [...verdict.notices, ...(verdict.facts ?? [])];
  // Not under a resource's name: what several resources share is told once.
  for (const words of told) tell("preflight", words);
  return {
    inputs: { ...inputs, notices: [...inputs.notices, ...told] },
    failures: verdict.failures,
  };
}

/** Checks run one after another: all resources of a process share one look at the same thing. A key stands for one type. */
export function shared<T = Verdict>(session: Session, key: string, look: () => Promise<T>): Promise<T> {
  const known = (session.looks.get(key) as Promise<T> | undefined) ?? look();
  session.looks.set(key, known);
  return known;
}
