import fc from "fast-check";
import { expect, test } from "vitest";
import { canonical, omit, pick, same, shortHash } from "../../../provider/core/values.ts";

/** The same value with the keys of all objects in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, shuffled(inner)] as const);
  return Object.fromEntries(entries.toReversed());
}

test("the order of keys does not matter at any depth, the order of lists does", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(same(value, shuffled(value))).toBe(true);
      expect(shortHash(8, value)).toBe(shortHash(8, shuffled(value)));
    }),
  );
  expect(same([1, 2], [2, 1])).toBe(false);
});

test("what is undefined is not there, and a missing value is the same as null", () => {
  expect(same({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  expect(same(undefined, null)).toBe(true);
  expect(same({ a: null }, {})).toBe(false);
});

test("numbers are compared by value, however they were written", () => {
  expect(same(1, Number("1.0"))).toBe(true);
  expect(same(0, -0)).toBe(true);
  expect(same(1, "1")).toBe(false);
});

test("keys like __proto__ are keys like any other", () => {
  expect(same(JSON.parse('{"__proto__":1}'), {})).toBe(false);
  expect(canonical(JSON.parse('{"b":1,"__proto__":2}'))).toBe('{"__proto__":2,"b":1}');
});

test("picks and omits by name and leaves the original alone", () => {
  const value = { a: 1, b: 2, c: 3 };
  expect(pick(value, ["a", "x"])).toEqual({ a: 1 });
  expect(omit(value, ["a", "x"])).toEqual({ b: 2, c: 3 });
  expect(value).toEqual({ a: 1, b: 2, c: 3 });
});
