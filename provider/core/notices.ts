import { codesIn, sectionOf } from "./errors.ts";
import type { Secrets } from "./secrets.ts";

/** A phase that ends within this time is not shown. */
const SETTLED_MS = 1_000;
/** A wait reports its progress in this interval while its phase stays the same. */
const EACH_MS = 30_000;

/** The progress of a wait: one line when its phase changes, and one every half minute. */
export interface Progress {
  /** Shows `phase` when it changes, with its `details`. The newest details are shown every half minute. */
  report(phase: string, details?: string): void;
  stop(): void;
}

/**
 * The lines that a session prints. A dynamic provider has no channel for warnings: the lines appear in the stack's diagnostics,
 * and the computed input `notices` shows those of a preview at the resource.
 */
export class Notices {
  readonly #warned = new Set<string>();
  readonly #secrets: Secrets;
  readonly #print: (line: string) => void;

  constructor(secrets: Secrets, print: (line: string) => void = (line) => console.log(line)) {
    this.#secrets = secrets;
    this.#print = print;
  }

  /** Prints a warning once. */
  warn(resource: string, notice: string): void {
    const line = this.#secrets.redact(`${resource}: ${notice}`);
    if (this.#warned.has(line)) return;
    this.#warned.add(line);
    this.#print(line);
  }

  /** Prints once for each code where it is explained, beside the failure. */
  warnOfSections(words: string): void {
    for (const code of codesIn(words))
      this.warn("pulumi-velero", `[velero:${code}] is explained in ${sectionOf(code)}`);
  }

  startProgress(resource: string): Progress {
    let now = { phase: "", details: "" };
    let shown = "";
    let timer: NodeJS.Timeout | undefined;

    const show = (): void => {
      shown = now.phase;
      const words = now.details ? `${now.phase}, ${now.details}` : now.phase;
      this.#print(this.#secrets.redact(`${resource}: ${words}`));
      waitFor(EACH_MS);
    };
    const waitFor = (milliseconds: number): void => {
      clearTimeout(timer);
      timer = setTimeout(show, milliseconds).unref();
    };
    return {
      report(phase, details = "") {
        const isNew = phase !== now.phase;
        now = { phase, details };
        if (isNew && phase !== shown) waitFor(SETTLED_MS);
      },
      stop: () => clearTimeout(timer),
    };
  }
}

/**
 * The progress of many parts as one: the number of completed parts, and the phases of some others. A single part
 * reports itself.
 */
interface PartsProgress {
  of(cluster: string): Progress;
  done(cluster: string): void;
  stop(): void;
}

const PARTS_SHOWN = 3;

export function followParts(notices: Notices, resource: string, clusters: number): PartsProgress {
  const whole = notices.startProgress(resource);
  const underWay = new Map<string, string>();
  let done = 0;
  function report(): void {
    const words = [...underWay].slice(0, PARTS_SHOWN).map(([cluster, at]) => `${cluster}: ${at}`);
    const more = underWay.size - words.length;
    whole.report(
      `${done} of ${clusters} clusters done`,
      words.join("; ") + (more > 0 ? `; and ${more} more under way` : ""),
    );
  }
  return {
    of: (cluster) => ({
      report(phase, details) {
        if (clusters === 1) return whole.report(phase, details);
        underWay.set(cluster, details ? `${phase}, ${details}` : phase);
        report();
      },
      stop: () => undefined,
    }),
    done(cluster) {
      underWay.delete(cluster);
      done += 1;
      if (clusters > 1) report();
    },
    stop: () => whole.stop(),
  };
}
