import { nearestNames } from "../core/validate.ts";
import { isUnknown } from "../core/values.ts";

/** The kinds of stores, by the key in `storage`. */
type Kind = "aws" | "gcp" | "minio" | "azure";

/**
 * The keys of a BackupStorageLocation's `config` that a property of `storage` sets, with the name of that property. An
 * empty text means that the kind of store, or its credentials, set the key.
 */
export const saidBy: Readonly<Record<Kind, Readonly<Record<string, string>>>> = {
  aws: {
    region: "region",
    s3Url: "endpoint",
    publicUrl: "publicUrl",
    s3ForcePathStyle: "forcePathStyle",
    checksumAlgorithm: "checksumAlgorithm",
    kmsKeyId: "kmsKeyId",
    serverSideEncryption: "serverSideEncryption",
    tagging: "tagging",
  },
  minio: {
    region: "region",
    s3Url: "endpoint",
    publicUrl: "publicUrl",
    s3ForcePathStyle: "",
    checksumAlgorithm: "",
  },
  gcp: {
    kmsKeyName: "kmsKeyName",
    storeEndpoint: "endpoint",
    serviceAccount: "credentials",
    universeDomain: "",
  },
  azure: {
    storageAccount: "storageAccount",
    storageAccountURI: "endpoint",
    resourceGroup: "resourceGroup",
    subscriptionId: "subscriptionId",
    storageAccountKeyEnvVar: "credentials",
    useAAD: "credentials",
    activeDirectoryAuthorityURI: "activeDirectoryAuthorityURI",
    blockSizeInBytes: "blockSizeInBytes",
  },
};

const ofServer: Readonly<Record<string, string>> = {
  bucket: "is set by Velero's server, from the declared place",
  prefix: "is set by Velero's server, from the declared place",
};
const ofServerWithCertificate = {
  ...ofServer,
  caCert: "is set by Velero's server, from `caCertificate`: declare that",
};
const ignored = "has no effect: Velero's plugin for AWS has passed over it since v1.9";
const customerKey =
  "is refused: the program, which reads and writes the same objects, would need the key as well, and what Velero signs " +
  "URLs for could not be read by them. Encrypt by `kmsKeyId` or `serverSideEncryption`";
const unchecked =
  "is refused, since whoever stands in between could then read and change backups: declare the authority's certificate, " +
  "or a self-signed one itself, as `caCertificate`. Velero and the program both check by it";

/** Keys that a program must not set, with the reason. */
const refusedKeys: Readonly<Record<Kind, Readonly<Record<string, string>>>> = {
  aws: {
    ...ofServerWithCertificate,
    insecureSkipTLSVerify: unchecked,
    signatureVersion: ignored,
    enableSharedConfig: ignored,
    customerKeyEncryptionFile: customerKey,
    customerKeyEncryptionSecret: customerKey,
  },
  minio: {
    ...ofServerWithCertificate,
    insecureSkipTLSVerify: unchecked,
    signatureVersion: ignored,
    enableSharedConfig: ignored,
    kmsKeyId: "is of AWS's: declare the store as `aws` with `endpoint`",
    serverSideEncryption:
      "is not sent by the program to a MinIO server: declare the store as `aws` with `endpoint`",
    tagging: "is not sent by the program to a MinIO server: declare the store as `aws` with `endpoint`",
    customerKeyEncryptionFile: customerKey,
    customerKeyEncryptionSecret: customerKey,
  },
  gcp: { ...ofServer, caCert: "is nothing that Velero's plugin for Google looks at" },
  azure: { ...ofServer, caCert: "is set by Velero's server, from the location's certificate" },
};

/**
 * Keys that have an effect only with certain credentials. The file in the location's own Secret has one profile, and
 * Velero's server sets the file's path itself (velero v1.18.3, pkg/persistence/object_store.go).
 */
const keysOfCredentials: Readonly<Record<string, readonly string[]>> = {
  profile: ["existingSecret", "ambient"],
  credentialsFile: ["ambient"],
};

/** Further keys that the plugin supports. */
const freeKeys: Readonly<Record<Kind, readonly string[]>> = {
  aws: ["profile", "credentialsFile"],
  minio: ["profile", "credentialsFile"],
  gcp: ["credentialsFile"],
  azure: ["credentialsFile", "storageAccountSASTokenEnvVar", "storageAccountBlobEndpoint"],
};

export type StoreKind = keyof typeof saidBy;

interface ConfigProblem {
  key: string;
  reason: string;
}

/**
 * Returns what is wrong with the keys that a program passes to Velero's plugin unchanged. A plugin refuses unknown keys
 * (velero v1.18.3, pkg/plugin/framework/validation.go), and the known ones depend on its version. So only keys that are
 * known here, and misspellings of them, are checked. Messages never contain a value.
 */
export function configProblems(kind: StoreKind, config: unknown, credentials: unknown): ConfigProblem[] {
  return entriesOf(config).flatMap(([key, value]) => {
    const reason = reasonAgainst(kind, key) ?? misspelt(kind, key) ?? secretIn(key, value);
    if (reason !== undefined) return [{ key, reason }];
    return credentialProblems({ [key]: value }, credentials);
  });
}

/** Returns the keys that have no effect with these credentials, which may be a cluster's own. */
export function credentialProblems(config: unknown, credentials: unknown): ConfigProblem[] {
  const kinds = typeof credentials === "object" && credentials !== null ? Object.keys(credentials) : [];
  if (kinds.length === 0) return [];
  return entriesOf(config).flatMap(([key]) => {
    const takenBy = keysOfCredentials[key];
    if (takenBy === undefined || kinds.some((each) => takenBy.includes(each))) return [];
    const takers = takenBy.map((each) => `\`${each}\``).join(" or ");
    return [
      {
        key,
        reason: `means nothing to the credentials that are declared (${kinds.join()}): it goes with ${takers}`,
      },
    ];
  });
}

const entriesOf = (config: unknown): [string, unknown][] =>
  typeof config === "object" && config !== null && !isUnknown(config) ? Object.entries(config) : [];

function reasonAgainst(kind: StoreKind, key: string): string | undefined {
  const property = saidBy[kind][key];
  if (property === undefined) return refusedKeys[kind][key];
  return property === ""
    ? `is decided by the kind of store, "${kind}": leave it out`
    : `is what storage.${kind}.${property} says: declare that`;
}

function misspelt(kind: StoreKind, key: string): string | undefined {
  const known = [...Object.keys(saidBy[kind]), ...Object.keys(refusedKeys[kind]), ...freeKeys[kind]];
  if (known.includes(key)) return undefined;
  const [meant] = nearestNames(key, known);
  if (meant === undefined) return undefined;
  const reason = reasonAgainst(kind, meant);
  return `is no key of Velero's plugin, and \`${meant}\` seems to be meant${reason === undefined ? "" : `, which ${reason}`}`;
}

function secretIn(key: string, value: unknown): string | undefined {
  if (typeof value !== "string" || isUnknown(value) || !looksSecret(key, value)) return undefined;
  return (
    "looks like a secret, and a location's config is read by whoever may read the location: keys belong into " +
    "`credentials`"
  );
}

const NAME = /(?:secret|password|passphrase|token|key)$/i;

/** Matches a private key, an access key of AWS, a signed URL of Azure, and a URL with a password. */
const VALUES = [/-----BEGIN /, /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/, /\bsig=[^&\s]+/, /:\/\/[^/@\s]*:[^/@\s]+@/];

/** Returns true if a value is a secret, by its name or its form. */
export const looksSecret = (name: string, value: string): boolean =>
  NAME.test(name) || VALUES.some((form) => form.test(value));
