import { describe, expect, test } from "vitest";
import * as v from "valibot";
import { validate } from "../../provider/core/validate.ts";
import { UNKNOWN } from "../../provider/core/values.ts";
import { metadataEntries } from "../../provider/core/user-metadata.ts";

const complaints = (declared: object): string[] =>
  validate(v.strictObject(metadataEntries), declared).map(({ path, reason }) => `${path}: ${reason}`);

const long = "a".repeat(64);

describe("Labels and annotations", () => {
  test.each([
    { labels: { team: "a", "example.com/cost-center": "4711", "a_b.C": "" } },
    { labels: { ["a".repeat(63)]: "a".repeat(63) }, annotations: {} },
    { annotations: { "Example.com/Page": "any text, of\nany length, ünusual" } },
    { labels: { team: UNKNOWN }, annotations: UNKNOWN },
  ])("%j is taken", (declared) => expect(complaints(declared)).toEqual([]));

  test("that are wrong are all told at once, by name", () => {
    const wrong = {
      "velero.io/backup-name": "b",
      "pulumi-velero.io/owner": "x",
      "a/b/c": "x",
      "-team": "x",
      "Example.com/team": "x",
      [long]: "x",
      "/x": "x",
      value: "two words",
      "long-value": long,
      number: 3,
    };
    const told = complaints({ labels: wrong, annotations: { "velero.io/x": "y", "two words": "z" } });
    expect(told).toHaveLength(Object.keys(wrong).length + 2);
    for (const name of Object.keys(wrong))
      expect(told.join("\n")).toContain(`labels: "${name}" has `.slice(0, -5));
    expect(told).toContainEqual(
      expect.stringMatching(/^labels: "velero\.io\/backup-name" has a domain by which/),
    );
    expect(told).toContainEqual(
      expect.stringMatching(/^labels: "-team" is no name of a label: .*example\.com\/team/),
    );
    expect(told).toContainEqual(expect.stringMatching(/^labels: "value" has a value that no label takes/));
    expect(told).toContainEqual(expect.stringMatching(/^labels: "number" has a value that is no string/));
    expect(told).toContainEqual(
      expect.stringMatching(/^annotations: "two words" is no name of an annotation/),
    );
  });

  test("of a value the text is not told, since it may be a secret in the wrong place", () => {
    expect(complaints({ labels: { token: "s3cr3t value" } }).join()).not.toContain("s3cr3t");
  });

  test("are limited in size as a whole", () => {
    const annotations = { a: "x".repeat(200_000), b: "x".repeat(70_000) };
    expect(complaints({ annotations })).toEqual([expect.stringMatching(/^annotations: are 270002 bytes/)]);
  });
});
