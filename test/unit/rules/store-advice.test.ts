import { describe, expect, test } from "vitest";
import { lifecycleAdvice, retentionAdvice } from "../../../provider/rules/store-settings.ts";
import type { LifecycleRule, Retention, StoreFacts } from "../../../model/store-facts.ts";
import type { StorageConfig } from "../../../provider/store/storage-config.ts";

const plain: StoreFacts = { region: "x", versioning: "off", objectLock: "off", encryption: "none" };
const ADDRESS = 'minio bucket "b" at http://minio:9000';

describe("Rules of a bucket's lifecycle", () => {
  const told = (rule: LifecycleRule, prefix = "team/east") =>
    lifecycleAdvice({ ...plain, lifecycle: [rule] }, ADDRESS, prefix);

  test("are told where they delete what begins with a part of the prefix or lies below it, and nowhere else", () => {
    const toldOf = (prefix: string) => told({ prefix, does: "deletes", days: 7 }).length === 1;
    const near = ["", "t", "team", "team/", "team/east/", "team/east/backups/", "team/east/kopia/"];
    const elsewhere = ["logs/", "team/east-2/", "team/west/", "east/", "/"];
    expect([...near, ...elsewhere].filter(toldOf)).toEqual(near);
  });

  test("are told with their name, their reach, their time and the way out", () => {
    expect(told({ name: "tidy", prefix: "team/", does: "deletes", days: 7 })[0]).toMatch(
      /^lifecycle rule "tidy" of minio bucket "b" at .* deletes what begins with "team\/" after 7 days, .* kopia .* Exempt team\/east\/ from the rule/,
    );
    expect(told({ prefix: "", does: "archives", on: "2027-01-01" })[0]).toMatch(
      /^a lifecycle rule of .* archives everything on 2027-01-01: .* thawed/,
    );
  });

  test("are not known everywhere, nor in the state of an older version", () => {
    for (const facts of [{ ...plain, lifecycle: "unknown" } as const, plain])
      expect(lifecycleAdvice(facts, ADDRESS, "east")).toEqual([]);
  });
});

describe("Retention", () => {
  const credentials = { static: { accessKeyId: "a", secretAccessKey: "b" } };
  const minio: StorageConfig = { minio: { bucket: "b", endpoint: "http://minio:9000", credentials } };
  const gcp: StorageConfig = { gcp: { bucket: "b", credentials: { serviceAccountKey: "{}" } } };
  const azure: StorageConfig = {
    azure: { storageAccount: "a", container: "c", credentials: { storageAccountKey: "k" } },
  };
  const aws = (endpoint?: string, checksumAlgorithm?: "" | "SHA256"): StorageConfig => ({
    aws: {
      bucket: "b",
      endpoint,
      credentials,
      ...(checksumAlgorithm !== undefined && { checksumAlgorithm }),
    },
  });
  const ENDPOINT = "https://s3.eu-west-1.amazonaws.com";
  const on = (retention: Retention | "none"): StoreFacts => ({ ...plain, objectLock: "on", retention });
  const locked = on({ mode: "COMPLIANCE", days: 30, forbidsOverwriting: false });

  test("under which versions can follow each other is told with what it costs", () => {
    expect(retentionAdvice(locked, minio, ADDRESS)).toEqual([
      expect.stringMatching(
        /keeps every object for 30 days \(COMPLIANCE\): backups that expire .* A shorter ttl frees nothing/,
      ),
    ]);
    expect(retentionAdvice(locked, aws(), ADDRESS)).toHaveLength(1);
  });

  test("that nobody has set, on a bucket with object lock, is told as what keeps versions", () => {
    expect(retentionAdvice(on("none"), minio, ADDRESS)).toEqual([expect.stringContaining("has object lock")]);
    expect(retentionAdvice(plain, minio, ADDRESS)).toEqual([]);
  });

  test.each<[what: string, facts: StoreFacts, store: StorageConfig, property: string, words?: RegExp]>([
    [
      "Google's retention policy, under which nothing can be overwritten",
      on({ mode: "retention policy", days: 0.5, forbidsOverwriting: true }),
      gcp,
      "storage.gcp.bucket",
      /keeps every object for 12.0 hours \(retention policy\).*cannot live with/,
    ],
    [
      "Azure's legal hold, under which nothing can be",
      on({ mode: "legal hold", days: 0.5, forbidsOverwriting: true }),
      azure,
      "storage.azure.container",
      /keeps every object for 12.0 hours \(legal hold\).*cannot live with/,
    ],
    ["AWS by an endpoint, to which Velero sends no checksum", locked, aws(ENDPOINT), "storage.aws.endpoint"],
    ["a checksum that is declared away", locked, aws(undefined, ""), "storage.aws.checksumAlgorithm"],
  ])("is refused with %s", (_what, facts, store, property, words = /./) => {
    expect(() => retentionAdvice(facts, store, ADDRESS)).toThrow(
      expect.objectContaining({ code: "Immutable", property, message: expect.stringMatching(words) }),
    );
  });

  test("in AWS by an endpoint is none where that is another's, or a checksum is declared", () => {
    for (const store of [aws("https://s3.example.com"), aws(ENDPOINT, "SHA256")])
      expect(retentionAdvice(locked, store, ADDRESS)).toHaveLength(1);
  });
});
