import { expect, test } from "vitest";
import { credentialManifest, locationManifest } from "../../../provider/velero/manifests.ts";

const ours = {
  name: "primary-east",
  namespace: "velero",
  labels: { "pulumi-velero.io/owner": "0011" },
  annotations: {},
};
const parts = {
  plugin: { provider: "aws", bucket: "backups", config: { region: "eu-west-1" } },
  prefix: "prod/east",
  credential: { name: "primary-east", key: "cloud" },
  accessMode: "ReadWrite",
} as const;

test("a location says where, with which credentials and how, and nothing that nobody asked for", () => {
  expect(locationManifest(ours, parts)).toEqual({
    metadata: ours,
    spec: {
      provider: "aws",
      objectStorage: { bucket: "backups", prefix: "prod/east" },
      config: { region: "eu-west-1" },
      credential: { name: "primary-east", key: "cloud" },
      accessMode: "ReadWrite",
    },
  });
});

test("a certificate goes in base64, and default and periods only where they are said", () => {
  const { spec } = locationManifest(ours, {
    ...parts,
    plugin: { ...parts.plugin, caCert: "PEM" },
    isDefault: false,
    backupSyncPeriod: "30s",
    validationFrequency: "0",
  });
  expect(spec.objectStorage.caCert).toBe(Buffer.from("PEM").toString("base64"));
  expect(spec).toMatchObject({ default: false, backupSyncPeriod: "30s", validationFrequency: "0" });
});

test("the credential file is the one key of an opaque Secret", () => {
  expect(credentialManifest(ours, "[default]\n")).toEqual({
    metadata: ours,
    type: "Opaque",
    data: { cloud: Buffer.from("[default]\n").toString("base64") },
  });
});
