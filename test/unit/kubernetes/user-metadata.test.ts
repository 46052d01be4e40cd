import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { mergePatch, metadataEdits, metadataPatch } from "../../../provider/kubernetes/ensure.ts";
import { declaredAnnotation, ownerAnnotation, ownerLabel, stampOf } from "../../../provider/core/identity.ts";
import { isReserved, type UserMetadata } from "../../../provider/core/user-metadata.ts";
import { applyMergePatch } from "../core/merge-patch.ts";

const identity = { owner: "urn:a", lineage: "0123456789abcdef", incarnation: "0a1b" };
type Live = {
  metadata: { name: string; labels: Record<string, string>; annotations: Record<string, string> };
};

/** An object as a run has made it that declared this. */
const made = (user: UserMetadata): Live => ({
  metadata: { name: "x", ...stampOf({ ...identity, ...user }) },
});

/** What the next run, which declares that, makes of it. */
function updated(live: Live, user: UserMetadata): Live {
  const change = mergePatch(live, made(user), []);
  return change ? (applyMergePatch(live, change) as Live) : live;
}

describe("Labels and annotations that a program declares", () => {
  const declared = { labels: { team: "a" }, annotations: { "example.com/page": "any text, even ünusual" } };

  test("stand on the object beside ours", () => {
    const { labels, annotations } = made(declared).metadata;
    expect(labels).toMatchObject({ team: "a", [ownerLabel]: expect.any(String) });
    expect(annotations).toMatchObject({ ...declared.annotations, [ownerAnnotation]: "urn:a" });
  });

  test("change nothing of an object where there are none", () => {
    expect(Object.keys(made({}).metadata.annotations)).toEqual([ownerAnnotation]);
    expect(made({ labels: {}, annotations: {} })).toEqual(made({}));
  });

  test("are removed when they leave the program, and those of others stay", () => {
    const live = made({ labels: { team: "a", tier: "b" }, annotations: declared.annotations });
    live.metadata.labels["theirs"] = "kept";
    live.metadata.annotations["theirs"] = "kept";
    const now = updated(live, { labels: { tier: "c" } });
    expect(now.metadata.labels).toEqual({ ...made({}).metadata.labels, tier: "c", theirs: "kept" });
    expect(Object.keys(now.metadata.annotations).toSorted()).toEqual(
      [declaredAnnotation, ownerAnnotation, "theirs"].toSorted(),
    );
    const bare = updated(now, {});
    expect(bare.metadata.labels).toEqual({ ...made({}).metadata.labels, theirs: "kept" });
    expect(bare.metadata.annotations).toEqual({ [ownerAnnotation]: "urn:a", theirs: "kept" });
  });

  test("of another's making stay when the program has declared and dropped none of that name", () => {
    const live = made({});
    live.metadata.labels["team"] = "by hand";
    expect(mergePatch(live, made({}), [])).toBeUndefined();
    expect(updated(live, declared).metadata.labels["team"]).toBe("a");
  });

  test("never take a label of ours or of Velero's away, whatever somebody has written into the record", () => {
    const live = made({});
    live.metadata.labels["velero.io/storage-location"] = "primary";
    const names = { labels: ["velero.io/storage-location", ownerLabel, 7], annotations: "all" };
    live.metadata.annotations[declaredAnnotation] = JSON.stringify(names);
    expect(updated(live, {}).metadata.labels).toEqual(live.metadata.labels);
    for (const record of ["no JSON", "null", "[]"]) {
      live.metadata.annotations[declaredAnnotation] = record;
      expect(updated(live, {}).metadata.labels).toEqual(live.metadata.labels);
    }
  });

  test("are seen to be edited, by name", () => {
    const live = made(declared);
    expect(metadataEdits(live, declared)).toBeUndefined();
    live.metadata.labels["team"] = "b";
    delete live.metadata.annotations["example.com/page"];
    live.metadata.labels["theirs"] = "x";
    expect(metadataEdits(live, declared)).toBe('label "team", annotation "example.com/page"');
    expect(metadataPatch(live, declared)).toEqual({
      metadata: { labels: { team: "a" }, annotations: declared.annotations },
    });
  });
});

test.each([
  ["velero.io/x", true],
  ["backup.velero.io/x", true],
  ["pulumi-velero.io/owner", true],
  ["Velero.IO/x", true],
  ["notvelero.io/x", false],
  ["velero.io.example.com/x", false],
  ["velero.io", false],
  ["team", false],
])("%s is reserved: %s", (name, expected) => expect(isReserved(name)).toBe(expected));

test("every label and annotation by which this project finds or judges objects is reserved", () => {
  const provider = path.join(import.meta.dirname, "../../../provider");
  const sources = readdirSync(provider, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  const names = sources.flatMap((file) =>
    [...readFileSync(path.join(provider, file), "utf8").matchAll(/\w*(?:Label|Annotation) = "([^"]+)"/g)].map(
      ([, name = ""]) => name,
    ),
  );
  expect(names.length).toBeGreaterThan(15);
  expect(names.filter((name) => !isReserved(name))).toEqual([]);
});
