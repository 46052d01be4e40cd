import { afterAll, beforeAll, expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { dataKeys, liveObject, passingStack, secretOf } from "./observe.ts";
import { messagesOf, stepsOf } from "./stack.ts";

const program = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const once = new velero.ClusterBackup("once", { location, cluster: "east", includedNamespaces: [process.env.SHOP] });
  exports.location = location.clusters.east.locationName;
  exports.once = once.backupName;
`;

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
});
