import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { formatElapsed, formatProgress, startProgress } from "../../sandbox/build/progress.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test.each([
  [0, "0s"],
  [59_999, "59s"],
  [125_000, "2m 05s"],
  [3_720_000, "1h 02m"],
])("%d ms are %s", (milliseconds, text) => {
  expect(formatElapsed(milliseconds)).toBe(text);
});

test("a line says what, how far and how long", () => {
  expect(formatProgress("building etcd", "1 of 2 finished", 8_000)).toBe(
    "sandbox: building etcd: 1 of 2 finished (8s)",
  );
  expect(formatProgress("building etcd", "", 8_000)).toBe("sandbox: building etcd (8s)");
});

test("a log gets a line at the start, every 30 seconds and at the end", () => {
  const lines: string[] = [];
  const progress = startProgress("building etcd", { write: (line) => lines.push(line) });
  vi.advanceTimersByTime(45_000);
  progress.finish("done");
  vi.advanceTimersByTime(60_000);

  expect(lines).toEqual([
    "sandbox: building etcd: started (0s)\n",
    "sandbox: building etcd (30s)\n",
    "sandbox: building etcd: done (45s)\n",
  ]);
});

test("a terminal has one line that is written over each second", () => {
  const written: string[] = [];
  const progress = startProgress("building etcd", { isTTY: true, write: (text) => written.push(text) });
  progress.update("1 of 2 finished");
  vi.advanceTimersByTime(2_000);
  progress.finish("done");

  const clearLine = "\r\u001b[2K";
  expect(written).toEqual([
    `${clearLine}sandbox: building etcd: started (0s)`,
    `${clearLine}sandbox: building etcd: 1 of 2 finished (1s)`,
    `${clearLine}sandbox: building etcd: 1 of 2 finished (2s)`,
    `${clearLine}sandbox: building etcd: done (2s)\n`,
  ]);
});
