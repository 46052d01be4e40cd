import { parseDuration } from "./durations.ts";

/** Until when this call may wait, and what the user calls that limit. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** `timeouts.create (30m)`, for messages. */
  readonly name: string;
  /** The same as a point in time, where it is known. */
  readonly endsAt?: number;
}

/** Our own waits; Velero's limits have Velero's names. Go durations. */
export interface Timeouts {
  create?: string | undefined;
  update?: string | undefined;
  delete?: string | undefined;
}

export const defaultTimeouts = { create: "30m", update: "30m", delete: "30m" } as const;

/** Node's timers take whole milliseconds up to 2^31-1 (24 days); a longer one would fire at once. */
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
