import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { dataKeys, liveObject, markerAt, markerKey, passingStack, veleroObject } from "./observe.ts";
import { messagesOf, resourceIn, stackOn, stepsOf, veleroObjects } from "./stack.ts";

const location = (options = "", more = "") => `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east: { ...east, ${options} } } ${more} });
  exports.location = location.clusters.east.locationName;
`;
const backup = (options = "") => `
  const once = new velero.ClusterBackup("once", {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], ${options}
  });
  exports.once = once.backupName;
`;

describeOnSandbox("Attaching a cluster to a prefix", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  const uidOf = async ({ kubernetes }: typeof east) =>
    (await kubernetes.get("/api/v1/namespaces/kube-system"))?.metadata.uid;

  async function shopIn(cluster: typeof east) {
    const shop = await createNamespace(cluster, "shop");
    await seedNamespace(cluster, shop, { objects: 4 });
    return shop;
  }

  test("claims an empty one with a marker that names owner, incarnation and cluster, and keeps all others out", async () => {
    const stack = await passingStack(sandbox, location());
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const { urn, outputs } = resourceIn(up, "primary-east");
    const marker = await markerAt(sandbox, stack.bucket, "east");
    expect(marker).toEqual({
      version: 1,
      owner: urn,
      lineage: resourceIn(up, "primary").outputs?.["lineage"],
      formerOwners: [],
      incarnation: outputs?.["incarnation"],
      cluster: { key: "east", uid: await uidOf(east) },
    });

    const rival = await passingStack(sandbox, location(), { bucket: stack.bucket });
    const refused = await rival.up();
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toContain(`clusters.east.prefix: east/ belongs to ${urn} (cluster "east")`);
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toHaveLength(1);
    expect((await rival.destroy()).ok).toBe(true);
    expect(await markerAt(sandbox, stack.bucket, "east")).toEqual(marker);
  });

  test("whose state was lost takes up its own live claim and its own objects again, by its lineage alone", async () => {
    const stack = await stackOn(sandbox, location());
    const first = await stack.up();
    expect(first.ok, messagesOf(first)).toBe(true);
    const object = await liveObject(east, "backupstoragelocations", first.outputs["location"]);

    const anew = await passingStack(sandbox, location(), { bucket: stack.bucket, stack: stack.stack });
    const refused = await anew.up();
    expect(refused.ok).toBe(false);
    const { lineage } = await markerAt(sandbox, stack.bucket, "east");
    expect(messagesOf(refused)).toContain(`set adoptLineage: "${lineage}" on the location`);

    anew.change(location("", `, adoptLineage: "${lineage}"`));
    const up = await anew.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(up.outputs).toEqual(first.outputs);
    const same = await liveObject(east, "backupstoragelocations", first.outputs["location"]);
    expect(same.metadata.uid).toBe(object.metadata.uid);
    expect(same.spec?.["accessMode"]).toBe("ReadWrite");
  });

  test("that holds another's backups is read-only until takeOver says otherwise", async () => {
    const bucket = await sandbox.minio.createBucket("scenario");
    const old = await putBackup(bucket, "theirs", new Date(Date.now() + 3_600_000));
    const stack = await passingStack(sandbox, location(), { bucket });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const message = String(resourceIn(up, "primary-east").outputs?.["message"]);
    expect(message).toContain(
      "east/ holds backups but no marker of ours, and another Velero may write there",
    );
    expect(message).toContain("None of its backups has expired.");
    expect(messagesOf(up)).toContain(message);
    expect((await liveObject(east, "backupstoragelocations", up.outputs["location"])).spec).toMatchObject({
      accessMode: "ReadOnly",
    });
    expect(await sandbox.minio.objectKeys(bucket)).toEqual(old);
    const again = await stack.up({ expectNoChanges: true });
    expect(again.ok, messagesOf(again)).toBe(true);

    stack.change(location('takeOver: "000000000000"'));
    const wrong = await stack.up();
    expect(resourceIn(wrong, "primary-east").outputs).toMatchObject({ accessMode: "ReadOnly" });

    stack.change(location(`takeOver: "${takeOverIn(message)}"`));
    const taken = await stack.up();
    expect(taken.ok, messagesOf(taken)).toBe(true);
    expect(resourceIn(taken, "primary-east").outputs).toMatchObject({ accessMode: "ReadWrite" });
    expect(resourceIn(taken, "primary-east").outputs).not.toHaveProperty("message");
    expect((await liveObject(east, "backupstoragelocations", up.outputs["location"])).spec).toMatchObject({
      accessMode: "ReadWrite",
    });
    expect((await markerAt(sandbox, bucket, "east")).owner).toBe(resourceIn(taken, "primary-east").urn);
    expect(await dataKeys(sandbox, bucket)).toEqual(old);
  });

  test("that another cluster under the same key has written and released is read-only", async () => {
    const shop = await shopIn(west);
    const stack = await passingStack(sandbox, location() + backup(), { env: { SHOP: shop } });
    const before = await stack.up({ env: { EAST_KUBECONFIG: west.kubeconfig } });
    expect(before.ok, messagesOf(before)).toBe(true);
    const stored = await dataKeys(sandbox, stack.bucket);
    const destroyed = await stack.destroy({ env: { EAST_KUBECONFIG: west.kubeconfig } });
    expect(destroyed.ok, messagesOf(destroyed)).toBe(true);

    stack.change(location());
    const rebuilt = await stack.up();
    expect(rebuilt.ok, messagesOf(rebuilt)).toBe(true);
    const outputs = resourceIn(rebuilt, "primary-east").outputs;
    expect(outputs).toMatchObject({ accessMode: "ReadOnly", phase: "Available" });
    expect(outputs?.["message"]).toContain('east/ was written by another cluster under the key "east"');
    expect((await markerAt(sandbox, stack.bucket, "east")).cluster.uid).toBe(await uidOf(west));
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);
  });

  test("that was released lists what has expired since, and nothing of it is deleted by attaching", async () => {
    const shop = await shopIn(east);
    const stack = await passingStack(sandbox, location() + backup('ttl: "10s"'), { env: { SHOP: shop } });
    const before = await stack.up();
    expect(before.ok, messagesOf(before)).toBe(true);
    const name = String(before.outputs["once"]);
    const stored = await dataKeys(sandbox, stack.bucket);
    expect((await stack.destroy()).ok).toBe(true);
    await sleep(
      Math.max(0, Date.parse(String(resourceIn(before, "once").outputs?.["expiration"])) - Date.now()) +
        1_000,
    );

    stack.change(location());
    const again = await stack.up();
    expect(again.ok, messagesOf(again)).toBe(true);
    const { message, accessMode } = resourceIn(again, "primary-east").outputs as Record<string, string>;
    expect(accessMode).toBe("ReadOnly");
    expect(message).toMatch(/east\/ was released on \S+, and backups in it have expired since/);
    expect(message).toContain(`Once writable, Velero deletes what has expired there: 1 (${name}).`);
    // As soon as Velero has read it back it would delete it, if it could.
    await waitUntil("the expired backup is synced", () => veleroObject(east, "backups", name), {
      timeoutMs: 90_000,
    });
    await sleep(5_000);
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);

    stack.change(location() + backup());
    const refused = await stack.up();
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toMatch(
      /location: BackupStorageLocation velero\/\S+ in cluster "east" is read-only.*takeOver/,
    );

    stack.change(location(`takeOver: "${takeOverIn(message ?? "")}"`) + backup());
    const taken = await stack.up();
    expect(taken.ok, messagesOf(taken)).toBe(true);
    expect(stepsOf(taken)).toEqual(["same primary", "update primary-east", "create once"]);
    expect(resourceIn(taken, "primary-east").outputs).toMatchObject({ accessMode: "ReadWrite" });
  }, 180_000);

  test('is no ground for deletionPolicy "delete" once the claim is gone', async () => {
    const shop = await shopIn(east);
    const program = location() + backup('deletionPolicy: "delete"');
    const stack = await passingStack(sandbox, program, { env: { SHOP: shop } });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const stored = await dataKeys(sandbox, stack.bucket);
    const client = sandbox.minio.client();
    await client.copyObject(stack.bucket, "kept/marker", `/${stack.bucket}/${markerKey("east")}`);
    await client.removeObject(stack.bucket, markerKey("east"));

    stack.change(location());
    const refused = await stack.up();
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toMatch(
      /deletionPolicy: stored backups are not deleted, since east\/ in .* does not carry this location's claim/,
    );
    expect(await dataKeys(sandbox, stack.bucket, "east/")).toEqual(stored);
    expect(await veleroObject(east, "backups", up.outputs["once"])).toBeDefined();

    await client.copyObject(stack.bucket, markerKey("east"), `/${stack.bucket}/kept/marker`);
    const deleted = await stack.up();
    expect(deleted.ok, messagesOf(deleted)).toBe(true);
    expect(await dataKeys(sandbox, stack.bucket, "east/")).toEqual([]);
  });

  test("below the root of another Velero's location is refused, and nothing is written there", async () => {
    const bucket = await sandbox.minio.createBucket("scenario");
    await sandbox.minio.client().putObject(bucket, "backups/theirs/velero-backup.json", "{}");
    const stack = await passingStack(sandbox, location(), { bucket });
    const up = await stack.up();
    expect(up.ok).toBe(false);
    expect(messagesOf(up)).toContain("is already the root of a Velero location");
    expect(await sandbox.minio.objectKeys(bucket)).toEqual(["backups/theirs/velero-backup.json"]);
  });

  const takeOverIn = (message: string) => /takeOver: "([0-9a-f]{12})"/.exec(message)?.[1] ?? "";

  /** A backup of a Velero that knows nothing of us. */
  async function putBackup(bucket: string, name: string, expiration: Date) {
    const backupOf = {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: { name, namespace: "velero" },
      spec: { storageLocation: "theirs" },
      status: {
        phase: "Completed",
        expiration: expiration.toISOString(),
        startTimestamp: "2026-01-01T00:00:00Z",
      },
    };
    await sandbox.minio
      .client()
      .putObject(bucket, `east/backups/${name}/velero-backup.json`, JSON.stringify(backupOf));
    return sandbox.minio.objectKeys(bucket);
  }
});
