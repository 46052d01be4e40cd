import { afterAll, beforeAll, expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { dataKeys, liveObject, markerAt, passingStack, secretOf } from "./observe.ts";
import { messagesOf, resourceIn, stepsOf, veleroPath } from "./stack.ts";
import { storeGate } from "./store-gate.ts";

const program = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const once = new velero.ClusterBackup("once", { location, cluster: "east", includedNamespaces: [process.env.SHOP] });
  exports.location = location.clusters.east.locationName;
  exports.once = once.backupName;
`;

/** The clusters come to the store by an address that is of no use to anybody else. */
const fromInside = `
  storage.minio.endpoint = process.env.INSIDE;
  storage.minio.publicUrl = process.env.OUTSIDE;
`;

/** Asks Velero for a URL of a backup's log, as the command line does. */
async function signedUrl({ kubernetes }: SandboxCluster, backup: unknown): Promise<string> {
  const path = "/apis/velero.io/v1/namespaces/velero/downloadrequests";
  const name = uniqueName("log");
  await kubernetes.create(path, {
    apiVersion: "velero.io/v1",
    kind: "DownloadRequest",
    metadata: { name },
    spec: { target: { kind: "BackupLog", name: String(backup) } },
  });
  return waitUntil("Velero has signed a URL", async () => {
    const live = await kubernetes.get(`${path}/${name}`);
    return live?.status?.["downloadURL"] as string | undefined;
  });
}

describeOnSandbox("A new endpoint", (sandbox) => {
  const east = sandbox.cluster("east");
  let elsewhere: Sandbox;

  beforeAll(async () => {
    elsewhere = await startSandbox({ clusters: [] });
  });
  afterAll(() => elsewhere.stop());

  async function runningStack() {
    const shop = await createNamespace(east, "shop");
    const stack = await passingStack(sandbox, program, { env: { SHOP: shop } });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    return { stack, up };
  }

  test("of the same store is taken in place", async () => {
    const { stack, up: before } = await runningStack();
    const byName = sandbox.minio.endpoint.replace("127.0.0.1", "localhost");
    const stored = await dataKeys(sandbox, stack.bucket);
    const up = await stack.up({ env: { MINIO_ENDPOINT: byName } });
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(stepsOf(up)).toEqual(["update primary", "update primary-east", "update once"]);
    expect(up.outputs).toEqual(before.outputs);
    const live = await liveObject(east, "backupstoragelocations", up.outputs["location"]);
    expect(live.spec?.["config"]).toMatchObject({ s3Url: byName });
    expect(live.status?.["phase"]).toBe("Available");
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);
  });

  test("of an empty store is refused before anything is switched, and can be taken back", async () => {
    const { stack, up: before } = await runningStack();
    const { location } = before.outputs;
    const live = await liveObject(east, "backupstoragelocations", location);
    const secret = await secretOf(east, location);
    await elsewhere.minio.client().makeBucket(stack.bucket, elsewhere.minio.region);

    const refused = await stack.up({ env: { MINIO_ENDPOINT: elsewhere.minio.endpoint } });
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toMatch(
      /storage: .* does not hold this location's claim \(east\/metadata\/\)/,
    );
    expect((await liveObject(east, "backupstoragelocations", location)).spec).toEqual(live.spec);
    expect(await secretOf(east, location)).toEqual(secret);
    expect(await elsewhere.minio.objectKeys(stack.bucket)).toEqual([]);
    // However often it is tried.
    expect((await stack.up({ env: { MINIO_ENDPOINT: elsewhere.minio.endpoint } })).ok).toBe(false);
    expect((await liveObject(east, "backupstoragelocations", location)).spec).toEqual(live.spec);

    const back = await stack.up();
    expect(back.ok, messagesOf(back)).toBe(true);
    expect(back.outputs).toEqual(before.outputs);
    const again = await stack.up({ expectNoChanges: true });
    expect(again.ok, messagesOf(again)).toBe(true);
  });

  test("for those outside is the program's and of the URLs that Velero signs, and changes in place", async () => {
    const [inside, outside] = [await storeGate(sandbox), sandbox.minio.endpoint];
    const strangers: string[] = [];
    inside.refuse = ({ isVelero, method, path }) => {
      if (isVelero) return undefined;
      strangers.push(`${method} ${path}`);
      return "AccessDenied";
    };
    const shop = await createNamespace(east, "shop");
    const env = { SHOP: shop, INSIDE: inside.endpoint, OUTSIDE: outside };
    const stack = await passingStack(sandbox, fromInside + program, { env });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(resourceIn(up, "once").outputs).toMatchObject({ phase: "Completed" });
    const { location, once } = up.outputs;
    const configOf = async () =>
      (await liveObject(east, "backupstoragelocations", location)).spec?.["config"];
    expect(await configOf()).toMatchObject({ s3Url: inside.endpoint, publicUrl: outside });
    expect(await dataKeys(sandbox, stack.bucket)).toContain(
      `east/backups/${String(once)}/velero-backup.json`,
    );
    expect((await markerAt(sandbox, stack.bucket, "east")).cluster.key).toBe("east");
    const url = await signedUrl(east, once);
    expect(url.startsWith(`${outside}/${stack.bucket}/east/backups/`), url.split("?")[0]).toBe(true);
    expect((await fetch(url)).status).toBe(200);

    await east.kubernetes.patch(veleroPath("backupstoragelocations", String(location)), {
      spec: { config: { publicUrl: "http://elsewhere:9000" } },
    });
    const refresh = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(refresh.ok).toBe(false);
    expect(resourceIn(await stack.refresh(), "primary-east").outputs).toMatchObject({
      health: "Drifted",
      message: expect.stringContaining("someone else has changed config of BackupStorageLocation"),
    });

    const byName = outside.replace("127.0.0.1", "localhost");
    const moved = await stack.up({ env: { ...env, OUTSIDE: byName } });
    expect(moved.ok, messagesOf(moved)).toBe(true);
    expect(stepsOf(moved)).toEqual(["update primary", "update primary-east", "update once"]);
    expect(moved.outputs).toEqual(up.outputs);
    expect(await configOf()).toMatchObject({ s3Url: inside.endpoint, publicUrl: byName });
    expect((await signedUrl(east, once)).startsWith(`${byName}/`)).toBe(true);

    await elsewhere.minio.client().makeBucket(stack.bucket, elsewhere.minio.region);
    const refused = await stack.up({ env: { ...env, OUTSIDE: elsewhere.minio.endpoint } });
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toMatch(/storage: .* does not hold this location's claim/);
    expect(await elsewhere.minio.objectKeys(stack.bucket)).toEqual([]);
    expect(await configOf()).toMatchObject({ publicUrl: byName });
    const back = await stack.up({ env: { ...env, OUTSIDE: byName } });
    expect(back.ok, messagesOf(back)).toBe(true);
    expect(strangers).toEqual([]);
    await stack.destroy({ env: { ...env, OUTSIDE: byName } });
  }, 180_000);
});
