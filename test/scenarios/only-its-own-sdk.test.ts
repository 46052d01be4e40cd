import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { startSpy } from "../unit/provider-host/spy.ts";

const provider = path.join(import.meta.dirname, "../../dist/provider/index.js");

/** What a preview asks of the provider, in a process of its own. */
const CHECK = `
  require(process.env.PROVIDER).create("BackupLocation").check({}, {
    owner: "urn:pulumi:dev::sdk::pulumi-nodejs:dynamic/velero:BackupLocation::primary",
    storage: JSON.parse(process.env.STORAGE),
    dryRun: true,
    __provider: "",
  }).then(({ failures, inputs }) => console.log(JSON.stringify({ failures, notices: inputs.notices })));`;

/** The spy looks at such processes alone. */
const NAME = "dynamic-provider";

const SDKS =
  /\/node_modules\/(@aws-sdk\/client-[^/]+|minio|@google-cloud\/storage|google-auth-library|@azure\/(?:storage-blob|identity))\//;

describeOnSandbox("A preview that looks at a store", ({ minio, gcs, azure }) => {
  const s3 = {
    endpoint: minio.endpoint,
    credentials: { static: { accessKeyId: minio.accessKey, secretAccessKey: minio.secretKey } },
  };
  /** Each kind of store, and the packages that a look at it takes. */
  const stores: [string, () => Promise<object>, string[]][] = [
    [
      "aws",
      async () => ({ ...s3, bucket: await minio.createBucket("sdk"), region: "us-east-1" }),
      ["@aws-sdk/client-s3"],
    ],
    ["minio", async () => ({ ...s3, bucket: await minio.createBucket("sdk") }), ["@aws-sdk/client-s3"]],
    [
      "gcp",
      async () => ({
        bucket: await gcs?.createBucket("sdk"),
        endpoint: gcs?.endpoint,
        credentials: { serviceAccountKey: gcs?.serviceAccountKey },
      }),
      ["@google-cloud/storage", "google-auth-library"],
    ],
    [
      "azure",
      async () => ({
        storageAccount: azure?.account,
        container: await azure?.createContainer("sdk"),
        endpoint: azure?.endpoint,
        credentials: { storageAccountKey: azure?.key },
      }),
      ["@azure/storage-blob"],
    ],
  ];

  test.each(stores)(
    "of kind %s loads its own package and no other vendor's",
    async (kind, settings, packages) => {
      const spy = startSpy();
      const STORAGE = JSON.stringify({ [kind]: await settings() });
      const env = { ...process.env, ...spy.env, PROVIDER: provider, STORAGE };
      const { stdout } = await promisify(execFile)(process.execPath, ["-e", CHECK, NAME], { env });
      expect(stdout).not.toContain("not checked");
      expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({ failures: [] });
      const loaded = spy.modules().flatMap(({ module }) => SDKS.exec(module)?.[1] ?? []);
      expect([...new Set(loaded)].toSorted()).toEqual(packages);
    },
  );
});
