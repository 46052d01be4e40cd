import fc from "fast-check";
import { expect, test } from "vitest";
import { durationAdvice, parseDuration } from "../../../provider/core/deadline.ts";

test.each([
  ["720h", 2_592_000_000],
  ["1h30m", 5_400_000],
  ["1.5h", 5_400_000],
  [".5s", 500],
  ["1.s", 1_000],
  ["2m0.25s", 120_250],
  ["10ms", 10],
  ["1500us", 1.5],
  ["1500µs", 1.5],
  ["1500μs", 1.5],
  ["1000000ns", 1],
  ["1h1h", 7_200_000],
  ["0", 0],
  ["0s", 0],
])("reads %s as Go does", (text, milliseconds) => {
  expect(parseDuration(text)).toBeCloseTo(milliseconds, 6);
});

test.each([
  "",
  "30d",
  "1w",
  "5",
  "h",
  ".h",
  "1h ",
  " 1h",
  "1 h",
  "-1h",
  "1H",
  "1h30",
  "1e3s",
  "٣h",
  "1hm",
  "∞h",
])("refuses %j, which Go would not take or which makes no sense", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test("refuses what does not fit into Go's 64 bits, since Velero's decoder would stall on it", () => {
  expect(parseDuration("2562047h")).toBeDefined();
  expect(parseDuration("2562048h")).toBeUndefined();
  expect(parseDuration("99999999999999999999h")).toBeUndefined();
});

test("what it accepts is digits with Go's units, and nothing else", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from("0123456789.hmsnuµd -+")) }), (text) => {
      const accepted = parseDuration(text) !== undefined;
      expect(!accepted || text === "0" || /^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.test(text)).toBe(
        true,
      );
    }),
  );
});

test("the advice for days says how many hours they are, and for all else which units there are", () => {
  expect(durationAdvice("30d")).toContain('30 days are "720h"');
  expect(durationAdvice("soon")).toMatch(/"soon" is not a Go duration.*units: h, m, s, ms/);
});
