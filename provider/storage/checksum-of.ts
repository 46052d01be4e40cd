import type { AwsStorage, ChecksumAlgorithm } from "./storage-config.ts";

/**
 * The checksum with which Velero's plugin uploads; empty for none. To an endpoint it is told to send none, unless the
 * program declares one: many stores refuse the plugin's default (vmware-tanzu/velero#8203, #7543).
 */
export const checksumOf = ({
  checksumAlgorithm,
  endpoint,
}: Pick<AwsStorage, "checksumAlgorithm" | "endpoint">): ChecksumAlgorithm =>
  checksumAlgorithm ?? (endpoint === undefined ? "CRC32" : "");
