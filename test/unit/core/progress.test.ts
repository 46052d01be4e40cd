import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Notices } from "../../../provider/core/notices.ts";
import { Secrets } from "../../../provider/core/secrets.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function follow() {
  const lines: string[] = [];
  const progress = new Notices(new Secrets(), (line) => lines.push(line)).startProgress("nightly");
  /** What is said within so many seconds from now. */
  const within = (seconds: number): string[] => {
    const before = lines.length;
    vi.advanceTimersByTime(seconds * 1_000);
    return lines.slice(before);
  };
  return { ...progress, lines, within };
}

describe("Of a wait is said", () => {
  test("its phase, once that has lasted for a second, with what is known by then", () => {
    const { report, within } = follow();
    report("is New");
    report("is InProgress");
    report("is InProgress", "3 of 100 items");
    expect(within(0.99)).toEqual([]);
    report("is InProgress", "5 of 100 items");
    expect(within(0.01)).toEqual(["nightly: is InProgress, 5 of 100 items"]);
  });

  test("nothing, where no phase lasts, or it is over at once", () => {
    const { report, within, stop } = follow();
    for (const phase of ["is New", "is InProgress", "is Finalizing"]) {
      report(phase);
      expect(within(0.5)).toEqual([]);
    }
    stop();
    expect(within(3_600)).toEqual([]);
  });

  test("every half minute how far it is, and never more, however much is reported", () => {
    const { report, within } = follow();
    for (let items = 0; items <= 12_000; items++) {
      report("is InProgress", `${items} of 12000 items`);
      if (items === 0) expect(within(1)).toEqual(["nightly: is InProgress, 0 of 12000 items"]);
      if (items > 0 && items <= 2_900) expect(within(0.01)).toEqual([]);
    }
    expect(within(1)).toEqual(["nightly: is InProgress, 12000 of 12000 items"]);
    expect(within(90)).toHaveLength(3);
  });

  test("each phase that lasts, after which the half minute begins anew", () => {
    const { report, within } = follow();
    report("is Queued", "number 3 of those that wait");
    within(20);
    report("is InProgress");
    expect(within(1)).toEqual(["nightly: is InProgress"]);
    expect(within(29.9)).toEqual([]);
    expect(within(0.1)).toEqual(["nightly: is InProgress"]);
  });

  test("nothing more once it is stopped, whatever was about to be said", () => {
    const { report, within, stop, lines } = follow();
    report("is InProgress");
    within(1);
    report("is Finalizing");
    stop();
    expect(within(3_600)).toEqual([]);
    expect(lines).toEqual(["nightly: is InProgress"]);
  });
});

test("a wait holds up no process that has nothing else to do", () => {
  vi.useRealTimers();
  const timers = vi.spyOn(globalThis, "setTimeout");
  follow().report("is InProgress");
  const started = timers.mock.results[0]?.value as NodeJS.Timeout | undefined;
  timers.mockRestore();
  expect(started?.hasRef()).toBe(false);
});
