import { codesIn, sectionOf } from "./errors.ts";
import { redact } from "./redact.ts";

const told = new Set<string>();

/**
 * Warnings have no channel of their own in a dynamic provider: each is printed once (it shows up under the stack's
 * diagnostics) and stands in the computed input `notices`, which the preview shows at the resource.
 */
export function tell(resource: string, notice: string): void {
  const line = redact(`${resource}: ${notice}`);
  if (told.has(line)) return;
  told.add(line);
  console.log(line);
}

/** Prints a line, however often it was printed before. */
function say(resource: string, words: string): void {
  console.log(redact(`${resource}: ${words}`));
}

/** Where the codes of a failure that leaves this process are explained: beside the failure, and once for each. */
export function tellSections(words: string): void {
  for (const code of codesIn(words))
    tell("pulumi-velero", `[velero:${code}] is explained in ${sectionOf(code)}`);
}

/** A phase that is over within that time is not worth a line. */
const SETTLED_MS = 1_000;
/** So often a wait says how far it is while its phase stays the same. */
const EACH_MS = 30_000;

export interface Progress {
  /** `phase` is shown when it changes, with the `details` of that moment; the newest details every half minute. */
  report(phase: string, details?: string): void;
  stop(): void;
}

/** What a person sees of a wait: a line when its phase has changed, and one every half minute; no flood. */
export function startProgress(resource: string, print: typeof say = say): Progress {
  let now = { phase: "", details: "" };
  let shown = "";
  let timer: NodeJS.Timeout | undefined;

  function show(): void {
    shown = now.phase;
    print(resource, now.details ? `${now.phase}, ${now.details}` : now.phase);
    waitFor(EACH_MS);
  }
  function waitFor(milliseconds: number): void {
    clearTimeout(timer);
    timer = setTimeout(show, milliseconds).unref();
  }
  return {
    report(phase, details = "") {
      const isNew = phase !== now.phase;
      now = { phase, details };
      if (isNew && phase !== shown) waitFor(SETTLED_MS);
    },
    stop: () => clearTimeout(timer),
  };
}
