/** Kinds of stores, by the key of `storage`. */
type Kind = "aws" | "gcp" | "minio" | "azure";

/**
 * Keys of a BackupStorageLocation's `config`, by the property of `storage` that says them. An empty text: the kind of
 * store, or its credentials, decide.
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

/** Keys that a program cannot say at all, with the reason. */
export const refusedKeys: Readonly<Record<Kind, Readonly<Record<string, string>>>> = {
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
 * Keys that mean something to certain credentials alone. A file of the location's own Secret has one profile, and
 * Velero's server says itself where it has put the file (velero v1.18.3, pkg/persistence/object_store.go).
 */
export const keysOfCredentials: Readonly<Record<string, readonly string[]>> = {
  profile: ["existingSecret", "ambient"],
  credentialsFile: ["ambient"],
};

/** Further keys that a plugin knows. */
export const freeKeys: Readonly<Record<Kind, readonly string[]>> = {
  aws: ["profile", "credentialsFile"],
  minio: ["profile", "credentialsFile"],
  gcp: ["credentialsFile"],
  azure: ["credentialsFile", "storageAccountSASTokenEnvVar", "storageAccountBlobEndpoint"],
};
