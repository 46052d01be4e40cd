import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const credentials = { static: { accessKeyId: "key", secretAccessKey: "secret" } };
const minio = { minio: { bucket: "bucket", endpoint: "http://127.0.0.1:1", credentials } };
const gcp = {
  gcp: {
    bucket: "bucket",
    endpoint: "http://127.0.0.1:1",
    credentials: { workloadIdentity: { serviceAccountEmail: "a@b" } },
  },
};
const azure = {
  azure: {
    storageAccount: "account",
    container: "bucket",
    endpoint: "http://127.0.0.1:1/account",
    credentials: { storageAccountKey: "a2V5" },
  },
};
const aws = { aws: { bucket: "bucket", endpoint: "http://127.0.0.1:1", credentials } };

/** The provider's stores as they are, in a folder where no vendor's package is installed. */
describe("where no vendor's package is installed", () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "pulumi-velero-stores-"));
    await mkdir(join(dir, "node_modules"));
    await writeFile(join(dir, "package.json"), '{"type":"module"}');
    for (const folder of ["model", "provider"])
      await cp(resolve(folder), join(dir, folder), { recursive: true });
    for (const name of ["p-retry", "valibot"])
      await symlink(resolve("node_modules", name), join(dir, "node_modules", name));
  });
  afterAll(() => rm(dir, { recursive: true }));

  async function run(program: string): Promise<unknown> {
    const script = `import { openStore } from "./provider/store/stores.ts"; ${program}`;
    const node = [process.execPath, ["--input-type=module", "-e", script], { cwd: dir }] as const;
    return JSON.parse((await promisify(execFile)(...node)).stdout);
  }

  test.each([minio, aws, gcp, azure])("%j can be opened all the same", async (config) => {
    const { address } = (await run(`console.log(JSON.stringify(openStore(${JSON.stringify(config)})))`)) as {
      address: string;
    };
    expect(address).toMatch(/"bucket".* at http:\/\/127\.0\.0\.1:1/);
  });

  test.each([
    [minio, "storage.minio", "@aws-sdk/client-s3"],
    [aws, "storage.aws", "@aws-sdk/client-s3"],
    [gcp, "storage.gcp", "@google-cloud/storage"],
    [azure, "storage.azure", "@azure/storage-blob"],
  ])("%j says at its first use what to install", async (config, property, name) => {
    const refusal = await run(
      `await openStore(${JSON.stringify(config)}).get("key").catch(({ code, property, message }) =>
         console.log(JSON.stringify({ code, property, message })))`,
    );
    expect(refusal).toEqual({
      code: "PackageMissing",
      property,
      message:
        `${property}: needs the npm package ${name}, which is not installed. ` +
        `Run \`npm install ${name}\` in the Pulumi program's folder.`,
    });
  });
});
