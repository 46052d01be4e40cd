import { Problem } from "../../errors.ts";
import { identityOf, prefixOf, trimSlashes } from "../../storage/coordinates.ts";
import type { StorageConfig } from "../../storage/storage-config.ts";
import { kindOf } from "../../storage/ways.ts";
import type { BackupStorageLocation } from "../../velero/types.ts";

/** Where a location's data is, in Velero's words. */
interface Place {
  provider: string;
  bucket: string;
  /** Azure's, where the bucket is a container of it. */
  account: string | undefined;
  prefix: string;
}

interface Declared {
  cluster: string;
  storage: StorageConfig;
  storePrefix: string;
}

/** Whether a location in the cluster lies where this one is declared. */
export const liesThere = (live: BackupStorageLocation, declared: Declared): boolean =>
  inWords(livePlace(live)) === inWords(declaredPlace(declared));

/** Why a location that lies elsewhere cannot be adopted, and how to declare it where it lies. */
export function elsewhere(
  live: BackupStorageLocation,
  declared: Declared,
  { property, what }: { property: string; what: string },
): Problem {
  const [there, here] = [livePlace(live), declaredPlace(declared)];
  return new Problem({
    code: "AdoptedElsewhere",
    property,
    what: `${what} lies at ${inWords(there)}, and is declared at ${inWords(here)}`,
    todo: `Nothing was changed. ${adviceOn(there, here, declared)}`,
  });
}

function adviceOn(there: Place, here: Place, { cluster, storage }: Declared): string {
  if (inWords({ ...there, prefix: "" }) !== inWords({ ...here, prefix: "" })) {
    return "Declare the store in which it lies, or adopt it in another BackupLocation.";
  }
  const [kind, above] = [kindOf(storage), prefixOf(storage)];
  const own = (folder: string) => `clusters.${cluster}.prefix: "${folder}"`;
  if (there.prefix === "") {
    return (
      "One in the root of a bucket cannot be declared: Velero would call it Unavailable for the folder of any other " +
      "cluster. Back up to another bucket, or copy what is there below a folder; from the root it can be read under a " +
      'key of its own, with `offline: true`, `storage` and `prefix: "/"`.'
    );
  }
  if (above === "") return `Set ${own(there.prefix)}.`;
  if (there.prefix.startsWith(`${above}/`)) return `Set ${own(there.prefix.slice(above.length + 1))}.`;
  const [, folders, last = ""] = /^(?:(.*)\/)?([^/]+)$/.exec(there.prefix) ?? [];
  return folders === undefined
    ? `Take storage.${kind}.prefix out, and set ${own(last)}.`
    : `Set storage.${kind}.prefix: "${folders}" and ${own(last)}.`;
}

function livePlace({ spec }: BackupStorageLocation): Place {
  const provider = spec.provider.replace(/^velero\.io\//, "");
  return {
    provider,
    bucket: trimSlashes(spec.objectStorage.bucket),
    account: provider === "azure" ? (spec.config?.["storageAccount"] ?? "?") : undefined,
    prefix: trimSlashes(spec.objectStorage.prefix ?? ""),
  };
}

function declaredPlace({ storage, storePrefix }: Declared): Place {
  const { provider = "", bucket, container = "", storageAccount } = identityOf(storage);
  return {
    // Velero's plugin for AWS serves every S3.
    provider: provider === "minio" ? "aws" : provider,
    bucket: bucket ?? container,
    account: storageAccount,
    prefix: storePrefix,
  };
}

const inWords = ({ provider, bucket, account, prefix }: Place): string =>
  `${provider} bucket "${bucket}"${account === undefined ? "" : ` of account "${account}"`}, ` +
  (prefix === "" ? "its root" : `prefix "${prefix}"`);
