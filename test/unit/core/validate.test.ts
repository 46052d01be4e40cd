import * as v from "valibot";
import { expect, test } from "vitest";
import { UNKNOWN } from "../../../provider/core/values.ts";
import { oneOf, validate } from "../../../provider/core/validate.ts";

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

test("every property that there is not is told, with the one that is near, however deep it lies", () => {
  const deep = v.strictObject({
    includedNamespaces: v.optional(v.array(v.string())),
    excludedNamespaces: v.optional(v.array(v.string())),
    reach: v.optional(v.record(v.string(), v.strictObject({ ttl: v.optional(v.string()) }))),
    hooks: v.optional(
      v.array(
        v.pipe(
          v.strictObject({ command: v.optional(v.string()) }),
          v.check(() => true),
        ),
      ),
    ),
    drill: v.optional(v.lazy(() => v.strictObject({ keep: v.optional(v.boolean()) }))),
    store: schema.entries.store,
  });
  const wrong = {
    includeNamespaces: [],
    namespaces: [],
    colour: "red",
    reach: { east: { tll: "24h" } },
    hooks: [{ comand: "x", zeal: 1 }],
    drill: { kepp: true },
    store: { aws: { bucket: "b", bukcet: "b" } },
  };
  const told = (name: string, question: string) =>
    `${name}: there is no such property here${question}: mend its spelling, or take it out`;
  expect(validate(deep, wrong).map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
    told("reach.east.tll", " (is `ttl` meant?)"),
    told("hooks.0.comand", " (is `command` meant?)"),
    told("hooks.0.zeal", ""),
    told("drill.kepp", " (is `keep` meant?)"),
    told("store.aws.bukcet", " (is `bucket` meant?)"),
    told("includeNamespaces", " (is `includedNamespaces` meant?)"),
    told("namespaces", " (is `includedNamespaces` or `excludedNamespaces` meant?)"),
    told("colour", ""),
  ]);
});

test("the names that are told are those that a program may say", () => {
  const inner = v.strictObject({ connection: v.strictObject({ context: v.optional(v.string()) }) });
  const reasons = validate(inner, { connection: { prefx: "", contxt: "" } }, (path, names) =>
    path === "connection" ? ["prefix"] : names,
  ).map(({ reason }) => reason);
  expect(reasons).toEqual([expect.stringContaining("`prefix`"), expect.not.stringContaining("meant")]);
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
