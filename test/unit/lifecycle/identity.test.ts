import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formerOwnersOf,
  nameOf,
  newIncarnation,
  objectName,
  ownerHash,
  ownersOf,
  safeName,
  stampOf,
} from "../../../provider/lifecycle/identity.ts";

const word = fc.oneof(
  fc.string({ minLength: 1, maxLength: 70, unit: "grapheme" }),
  fc.stringMatching(/^[A-Za-z0-9._/-]{1,90}$/),
);

test("a name is a DNS label of at most 48 characters, so that Velero's timestamp still fits behind it", () => {
  fc.assert(
    fc.property(word, word, word, (resource, cluster, owner) => {
      const name = objectName(resource, cluster, owner);
      expect(name).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
      expect(name.length).toBeLessThanOrEqual(48);
    }),
  );
});

test("a name contains the cluster's, whole where there is room and else at least 18 characters of it", () => {
  fc.assert(
    fc.property(word, word, (resource, cluster) => {
      const [name, safe] = [objectName(resource, cluster, "owner"), safeName(cluster)];
      const room = Math.max(18, 38 - safeName(resource).length);
      expect(name).toContain(safe.slice(0, room).replace(/-+$/, ""));
    }),
  );
});

test("names differ when owner, cluster or place do, even where the safe forms are equal", () => {
  const names = [
    objectName("nightly", "east", "owner a", { prefix: "east" }),
    objectName("nightly", "east", "owner b", { prefix: "east" }),
    objectName("nightly", "east", "owner a", { prefix: "west" }),
    objectName("nightly", "west", "owner a", { prefix: "east" }),
  ];
  expect(new Set(names).size).toBe(names.length);
});

test("names are the same whenever they are made, and whatever the order of the place's keys", () => {
  expect(objectName("nightly", "east", "o", { a: 1, b: 2 })).toBe(
    objectName("nightly", "east", "o", { b: 2, a: 1 }),
  );
});

test("the safe form of a key is lower-case letters, digits and single dashes, and is safe for ever", () => {
  expect(safeName("EU West_1 (prod)")).toBe("eu-west-1-prod");
  expect(safeName("--a..b--")).toBe("a-b");
  fc.assert(
    fc.property(word, (key) => {
      expect(safeName(key)).toMatch(/^([a-z0-9]+(-[a-z0-9]+)*)?$/);
      expect(safeName(safeName(key))).toBe(safeName(key));
    }),
  );
});

test("an object carries its owner's hash, its incarnation and the URN itself", () => {
  const owner = "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/velero:ClusterBackup::nightly";
  expect(stampOf({ owner, incarnation: "0a1b2c" })).toEqual({
    labels: { "pulumi-velero.io/owner": ownerHash(owner), "pulumi-velero.io/incarnation": "0a1b2c" },
    annotations: { "pulumi-velero.io/owner-urn": owner },
  });
  expect(ownerHash(owner)).toMatch(/^[0-9a-f]{16}$/);
  expect(nameOf(owner)).toBe("nightly");
});

test("the hash of an owner never changes between versions, since it stands on objects in clusters", () => {
  expect(ownerHash("urn:pulumi:dev::shop::pulumi-nodejs:dynamic/velero:ClusterBackup::nightly")).toBe(
    "c6a492b6a5b0c99f",
  );
});

test("state remembers earlier owners once each, and nothing where there was only one", () => {
  expect(formerOwnersOf({ owner: "a" }, "a")).toBeUndefined();
  expect(formerOwnersOf({ owner: "a" }, "b")).toEqual(["a"]);
  expect(formerOwnersOf({ owner: "b", formerOwners: ["a"] }, "a")).toEqual(["b"]);
  expect(ownersOf({ owner: "b", formerOwners: ["a"] })).toEqual(["b", "a"]);
});

test("two incarnations are never the same", () => {
  expect(new Set(Array.from({ length: 1_000 }, newIncarnation)).size).toBe(1_000);
});
