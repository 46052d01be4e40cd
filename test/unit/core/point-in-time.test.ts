import { describe, expect, test } from "vitest";
import { isPointInTime, pointInTimeAdvice } from "../../../provider/core/deadline.ts";

describe("A point in time", () => {
  test.each([
    "2026-12-23T02:00:00Z",
    "2026-12-23T02:00:00+01:00",
    "2026-12-23T02:00:00-09:30",
    "2026-12-23T02:00:00.5Z",
    "2026-12-23T02:00:00.123456789+14:00",
    "2028-02-29T00:00:00Z",
    "2026-12-31T23:59:59Z",
  ])("is said as RFC 3339 says it: %s", (text) => {
    expect(isPointInTime(text)).toBe(true);
    expect(Date.parse(text)).not.toBeNaN();
  });

  test.each([
    // The machine that reads these decides which time it is.
    "2026-12-23 02:00",
    "2026-12-23T02:00",
    "2026-12-23T02:00:00",
    "2026-12-23",
    "Dec 23 2026 02:00",
    "12/23/2026",
    // Most of these Date.parse would take, each in its own way.
    "2026-12-23 02:00:00Z",
    "2026-12-23T02:00Z",
    "2026-12-23T02:00:00 UTC",
    "2026-12-23T02:00:00CET",
    "2026-12-23T02:00:00+0100",
    "2026-12-23T02:00:00+01",
    "1798000000",
    "yesterday",
    "",
    // There are no such days and hours.
    "2026-02-29T02:00:00Z",
    "2026-13-01T02:00:00Z",
    "2026-00-10T02:00:00Z",
    "2026-04-31T02:00:00Z",
    "2026-12-23T24:00:00Z",
    "2026-12-23T23:60:00Z",
    "2026-12-23T02:00:00+24:00",
    "2026-12-23T02:00:00+01:60",
    "2026-12-23T02:00:00Z and more",
    "\n2026-12-23T02:00:00Z",
  ])("is not %j", (text) => {
    expect(isPointInTime(text)).toBe(false);
  });

  test("that is none is told with the right form", () => {
    const advice = pointInTimeAdvice("2026-12-23 02:00");
    expect(advice).toBe(
      '"2026-12-23 02:00" is no point in time: write 2026-12-23T02:00:00Z, or with an offset 2026-12-23T02:00:00+01:00',
    );
    for (const [example] of advice.matchAll(/2026\S+T[^\s,]+/g)) expect(isPointInTime(example)).toBe(true);
  });
});
