import { codesIn, sectionOf } from "./errors.ts";
import { redact } from "./redact.ts";

const told = new Set<string>();

/**
 * Prints a warning once. A dynamic provider has no channel for warnings: the line appears in the stack's diagnostics,
 * and the computed input `notices` shows it at the resource in a preview.
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

/** Prints once for each code where it is explained, beside the failure. */
export function tellSections(words: string): void {
  for (const code of codesIn(words))
    tell("pulumi-velero", `[velero:${code}] is explained in ${sectionOf(code)}`);
}

/** A phase that ends within this time is not shown. */
const SETTLED_MS = 1_000;
/** A wait reports its progress in this interval while its phase stays the same. */
const EACH_MS = 30_000;

export interface Progress {
  /** Shows `phase` when it changes, with its `details`. The newest details are shown every half minute. */
  report(phase: string, details?: string): void;
  stop(): void;
}

/** Prints the progress of a wait: one line when its phase changes, and one every half minute. */
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
