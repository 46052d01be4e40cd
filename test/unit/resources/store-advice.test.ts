import { describe, expect, test } from "vitest";
import { lifecycleAdvice } from "../../../provider/resources/lifecycle-advice.ts";
import { retentionAdvice } from "../../../provider/resources/retention-advice.ts";
import type { LifecycleRule, Retention, StoreFacts } from "../../../provider/storage/object-store.ts";
import type { StorageConfig } from "../../../provider/storage/storage-config.ts";

const plain: StoreFacts = { region: "x", versioning: "off", objectLock: "off", encryption: "none" };
const ADDRESS = 'minio bucket "b" at http://minio:9000';

describe("Rules of a bucket's lifecycle", () => {
  const told = (rule: LifecycleRule, prefix = "team/east") =>
    lifecycleAdvice({ ...plain, lifecycle: [rule] }, ADDRESS, prefix);

  test.each(["", "t", "team", "team/", "team/east/", "team/east/backups/", "team/east/kopia/"])(
    "are told where they delete what begins with %j",
    (prefix) => expect(told({ prefix, does: "deletes", days: 7 })).toHaveLength(1),
  );

  test.each(["logs/", "team/east-2/", "team/west/", "east/", "/"])(
    "are not told where they delete what begins with %j",
    (prefix) => expect(told({ prefix, does: "deletes", days: 7 })).toEqual([]),
  );

  test("are told with their name, their reach, their time and the way out", () => {
    expect(told({ name: "tidy", prefix: "team/", does: "deletes", days: 7 })[0]).toMatch(
      /^lifecycle rule "tidy" of minio bucket "b" at .* deletes what begins with "team\/" after 7 days, .* kopia .* Exempt team\/east\/ from the rule/,
    );
    expect(told({ prefix: "", does: "archives", on: "2027-01-01" })[0]).toMatch(
      /^a lifecycle rule of .* archives everything on 2027-01-01: .* thawed/,
    );
  });

  test("are not known everywhere, nor in the state of an older version", () => {
    expect(lifecycleAdvice({ ...plain, lifecycle: "unknown" }, ADDRESS, "east")).toEqual([]);
    expect(lifecycleAdvice(plain, ADDRESS, "east")).toEqual([]);
  });
});

describe("Retention", () => {
  const credentials = { static: { accessKeyId: "a", secretAccessKey: "b" } };
  const minio: StorageConfig = { minio: { bucket: "b", endpoint: "http://minio:9000", credentials } };
  const gcp: StorageConfig = { gcp: { bucket: "b", credentials: { serviceAccountKey: "{}" } } };
  const azure: StorageConfig = {
    azure: { storageAccount: "a", container: "c", credentials: { storageAccountKey: "k" } },
  };
  const aws = (endpoint?: string): StorageConfig => ({ aws: { bucket: "b", endpoint, credentials } });
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

  test.each([
    ["retention policy", gcp, "storage.gcp.bucket"],
    ["legal hold", azure, "storage.azure.container"],
  ])("by a %s, under which nothing can be overwritten, is refused", (mode, storage, property) => {
    const facts = on({ mode, days: 0.5, forbidsOverwriting: true });
    expect(() => retentionAdvice(facts, storage, "the store")).toThrow(
      expect.objectContaining({ code: "Immutable", property }),
    );
    expect(() => retentionAdvice(facts, storage, "the store")).toThrow(
      new RegExp(`keeps every object for 12.0 hours \\(${mode}\\).*cannot live with`),
    );
  });

  test("in AWS by an endpoint is refused, as Velero's plugin then sends no checksum", () => {
    expect(() => retentionAdvice(locked, aws("https://s3.eu-west-1.amazonaws.com"), ADDRESS)).toThrow(
      expect.objectContaining({ code: "Immutable", property: "storage.aws.endpoint" }),
    );
    expect(retentionAdvice(locked, aws("https://s3.example.com"), ADDRESS)).toHaveLength(1);
  });

  test("in AWS goes by the checksum that is declared", () => {
    const declared = (endpoint: string | undefined, checksumAlgorithm: "" | "SHA256"): StorageConfig => ({
      aws: { bucket: "b", endpoint, checksumAlgorithm, credentials },
    });
    expect(
      retentionAdvice(locked, declared("https://s3.eu-west-1.amazonaws.com", "SHA256"), ADDRESS),
    ).toHaveLength(1);
    expect(() => retentionAdvice(locked, declared(undefined, ""), ADDRESS)).toThrow(
      expect.objectContaining({ code: "Immutable", property: "storage.aws.checksumAlgorithm" }),
    );
  });
});
