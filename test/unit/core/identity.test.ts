import fc from "fast-check";
import * as v from "valibot";
import { expect, test } from "vitest";
import { lineage } from "../../../provider/core/fields.ts";
import {
  describeOwner,
  describeOwnerOf,
  formerOwnersOf,
  isSameOwner,
  nameOf,
  newIncarnation,
  newLineage,
  objectName,
  ownedBy,
  type Owner,
  ownerHash,
  ownerIn,
  ownersOf,
  safeName,
  stampOf,
} from "../../../provider/core/identity.ts";

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

const owner = "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/velero:ClusterBackup::nightly";
const [ours, namesake] = ["00000000000000a1", "00000000000000b2"].map((lineage) => ({ owner, lineage })) as [
  Owner,
  Owner,
];
const renamed = { ...ours, owner: `${owner}-renamed` };
const objectOf = (made: Owner) => ({ metadata: { name: "x", ...stampOf({ ...made, incarnation: "0a" }) } });

test("an object carries the hash of its owner, its lineage, its incarnation and the URN itself", () => {
  const stamp = stampOf({ ...ours, incarnation: "0a1b2c" });
  expect(stamp).toEqual({
    labels: {
      "pulumi-velero.io/owner": ownerHash(ours),
      "pulumi-velero.io/lineage": ours.lineage,
      "pulumi-velero.io/incarnation": "0a1b2c",
    },
    annotations: { "pulumi-velero.io/owner-urn": owner },
  });
  expect(ownerHash(ours)).toMatch(/^[0-9a-f]{16}$/);
  expect(nameOf(owner)).toBe("nightly");
});

test("an object names its owner only where it has URN and lineage", () => {
  const { metadata } = objectOf(ours);
  expect(ownerIn({ metadata })).toEqual(ours);
  expect(ownerIn({ metadata: { ...metadata, labels: {} } })).toBeUndefined();
  expect(ownerIn({ metadata: { ...metadata, annotations: {} } })).toBeUndefined();
});

test("the hash of an owner never changes between versions, since it stands on objects in clusters", () => {
  expect(ownerHash(ours)).toBe("0159b785bb4ed472");
});

test("one URN in two lineages is two owners, each found by a selector of its own", () => {
  expect(isSameOwner(ours, { ...ours })).toBe(true);
  for (const another of [namesake, renamed]) {
    expect(isSameOwner(ours, another)).toBe(false);
    expect(ownerHash(ours)).not.toBe(ownerHash(another));
  }
  expect(ownedBy([ours, namesake, ours])).toBe(
    `pulumi-velero.io/owner in (${ownerHash(ours)},${ownerHash(namesake)})`,
  );
});

test("state remembers earlier owners once each, and nothing where there was only one", () => {
  expect(formerOwnersOf(ours, ours)).toBeUndefined();
  expect(formerOwnersOf(ours, renamed)).toEqual([ours]);
  expect(formerOwnersOf({ ...renamed, formerOwners: [ours, ours] }, ours)).toEqual([renamed]);
  expect(ownersOf({ ...renamed, formerOwners: [ours] })).toEqual([renamed, ours]);
});

test("a lineage that is taken back is one that the resource was, also once it is declared no more, or renamed", () => {
  const taking = { ...ours, adoptLineage: namesake.lineage };
  expect(ownersOf(taking)).toEqual([ours, namesake]);
  expect(formerOwnersOf(taking, ours)).toEqual([namesake]);
  expect(formerOwnersOf(taking, renamed)).toEqual([ours, namesake]);
  expect(formerOwnersOf({ ...taking, formerOwners: [namesake] }, ours)).toEqual([namesake]);
});

test("an object that carries our label, and no name any more, is told as made by this project", () => {
  const { labels, annotations } = stampOf({ ...namesake, incarnation: "0a" });
  const told = (metadata: object) => describeOwnerOf({ metadata: { name: "x", ...metadata } }, [ours]).words;
  expect(told({ labels, annotations })).toContain(`belongs to ${owner}`);
  expect(told({ labels })).toBe("belongs to another resource of this project");
  expect(told({ annotations })).toBe("was not made by this project");
  expect(told({})).toBe("was not made by this project");
});

test("another owner is told by its URN, and one of equal URN by its lineage and the ways out", () => {
  expect(describeOwner(undefined, [ours])).toEqual({ words: "was not made by this project" });
  expect(describeOwner(renamed, [ours])).toEqual({ words: `belongs to ${renamed.owner}` });
  for (const owners of [[ours], [renamed, ours]]) {
    const { words, remedy } = describeOwner(namesake, owners);
    expect(words).toContain(
      `belongs to ${owner} of another stack that has the same name (lineage ${namesake.lineage})`,
    );
    expect(remedy).toMatch(/^Rename this project, stack or resource\. Only if no state has it any more: /);
    expect(remedy).toContain(`adoptLineage: "${namesake.lineage}"`);
  }
});

test("two incarnations are never the same, nor two lineages, which `adoptLineage` takes as they are made", () => {
  expect(new Set(Array.from({ length: 1_000 }, newIncarnation)).size).toBe(1_000);
  const lineages = Array.from({ length: 1_000 }, newLineage);
  expect(new Set(lineages).size).toBe(1_000);
  for (const each of lineages) expect(v.is(lineage, each)).toBe(true);
});
