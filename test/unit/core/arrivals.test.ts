import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Arrivals } from "../../../provider/core/arrivals.ts";

const arrivals = new Arrivals();

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new Promise<string>(() => undefined);
const gone = () => "gone";
const ended = async (waiting: Promise<string>) => {
  let outcome: string | undefined;
  void waiting.then((value) => (outcome = value));
  await vi.advanceTimersByTimeAsync(0);
  return outcome;
};

test("Work that ends is waited for, however long it takes, as long as something comes in", async () => {
  let end = (_value: string): void => undefined;
  const work = new Promise<string>((resolve) => (end = resolve));
  const waiting = arrivals.whileTheyCome(work, 8_000, gone);
  for (let second = 0; second < 600; second++) {
    if (second % 7 === 0) arrivals.count();
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(await ended(waiting)).toBeUndefined();
  end("done");
  expect(await waiting).toBe("done");
  expect(vi.getTimerCount()).toBe(0);
});

test("Work is given up once nothing has come in for so long", async () => {
  const waiting = arrivals.whileTheyCome(never, 8_000, gone);
  await vi.advanceTimersByTimeAsync(4_000);
  arrivals.count();
  await vi.advanceTimersByTimeAsync(8_000);
  expect(await ended(waiting)).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await waiting).toBe("gone");
  expect(vi.getTimerCount()).toBe(0);
});

test("Time in which the process was busy is no silence", async () => {
  const waiting = arrivals.whileTheyCome(never, 8_000, gone);
  await vi.advanceTimersByTimeAsync(1_000);
  vi.setSystemTime(Date.now() + 60_000);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await ended(waiting)).toBeUndefined();
});

test("A failure of the work, and of what comes of silence, is passed on", async () => {
  await expect(arrivals.whileTheyCome(Promise.reject(new Error("broken")), 8_000, gone)).rejects.toThrow(
    "broken",
  );
  const silent = arrivals
    .whileTheyCome(never, 8_000, () => Promise.reject(new Error("silent")))
    .catch(String);
  await vi.advanceTimersByTimeAsync(8_000);
  expect(await silent).toBe("Error: silent");
});
