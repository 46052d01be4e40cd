import fc from "fast-check";
import { expect, test } from "vitest";
import { isIncarnation, isOwnedBy, mergePatch } from "../../../provider/kubernetes/ensure.ts";
import { type Owner, stampOf } from "../../../provider/core/identity.ts";
import { applyMergePatch } from "../core/merge-patch.ts";

/** Objects as manifests have them: no null and no undefined, and small enough to overlap often. */
const key = fc.constantFrom("a", "b", "c", "spec", "template");
const manifest = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>(0, 1, "", "x", true, false),
    fc.array(fc.constantFrom<unknown>(1, "x", { a: 1 }), { maxLength: 2 }),
    tie("object"),
  ),
  object: fc.dictionary(key, tie("value"), { maxKeys: 4 }),
})).object;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const contains = (object: unknown, part: unknown): boolean =>
  isRecord(part)
    ? isRecord(object) && Object.entries(part).every(([name, inner]) => contains(object[name], inner))
    : JSON.stringify(object) === JSON.stringify(part);

const patched = (live: object, desired: object, whole: readonly string[] = []) =>
  applyMergePatch(live, mergePatch(live, desired, whole) ?? {}) as Record<string, unknown>;

test("a patched object contains what is desired, and a second patch has nothing to do", () => {
  fc.assert(
    fc.property(
      manifest,
      manifest,
      fc.constantFrom([], ["spec"], ["spec.template", "a"]),
      (live, desired, whole) => {
        const result = patched(live, desired, whole);
        expect(contains(result, desired)).toBe(true);
        expect(mergePatch(result, desired, whole)).toBeUndefined();
      },
    ),
  );
});

test("what the server has added stays, but for the parts that are ours as a whole", () => {
  fc.assert(
    fc.property(manifest, manifest, (live, desired) => {
      const result = patched(live, { ...desired, spec: desired }, ["spec"]);
      expect(result["spec"]).toEqual(desired);
      const untouched = Object.keys(live).filter((name) => name !== "spec" && !(name in desired));
      for (const name of untouched) expect(result[name]).toEqual(live[name]);
    }),
  );
});

test("only what differs is sent, and keys that must go are sent as null", () => {
  const live = {
    metadata: { labels: { app: "x" } },
    spec: { schedule: "@daily", template: { ttl: "1h", hooks: {} }, extra: 1 },
  };
  const desired = { spec: { schedule: "@daily", template: { ttl: "2h" } } };
  expect(mergePatch(live, desired, ["spec.template"])).toEqual({
    spec: { template: { ttl: "2h", hooks: null } },
  });
  expect(mergePatch(live, desired, [])).toEqual({ spec: { template: { ttl: "2h" } } });
});

test("a part whose name merely begins like that of a whole one is not ours", () => {
  const live = { spec: { template: {}, templates: { other: 1 } } };
  expect(mergePatch(live, { spec: { template: {}, templates: {} } }, ["spec.template"])).toBeUndefined();
});

test("what is undefined is not desired", () => {
  expect(mergePatch({ spec: { ttl: "1h" } }, { spec: { ttl: undefined } }, [])).toBeUndefined();
});

test("owner and incarnation are read from the labels alone", () => {
  const [a, b] = ["a", "b"].map((owner) => ({ owner, lineage: "l" })) as [Owner, Owner];
  const object = { metadata: { name: "x", ...stampOf({ ...a, incarnation: "1" }) } };
  expect(isOwnedBy(object, [b, a])).toBe(true);
  expect(isOwnedBy(object, [b])).toBe(false);
  expect(isOwnedBy(object, [{ ...a, lineage: "of a namesake" }])).toBe(false);
  expect(isOwnedBy({ metadata: { name: "x" } }, [a])).toBe(false);
  expect(isIncarnation(object, "1")).toBe(true);
  expect(isIncarnation(object, "2")).toBe(false);
});

test("a part that is ours as a whole goes where it is no longer desired", () => {
  const live = { spec: { credential: { name: "old", key: "cloud" }, provider: "aws" } };
  expect(mergePatch(live, { spec: { provider: "aws" } }, ["spec.credential"])).toEqual({
    spec: { credential: null },
  });
});
