import { shortHash } from "./canonical.ts";

/**
 * The minutes by which a cluster's schedule comes later within a `spread`: at least 0, and less than it. They hang on
 * the key alone, so that no cluster's time changes when others come and go.
 */
export function offsetOf(key: string, spreadMs: number): number {
  const choices = Math.max(1, Math.ceil(spreadMs / 60_000));
  return Number.parseInt(shortHash(8, key), 16) % choices;
}
