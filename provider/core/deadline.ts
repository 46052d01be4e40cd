import { parseDuration } from "./durations.ts";
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
