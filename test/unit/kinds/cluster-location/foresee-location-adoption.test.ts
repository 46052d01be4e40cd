import { Fingerprinter } from "../../../../provider/core/secrets.ts";
import { describe, expect, test } from "vitest";
import { mergePatch } from "../../../../provider/kubernetes/ensure.ts";
import { adoptionNotice } from "../../../../provider/rules/adoption.ts";
import { foreseeAdoption, stillKept } from "../../../../provider/kinds/cluster-location/foresee-adoption.ts";
import { editedParts, sentOf } from "../../../../provider/kinds/cluster-location/manifest.ts";
import type { StorageConfig } from "../../../../provider/store/storage-config.ts";
import {
  locationManifest,
  type LocationParts,
  locationWhole,
} from "../../../../provider/velero/manifests.ts";
import type { BackupStorageLocation } from "../../../../provider/velero/types.ts";
import { applyMergePatch } from "../../core/merge-patch.ts";

const keys = { static: { accessKeyId: "a", secretAccessKey: "b" } };
const minio: StorageConfig = {
  minio: { bucket: "backups", endpoint: "https://minio:9000", credentials: keys },
};
const aws: StorageConfig = { aws: { bucket: "backups", region: "eu-west-1", credentials: { ambient: {} } } };
const azure: StorageConfig = {
  azure: { storageAccount: "ours", container: "backups", credentials: { ambient: {} } },
};
const ours = { name: "dpa-1", namespace: "openshift-adp", labels: { ours: "yes" }, annotations: {} };
const ofMinio = {
  region: "us-east-1",
  s3Url: "https://minio:9000",
  s3ForcePathStyle: "true",
  checksumAlgorithm: "",
};
const pem = (text: string) => Buffer.from(text).toString("base64");

type Spec = BackupStorageLocation["spec"];

interface Shape {
  storage?: StorageConfig;
  /** The declared config of Velero's plugin. */
  config?: Record<string, string>;
  live?: Partial<Spec>;
  /** Of the live config of MinIO. */
  more?: Record<string, string>;
  declared?: Partial<LocationParts> & { requestedAccessMode?: string; default?: boolean; caCert?: string };
  changes?: string[];
  kept?: string[];
}

const place = { bucket: "backups", prefix: "velero" };
const caCert = { objectStorage: { ...place, caCert: pem("old") } };
const noCredential = { credential: undefined };
const secretOfKeys =
  "(to keep it, declare the Secret that it belongs to: credentials: { existingSecret: { name, key } })";

const shapes: Record<string, Shape> = {
  "OADP's, with a profile and no check of certificates": {
    more: { profile: "default", insecureSkipTLSVerify: "true" },
    live: {
      credential: { name: "cloud-credentials", key: "cloud" },
      default: true,
      backupSyncPeriod: "2m0s",
      validationFrequency: "1h0m0s",
    },
    changes: [
      'credential: "cloud-credentials" (key "cloud") becomes "dpa-1" (key "cloud"); Secret cloud-credentials itself stays as it is',
    ],
    kept: ['config.insecureSkipTLSVerify: "true"', 'config.profile: "default"'],
  },
  "a key of the plugin that the program says, another that it does not, and one that looks like a secret": {
    config: { profile: "backups", ...ofMinio },
    more: { profile: "old", newer: "yes", accessKey: "canary" },
    changes: ['config.profile: "old" becomes "backups"'],
    kept: ['config.accessKey: "[secret]"', 'config.newer: "yes"'],
  },
  "an address for those outside that the program leaves out": {
    more: { publicUrl: "https://minio.acme.org" },
    changes: [
      'config.publicUrl: "https://minio.acme.org" goes (to keep it, declare storage.minio.publicUrl)',
    ],
  },
  "a profile of keys that go": {
    more: { region: "minio", profile: "backups", enableSharedConfig: "true" },
    live: { credential: { name: "dpa-1", key: "file" } },
    changes: [
      'config.region: "minio" becomes "us-east-1"',
      `config.enableSharedConfig: "true" goes ${secretOfKeys}`,
      `config.profile: "backups" goes ${secretOfKeys}`,
      'credential: "dpa-1" (key "file") becomes "dpa-1" (key "cloud")',
    ],
  },
  "a profile of keys that stay": { more: { profile: "backups" }, kept: ['config.profile: "backups"'] },
  "options of AWS that the program leaves out": {
    storage: aws,
    config: { region: "eu-west-1" },
    live: {
      config: { region: "eu-west-1", kmsKeyId: "alias/backups", customerKeyEncryptionFile: "/keys/file" },
      credential: { name: "cloud", key: "cloud" },
    },
    declared: noCredential,
    changes: [
      'config.kmsKeyId: "alias/backups" goes (to keep it, declare storage.aws.kmsKeyId)',
      'credential: "cloud" (key "cloud") becomes none, for the identity that Velero\'s server has; Secret cloud itself stays as it is',
    ],
    kept: ['config.customerKeyEncryptionFile: "/keys/file"'],
  },
  "another certificate, and read-only": {
    live: { accessMode: "ReadOnly", ...caCert },
    declared: { caCert: "new", default: true },
    changes: [
      "objectStorage.caCert becomes the declared certificate",
      'accessMode: "ReadOnly" becomes "ReadWrite" where nobody else has backups at its prefix, and stays otherwise until ' +
        'takeOver is set (to keep it, declare accessMode: "ReadOnly")',
      "default: false becomes true",
    ],
  },
  "a certificate that the program leaves out": {
    live: caCert,
    declared: { requestedAccessMode: "ReadOnly", accessMode: "ReadOnly" },
    changes: [
      "objectStorage.caCert goes (to keep it, declare storage.minio.caCertificate)",
      'accessMode: "ReadWrite" becomes "ReadOnly"',
    ],
  },
  "a reference to a certificate, which no property says": {
    live: { objectStorage: { ...place, caCertRef: { name: "ca", key: "ca.crt" } } as never },
    kept: ["objectStorage.caCertRef"],
  },
  "a certificate of a store whose kind takes none": {
    storage: azure,
    config: {
      storageAccount: "ours",
      storageAccountURI: "https://ours.blob.core.windows.net",
      useAAD: "true",
    },
    live: {
      config: { storageAccount: "ours", resourceGroup: "rg", blockSizeInBytes: "1048576" },
      credential: undefined,
      ...caCert,
    },
    declared: noCredential,
    changes: [
      'config.storageAccountURI: "https://ours.blob.core.windows.net" is new',
      'config.useAAD: "true" is new',
      'config.blockSizeInBytes: "1048576" goes (to keep it, declare storage.azure.blockSizeInBytes)',
      'config.resourceGroup: "rg" goes (to keep it, declare storage.azure.resourceGroup)',
    ],
    kept: ["objectStorage.caCert"],
  },
};

function locations({ storage = minio, config = ofMinio, live, more, declared = {} }: Shape) {
  const { requestedAccessMode, default: isDefault, caCert, ...parts } = declared;
  const provider = "azure" in storage ? "azure" : "aws";
  const theirs: BackupStorageLocation = {
    metadata: { name: "dpa-1", namespace: "openshift-adp", labels: { "openshift.io/oadp": "True" } },
    spec: {
      provider,
      objectStorage: place,
      config: { ...ofMinio, ...more },
      credential: { name: "dpa-1", key: "cloud" },
      ...live,
    },
  };
  const manifest = (kept?: LocationParts["kept"]) =>
    locationManifest(ours, {
      plugin: { provider, bucket: "backups", config, caCert },
      prefix: "velero",
      credential: { name: "dpa-1", key: "cloud" },
      accessMode: theirs.spec.accessMode ?? "ReadWrite",
      isDefault,
      kept,
      ...parts,
    });
  const foreseen = foreseeAdoption(theirs, manifest(), { storage, requestedAccessMode, default: isDefault });
  return { theirs, manifest, foreseen };
}

describe("A BackupStorageLocation that is taken over", () => {
  test.each(Object.entries(shapes))("as %s", (_title, shape) => {
    const { theirs, manifest, foreseen } = locations(shape);
    expect(foreseen.changes).toEqual(shape.changes ?? []);
    expect(foreseen.kept).toEqual(shape.kept ?? []);

    const desired = manifest(foreseen.keptParts);
    const after = applyMergePatch(
      theirs,
      mergePatch(theirs, desired, locationWhole) ?? {},
    ) as BackupStorageLocation;
    expect(mergePatch(after, desired, locationWhole)).toBeUndefined();
    expect(editedParts(after, sentOf(new Fingerprinter(), desired, undefined, "salt"), "salt")).toEqual([]);
    expect(after.metadata.labels).toMatchObject({ "openshift.io/oadp": "True" });
    expect(after.spec.config).toMatchObject(foreseen.keptParts?.config ?? {});
    expect(after.spec.objectStorage).toMatchObject(foreseen.keptParts?.objectStorage ?? {});
    const { backupSyncPeriod, validationFrequency } = theirs.spec;
    expect(after.spec).toMatchObject({
      ...(backupSyncPeriod && { backupSyncPeriod }),
      ...(validationFrequency && { validationFrequency }),
    });
  });

  test("gives up what was kept once the program says it", () => {
    const [shape = {}] = Object.values(shapes);
    const kept = { config: { profile: "default" }, objectStorage: { caCertRef: {} } };
    expect(stillKept(kept, locations(shape).manifest())).toEqual(kept);
    const saying = { ...shape, config: { ...ofMinio, profile: "other" }, declared: { caCert: "new" } };
    expect(stillKept(kept, locations(saying).manifest())).toBeUndefined();
  });

  test("is told with what becomes of it, and with the controller that may change it back", () => {
    const metadata = {
      name: "dpa-1",
      namespace: "openshift-adp",
      ownerReferences: [{ uid: "1", kind: "DataProtectionApplication", name: "dpa", controller: true }],
    };
    const live = {
      kind: "BackupStorageLocation",
      metadata,
      spec: { provider: "aws", objectStorage: { bucket: "b" } },
    };
    expect(adoptionNotice(live, { changes: ["a becomes b"], kept: ["c"] }, "east")).toBe(
      'BackupStorageLocation openshift-adp/dpa-1 in cluster "east" is taken over. What changes: a becomes b. ' +
        "What stays, since nothing that is declared says otherwise: c. DataProtectionApplication dpa controls this " +
        "BackupStorageLocation, and may change it back or remove it: take it out there, so that the object stays, or both change it in turn.",
    );
    const { ownerReferences: _none, ...free } = metadata;
    expect(adoptionNotice({ ...live, metadata: free }, { changes: [], kept: [] }, "east")).toMatch(
      /is taken over\. Nothing of its spec changes\.$/,
    );
  });
});
