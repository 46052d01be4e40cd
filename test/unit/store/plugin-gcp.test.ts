import type { Resolved } from "../../../provider/core/secrets.ts";
import { expect, test } from "vitest";
import { pluginConfig } from "../../../provider/store/plugin-config.ts";
import type { GcpStorage } from "../../../provider/store/storage-config.ts";

const key = { type: "service_account", client_email: "velero@p.iam.gserviceaccount.com", private_key: "PEM" };
const json = JSON.stringify(key);
const gcp = (more: Partial<Resolved<GcpStorage>> = {}) =>
  pluginConfig({
    gcp: { bucket: "backups", prefix: "team", credentials: { serviceAccountKey: json }, ...more },
  });

test.each([[json], [`${json}\n`], [Buffer.from(json).toString("base64")]])(
  "gives Velero a service account's key %j",
  (serviceAccountKey) => {
    expect(gcp({ credentials: { serviceAccountKey } })).toEqual({
      provider: "gcp",
      bucket: "backups",
      config: {},
      credentialFile: json,
    });
  },
);

test("gives Velero no file where it has an identity of its own, but that identity's name", () => {
  const credentials = { workloadIdentity: { serviceAccountEmail: key.client_email } };
  expect(gcp({ credentials })).toEqual({
    provider: "gcp",
    bucket: "backups",
    config: { serviceAccount: key.client_email },
  });
});

const kmsKeyName = "projects/p/locations/eu/keyRings/r/cryptoKeys/k";

test.each<[Partial<Resolved<GcpStorage>>, Record<string, string>]>([
  [{ kmsKeyName }, { kmsKeyName }],
  [
    { endpoint: "https://storage-x.p.googleapis.com" },
    { storeEndpoint: "https://storage-x.p.googleapis.com/storage/v1/" },
  ],
  [
    { credentials: { serviceAccountKey: JSON.stringify({ ...key, universe_domain: "s3ns.fr" }) } },
    { universeDomain: "s3ns.fr" },
  ],
])("configures the plugin for %j", (more, config) => {
  expect(gcp(more).config).toEqual(config);
});
