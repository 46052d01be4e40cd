import { parseDuration } from "./go-duration.ts";

/** Until when this call may wait, and what the user calls that limit. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** `timeouts.create (30m)`, for messages. */
  readonly name: string;
}

/** Our own waits; Velero's limits have Velero's names. Go durations. */
export interface Timeouts {
  create?: string | undefined;
  update?: string | undefined;
  delete?: string | undefined;
}

export const defaultTimeouts = { create: "30m", update: "30m", delete: "30m" } as const;

export function deadlineOf(operation: keyof Timeouts, timeouts: Timeouts | undefined): Deadline {
  const limit = timeouts?.[operation] ?? defaultTimeouts[operation];
  return {
    signal: AbortSignal.timeout(parseDuration(limit) ?? parseDuration(defaultTimeouts[operation]) ?? 0),
    name: `timeouts.${operation} (${limit})`,
  };
}
