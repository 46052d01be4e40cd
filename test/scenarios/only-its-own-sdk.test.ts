import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { startSpy } from "../unit/provider-host/spy.ts";
import { messagesOf, stackOn } from "./stack.ts";

/** Each kind of store, the packages that a look at it takes, and what of them is one of the others'. */
const STORES = [
  ["aws", `{ aws: { ...storage.minio, region: "us-east-1" } }`, ["@aws-sdk/client-s3"]],
  ["minio", "storage", ["minio"]],
  [
    "gcp",
    `{ gcp: { bucket: process.env.GCS_BUCKET, endpoint: process.env.GCS_ENDPOINT, credentials: { serviceAccountKey: { env: "GCS_KEY" } } } }`,
    ["@google-cloud/storage", "google-auth-library"],
  ],
  [
    "azure",
    `{ azure: { storageAccount: process.env.AZURE_ACCOUNT, container: process.env.AZURE_CONTAINER, endpoint: process.env.AZURE_ENDPOINT, credentials: { storageAccountKey: { env: "AZURE_KEY" } } } }`,
    ["@azure/storage-blob"],
  ],
] as const;

const SDKS =
  /\/node_modules\/(@aws-sdk\/client-[^/]+|minio|@google-cloud\/storage|google-auth-library|@azure\/(?:storage-blob|identity))\//;

describeOnSandbox("A preview that looks at a store", (sandbox) => {
  const { gcs, azure } = sandbox;
  test.each(STORES)(
    "of kind %s loads its own package and no other vendor's",
    async (_kind, store, packages) => {
      if (!gcs || !azure) return expect.fail("the sandbox lacks a store");
      const spy = startSpy();
      const stack = await stackOn(
        sandbox,
        `new velero.BackupLocation("primary", { storage: ${store}, clusters: { east } });`,
        {
          env: {
            GCS_BUCKET: await gcs.createBucket("sdk"),
            GCS_ENDPOINT: gcs.endpoint,
            GCS_KEY: gcs.serviceAccountKey,
            AZURE_ACCOUNT: azure.account,
            AZURE_CONTAINER: await azure.createContainer("sdk"),
            AZURE_ENDPOINT: azure.endpoint,
            AZURE_KEY: azure.key,
          },
        },
      );
      const preview = await stack.preview({ env: spy.env });
      expect(preview.ok, messagesOf(preview)).toBe(true);
      expect(messagesOf(preview)).not.toContain("not checked");
      const loaded = spy.modules().flatMap(({ module }) => SDKS.exec(module)?.[1] ?? []);
      expect([...new Set(loaded)].toSorted()).toEqual([...packages].toSorted());
    },
  );
});
