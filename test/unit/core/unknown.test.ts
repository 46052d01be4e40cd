import { expect, test } from "vitest";
import { assumeUnchanged, hasUnknown, isUnknown, UNKNOWN } from "../../../provider/core/values.ts";

test("a string that was made from an unknown one is unknown, too", () => {
  expect(isUnknown(UNKNOWN)).toBe(true);
  expect(isUnknown(`https://${UNKNOWN}:9000`)).toBe(true);
  expect(isUnknown("east")).toBe(false);
  expect(isUnknown(undefined)).toBe(false);
});

test("finds an unknown at any depth, in lists, too", () => {
  expect(hasUnknown({ a: [{ b: UNKNOWN }] })).toBe(true);
  expect(hasUnknown({ a: [{ b: null }], c: 1 })).toBe(false);
});

test.each([
  ["a value", { a: UNKNOWN, b: 2 }, { a: 1, b: 1 }, { a: 1, b: 2 }],
  ["what state does not have", { a: UNKNOWN, b: 2 }, { b: 1 }, { b: 2 }],
  ["a value in depth", { s: { a: UNKNOWN, b: 2 } }, { s: { a: 1, b: 1 } }, { s: { a: 1, b: 2 } }],
  ["a list with an unknown in it", { a: ["x", UNKNOWN] }, { a: ["y"] }, { a: ["y"] }],
  ["one shape of several", { s: { aws: UNKNOWN } }, { s: { minio: { b: 1 } } }, { s: { minio: { b: 1 } } }],
  ["everything", UNKNOWN, { a: 1 }, { a: 1 }],
])("takes %s from state while it is unknown", (_what, news, state, expected) => {
  expect(assumeUnchanged<unknown>(news, state)).toEqual(expected);
});
