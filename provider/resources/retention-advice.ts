import { Problem } from "../errors.ts";
import type { Retention, StoreFacts } from "../storage/object-store.ts";
import { checksumOf } from "../storage/checksum-of.ts";
import type { AwsStorage, StorageConfig } from "../storage/storage-config.ts";

/**
 * Says what it means for backups that the bucket keeps its objects. Velero writes a backup's metadata twice, and kopia
 * its own again and again: where nothing can take an object's place no backup ever ends
 * (docs/design/velero-facts.md#retention-and-object-lock).
 */
export function retentionAdvice(facts: StoreFacts, storage: StorageConfig, address: string): string[] {
  const { retention = "unknown", objectLock } = facts;
  if (typeof retention === "object") {
    const kept = `${address} keeps every object${periodOf(retention)} (${retention.mode})`;
    if (retention.forbidsOverwriting) throw immutable(storage, kept);
    if (lacksChecksum(storage)) throw checksumWanted(storage, kept);
    return [
      `${kept}: backups that expire or are deleted before stay as versions, and go on costing, and so does what kopia's ` +
        "maintenance tidies up. A shorter ttl frees nothing. Let a lifecycle rule for noncurrent versions remove them.",
    ];
  }
  if (objectLock !== "on") return [];
  return [
    `${address} has object lock, and so keeps versions: backups that expire or are deleted stay as versions, and go on ` +
      "costing, until their retention, if any, is over and a lifecycle rule for noncurrent versions removes them.",
  ];
}

const immutable = (storage: StorageConfig, kept: string) =>
  new Problem({
    code: "Immutable",
    property:
      "azure" in storage ? "storage.azure.container" : `storage.${Object.keys(storage).join()}.bucket`,
    what: `${kept}, and lets nothing take its place, which Velero cannot live with: it writes a backup's metadata twice`,
    todo:
      "azure" in storage
        ? "Remove the policy or hold, or take a container with version-level immutability."
        : "Remove it, switch Object Versioning on, or take another bucket.",
  });

const checksumWanted = (storage: { aws: AwsStorage }, kept: string) => {
  const isDeclared = storage.aws.checksumAlgorithm !== undefined;
  return new Problem({
    code: "Immutable",
    property: isDeclared ? "storage.aws.checksumAlgorithm" : "storage.aws.endpoint",
    what:
      `${kept}, for which AWS demands a checksum, and Velero's plugin ` +
      (isDeclared ? "is declared to send none" : "does not send one to an `endpoint` unless it is declared"),
    todo: 'Declare `checksumAlgorithm: "CRC32"`, or leave `endpoint` and `checksumAlgorithm` out and give `region`.',
  });
};

const lacksChecksum = (storage: StorageConfig): storage is { aws: AwsStorage } =>
  "aws" in storage && checksumOf(storage.aws) === "" && isAmazons(storage.aws.endpoint);

const isAmazons = (endpoint: string | undefined): boolean =>
  endpoint === undefined ||
  (URL.canParse(endpoint) && /\.amazonaws\.com(\.cn)?$/i.test(new URL(endpoint).hostname));

function periodOf({ days }: Retention): string {
  if (days === undefined) return "";
  return Number.isInteger(days)
    ? ` for ${days} ${days === 1 ? "day" : "days"}`
    : ` for ${(days * 24).toFixed(1)} hours`;
}
