import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Notices, followParts } from "../../../provider/core/notices.ts";
import { Secrets } from "../../../provider/core/secrets.ts";
let said: string[] = [];
const notices = new Notices(new Secrets(), (line) => said.push(line));
beforeEach(() => {
  said = [];
  vi.useFakeTimers();
});
afterEach(() => void vi.useRealTimers());

/** What is said within so many seconds from now. */
function within(seconds: number): string[] {
  const before = said.length;
  vi.advanceTimersByTime(seconds * 1_000);
  return said.slice(before);
}

test("of many clusters it is said in one line how many are done, and what some of the others are at", () => {
  const { of, done } = followParts(notices, "payments", 5);
  for (const key of ["a", "b", "c", "d", "e"])
    of(key).report(`Backup b-${key} is InProgress`, key === "a" ? "1 of 9 items" : "");
  expect(within(1)).toEqual([
    "payments: 0 of 5 clusters done, a: Backup b-a is InProgress, 1 of 9 items; b: Backup b-b is InProgress; " +
      "c: Backup b-c is InProgress; and 2 more under way",
  ]);
  for (const key of ["a", "b", "c"]) done(key);
  of("d").report("Backup b-d is Finalizing");
  expect(within(1)).toEqual([
    "payments: 3 of 5 clusters done, d: Backup b-d is Finalizing; e: Backup b-e is InProgress",
  ]);
});

test("however much goes on in them, it is no flood", () => {
  const { of } = followParts(notices, "payments", 50);
  for (let second = 0; second < 60; second++) {
    for (let key = 0; key < 50; key++)
      of(String(key)).report(second % 2 ? "InProgress" : "Finalizing", `${second} items`);
    within(1);
  }
  expect(said).toHaveLength(2);
});

test("one cluster's end ends no other's progress, and nothing is said once all of it is stopped", () => {
  const { of, stop } = followParts(notices, "payments", 2);
  const first = of("a");
  first.report("InProgress");
  first.stop();
  expect(within(1)).toHaveLength(1);
  stop();
  expect(within(3_600)).toEqual([]);
});
