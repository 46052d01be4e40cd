import fc from "fast-check";
import { expect, test } from "vitest";
import { offsetOf } from "../../../provider/schedules/cadence.ts";

const HOUR_MS = 3_600_000;

test("an offset is whole minutes, at least none and less than the spread", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 48 * HOUR_MS }), (key, spread) => {
      const offset = offsetOf(key, spread);
      expect(Number.isInteger(offset)).toBe(true);
      expect(offset).toBeGreaterThanOrEqual(0);
      expect(offset * 60_000).toBeLessThan(spread);
    }),
  );
});

test("no spread is no offset", () => {
  expect(offsetOf("east", 0)).toBe(0);
  expect(offsetOf("east", 59_000)).toBe(0);
});

test("a key has the same offset in every version, so that no up moves its backups", () => {
  expect(["east", "west", "dr"].map((key) => offsetOf(key, HOUR_MS))).toEqual([34, 54, 20]);
});

test("many clusters are spread over all of it", () => {
  const offsets = Array.from({ length: 600 }, (_, index) => offsetOf(`cluster-${index}`, HOUR_MS));
  expect(new Set(offsets).size).toBe(60);
});
