import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { mergeValues } from "../../../sdk/server/merge-values.ts";
import { valueOf } from "../iam/value-of.ts";

test("Objects are merged key by key, at any depth", () => {
  expect(mergeValues({ a: { b: 1, c: { d: 2 } } }, { a: { c: { e: 3 } }, f: 4 })).toEqual({
    a: { b: 1, c: { d: 2, e: 3 } },
    f: 4,
  });
});

test.each<[unknown, unknown]>([
  [[1, 2], [3]],
  [[1, 2], []],
  [{ b: 1 }, null],
  [true, false],
  [{ b: 1 }, "text"],
  ["text", { b: 1 }],
])("As a whole, %j takes the place of what was there", (value, over) => {
  expect(mergeValues({ a: value }, { a: over })).toEqual({ a: over });
});

test("What is undefined changes nothing", () => {
  expect(mergeValues({ a: { b: 1 } }, { a: { b: undefined }, c: undefined })).toEqual({ a: { b: 1 } });
});

test("Neither side is changed", () => {
  const [values, over] = [{ a: { b: 1 } }, { a: { c: 2 } }];
  mergeValues(values, over);
  expect([values, over]).toEqual([{ a: { b: 1 } }, { a: { c: 2 } }]);
});

test.each([
  ["an output", pulumi.output({ c: 2 })],
  ["a promise", Promise.resolve({ c: 2 })],
])("%s is merged with an object as soon as it is known", async (_what, over) => {
  const { a } = mergeValues({ a: { b: 1 } }, { a: over });
  expect(await valueOf(a as pulumi.Output<unknown>)).toEqual({ b: 1, c: 2 });
});

test("An output stays one where there is nothing to merge it with, and a secret a secret", async () => {
  const secret = pulumi.secret("a password");
  const { a } = mergeValues({ a: { b: 1 } }, { a: { c: secret } }) as { a: { c: unknown } };
  expect(a.c).toBe(secret);
  const merged = mergeValues({ a: { b: 1 } }, { a: pulumi.secret({ c: 2 }) })["a"] as pulumi.Output<unknown>;
  expect(await pulumi.isSecret(merged)).toBe(true);
});
