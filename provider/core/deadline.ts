import type { Timeouts } from "./fields.ts";

/** The limit for a call's waits, and the user's name of that limit. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** The name for messages: `timeouts.create (30m)`. */
  readonly name: string;
  /** The limit as a point in time, if it is known. */
  readonly endsAt?: number;
}

export const defaultTimeouts = { create: "30m", update: "30m", delete: "30m" } as const;

/** Node's timers accept whole milliseconds up to 2^31-1 (24 days). A longer timer would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function deadlineOf(operation: keyof Timeouts, timeouts: Timeouts | undefined): Deadline {
  const limit = timeouts?.[operation] ?? defaultTimeouts[operation];
  const milliseconds = parseDuration(limit) ?? parseDuration(defaultTimeouts[operation]) ?? 0;
  return {
    signal: AbortSignal.timeout(Math.min(Math.ceil(milliseconds), LONGEST_TIMER_MS)),
    endsAt: Date.now() + milliseconds,
    name: `timeouts.${operation} (${limit})`,
  };
}

/**
 * Go's grammar of durations (`time.ParseDuration`), which Velero decodes: `720h`, `1h30m`, `1.5h`, but no days. The CRD
 * says only "string", and a value that Go cannot decode stalls the server's whole watch
 * (docs/design/velero-facts.md#durations). The npm packages that parse durations all accept `30d` as well, so they
 * cannot be used here.
 */
const grammar = /^(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h)/;

const milliseconds: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** The maximum of an int64 of nanoseconds, 2562047h47m16.854s. Go's parser fails for longer durations. */
const LONGEST_MS = 2 ** 63 / 1e6;

/** Returns milliseconds, or undefined for a text that Go refuses. Negative durations are refused as well. */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  let rest = text;
  let total = 0;
  while (rest.length > 0) {
    const part = grammar.exec(rest)?.[0];
    if (part === undefined) return undefined;
    const amount = Number.parseFloat(part);
    total += amount * (milliseconds[part.replace(/[\d.]/g, "")] ?? 0);
    rest = rest.slice(part.length);
  }
  return text.length > 0 && total < LONGEST_MS ? total : undefined;
}

/** Explains why `parseDuration` refused a value: "30d" is no Go duration. */
export function durationAdvice(text: string): string {
  const days = /^(\d+)d$/.exec(text);
  const instead = days ? `; ${days[1]} days are "${Number(days[1]) * 24}h"` : "";
  return `"${text}" is not a Go duration such as "720h" or "1h30m" (units: h, m, s, ms)${instead}`;
}

const RFC_3339 =
  /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Returns true for RFC 3339 with `Z` or an offset. `Date.parse` accepts much more, reads it in the machine's time zone,
 * and turns 29 February into 1 March.
 */
export function isPointInTime(text: string): boolean {
  const [, day] = RFC_3339.exec(text) ?? [];
  if (day === undefined) return false;
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}

/** Explains why a value is no point in time. */
export const pointInTimeAdvice = (text: string): string =>
  `"${text}" is no point in time: write 2026-12-23T02:00:00Z, or with an offset 2026-12-23T02:00:00+01:00`;
