import * as v from "valibot";
import { expect, test } from "vitest";
import { UNKNOWN } from "../../../provider/lifecycle/unknown.ts";
import { oneOf, validate } from "../../../provider/lifecycle/validate.ts";

const schema = v.strictObject({
  name: v.string(),
  size: v.optional(v.pipe(v.number(), v.minValue(1, "must be at least 1"))),
  tags: v.optional(v.array(v.strictObject({ key: v.string() }))),
  store: v.optional(
    oneOf({ aws: v.strictObject({ bucket: v.string() }), minio: v.strictObject({}) }, "kind of store"),
  ),
});

const complaints = (value: unknown) =>
  validate(schema, value).map(({ path, reason }) => `${path}: ${reason}`);

test("all that is wrong is told at once, each with its property path", () => {
  expect(complaints({ size: 0, tags: [{ key: 1 }, { kye: "x" }] })).toEqual(
    expect.arrayContaining([
      "name: is required",
      "size: must be at least 1",
      "tags.0.key: must be string, not a number",
      "tags.1.key: is required",
      expect.stringMatching(/^tags\.1\.kye: there is no such property here/),
    ]),
  );
});

test("the value itself is never repeated: it may be a secret in the wrong place", () => {
  expect(
    complaints({ name: "x", size: "hunter2-canary", tags: { key: "hunter2-canary" } }).join(),
  ).not.toContain("hunter2");
});

test.each([
  ["none", {}],
  ["two", { aws: { bucket: "b" }, minio: {} }],
])("of several shapes exactly one must be given, not %s", (_count, store) => {
  expect(complaints({ name: "x", store })).toEqual([
    'store: needs exactly one kind of store: "aws" or "minio"',
  ]);
});

test.each([
  ["a value", { name: UNKNOWN }],
  ["a value of another type", { name: "x", size: UNKNOWN }],
  ["a list", { name: "x", tags: UNKNOWN }],
  ["an element", { name: "x", tags: [UNKNOWN, { key: UNKNOWN }] }],
  ["a shape", { name: "x", store: UNKNOWN }],
  ["the inside of a shape", { name: "x", store: { aws: UNKNOWN } }],
])("%s that is not known yet passes", (_what, value) => {
  expect(complaints(value)).toEqual([]);
});

test("beside an unknown all else is still checked", () => {
  expect(complaints({ name: UNKNOWN, size: 0 })).toEqual(["size: must be at least 1"]);
});
