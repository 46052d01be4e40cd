import { onTestFinished, vi } from "vitest";

/** Pauses between tries, and ticks, take a twentieth of their time, or another part of it, for the rest of the test. */
export function hasten(times = 20): void {
  const slow = globalThis.setTimeout;
  const quick = (callback: () => void, ms = 0, ...args: []) => slow(callback, ms / times, ...args);
  vi.stubGlobal("setTimeout", quick);
  const slowTicks = globalThis.setInterval;
  const quickTicks = (callback: () => void, ms = 0, ...args: []) => slowTicks(callback, ms / times, ...args);
  vi.stubGlobal("setInterval", quickTicks);
  onTestFinished(() => void vi.unstubAllGlobals());
}
