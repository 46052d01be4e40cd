import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { dataKeys, liveObject, markerAt, passingStack, secretOf, veleroObject } from "./observe.ts";
import { messagesOf, stepsOf, veleroObjects, veleroPath } from "./stack.ts";

const locationOf = (clusters: string) => `
  const location = new velero.BackupLocation("primary", { storage, clusters: { ${clusters} } });
  exports.names = Object.fromEntries(Object.entries(location.clusters).map(([key, { locationName }]) => [key, locationName]));
  exports.reads = Object.fromEntries(Object.entries(location.clusters).map(([key, { readLocations }]) => [key, readLocations]));
`;

describeOnSandbox("A cluster that is declared offline", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  test("and moved in the same up keeps what was declared for it, and who reads it goes on reading", async () => {
    const stack = await passingStack(sandbox, locationOf('east, west: { ...west, reads: ["east"] }'));
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const name = (up.outputs["names"] as { east: string }).east;
    const before = await liveObject(east, "backupstoragelocations", name);
    const reader = (up.outputs["reads"] as { west: { east: string } }).west.east;
    const read = await liveObject(west, "backupstoragelocations", reader);

    stack.change(locationOf('east: { offline: true }, west: { ...west, reads: ["east"] }'));
    const offline = await stack.up();
    expect(offline.ok, messagesOf(offline)).toBe(true);
    expect(stepsOf(offline)).toEqual(["same primary", "update primary-east", "same primary-west"]);
    expect((await liveObject(west, "backupstoragelocations", reader)).metadata.uid).toBe(read.metadata.uid);

    stack.change(locationOf("east, west"));
    expect((await stack.up()).ok).toBe(true);
    stack.change(locationOf('east: { offline: true, prefix: "moved" }, west'));
    const moved = await stack.up();
    expect(moved.ok, messagesOf(moved)).toBe(true);
    expect(messagesOf(moved)).not.toContain("backups move from");
    expect((await liveObject(east, "backupstoragelocations", name)).metadata.uid).toBe(before.metadata.uid);

    expect((await stack.destroy()).ok).toBe(true);
    expect(await veleroObjects(west, "backupstoragelocations", stack)).toEqual([]);
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toHaveLength(1);
    await east.kubernetes.delete(veleroPath("backupstoragelocations", name));
  }, 120_000);

  test("leaves no Backup object behind when it is not read any more, even where a killed up had begun to clear", async () => {
    const stack = await passingStack(
      sandbox,
      locationOf('old: { offline: true }, west: { ...west, reads: ["old"] }'),
    );
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const name = (up.outputs["reads"] as { west: { old: string } }).west.old;
    await west.kubernetes.delete(veleroPath("backupstoragelocations", name));
    const backup = `${stack.bucket}-left`;
    await west.kubernetes.create(veleroPath("backups"), {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: { name: backup, namespace: "velero" },
      spec: { storageLocation: name },
    });

    stack.change(locationOf("old: { offline: true }, west"));
    const cleared = await stack.up();
    expect(cleared.ok, messagesOf(cleared)).toBe(true);
    expect(await veleroObject(west, "backups", backup)).toBeUndefined();
  }, 120_000);

  test("is read by another stack, with keys of its own, while its own stack goes on writing", async () => {
    const [shop, bucket] = [await createNamespace(east, "shop"), await sandbox.minio.createBucket("owner")];
    const writer = await passingStack(sandbox, BACKED_UP, { bucket, env: { SHOP: shop, AGAIN: "1" } });
    const written = await writer.up();
    expect(written.ok, messagesOf(written)).toBe(true);
    const [marker, data] = [await markerAt(sandbox, bucket, "east"), await dataKeys(sandbox, bucket)];

    const env = { SOURCE: bucket, ...(await keysTo(sandbox, bucket)) };
    const stack = await passingStack(sandbox, reading('prefix: "east"'), { env });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const name = (up.outputs["reads"] as { west: { source: string } }).west.source;
    expect((await liveObject(west, "backupstoragelocations", name)).spec).toMatchObject({
      accessMode: "ReadOnly",
      objectStorage: { bucket, prefix: "east" },
      credential: { name, key: "cloud" },
    });
    expect(await keyIn(west, name)).toContain(env.SOURCE_KEY);
    for (const key of [env.SOURCE_SECRET, env.SOURCE_TOKEN])
      expect(JSON.stringify(up.state)).not.toContain(key);
    await synced(west, written.outputs["once"], name);
    expect(await markerAt(sandbox, bucket, "east")).toEqual(marker);
    expect(await dataKeys(sandbox, bucket)).toEqual(data);

    // New keys are in force when up returns; bad ones never are.
    const rotated = { ...env, ...(await keysTo(sandbox, bucket)) };
    const rotation = await stack.up({ env: rotated });
    expect(rotation.ok, messagesOf(rotation)).toBe(true);
    expect(stepsOf(rotation).toSorted()).toEqual([
      "same primary",
      "update primary-source",
      "update primary-west",
    ]);
    expect(await keyIn(west, name)).toContain(rotated.SOURCE_KEY);
    const bad = { ...rotated, SOURCE_SECRET: "not-the-secret-of-this-key" };
    for (const run of [await stack.preview({ env: bad }), await stack.up({ env: bad })]) {
      expect(run.ok).toBe(false);
      expect(messagesOf(run)).toContain("clusters.source.storage.minio.credentials.static.secretAccessKey");
      expect(messagesOf(run)).not.toContain("not-the-secret-of-this-key");
    }
    expect(await keyIn(west, name)).toContain(rotated.SOURCE_KEY);

    const more = await writer.up({ env: { AGAIN: "2" } });
    expect(more.ok, messagesOf(more)).toBe(true);
    expect(more.outputs["once"]).not.toBe(written.outputs["once"]);

    const stored = await sandbox.minio.objectKeys(bucket);
    const destroy = await stack.destroy({ env: rotated });
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    expect(await secretOf(west, name)).toBeUndefined();
    expect(await veleroObject(west, "backupstoragelocations", name)).toBeUndefined();
    expect(await veleroObject(west, "backups", written.outputs["once"])).toBeUndefined();
    expect(await sandbox.minio.objectKeys(bucket)).toEqual(stored);
    expect((await liveObject(east, "backups", more.outputs["once"])).status?.["phase"]).toBe("Completed");
  }, 240_000);

  test("is read at the root of a replica, as a plain Velero would have written it", async () => {
    const [shop, replica] = [
      await createNamespace(east, "shop"),
      await sandbox.minio.createBucket("replica"),
    ];
    const writer = await passingStack(sandbox, BACKED_UP, { env: { SHOP: shop, AGAIN: "1" } });
    const written = await writer.up();
    expect(written.ok, messagesOf(written)).toBe(true);
    for (const key of await dataKeys(sandbox, writer.bucket, "east/")) {
      await sandbox.minio.client().copyObject(replica, key.replace("east/", ""), `/${writer.bucket}/${key}`);
    }

    const env = { SOURCE: replica, ...(await keysTo(sandbox, replica)) };
    const stack = await passingStack(sandbox, reading('prefix: "/"'), { env });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const name = (up.outputs["reads"] as { west: { source: string } }).west.source;
    await synced(west, written.outputs["once"], name);

    stack.change(locationOf("west"));
    const cleared = await stack.up();
    expect(cleared.ok, messagesOf(cleared)).toBe(true);
    expect(await secretOf(west, name)).toBeUndefined();
    expect(await veleroObject(west, "backupstoragelocations", name)).toBeUndefined();
  }, 180_000);

  test("stands for the place that another one has left: its backups are read, and none goes, expired or not", async () => {
    const shop = await createNamespace(east, "shop");
    const backup = (name: string, ttl: string) =>
      `exports.${name} = new velero.ClusterBackup("${name}", { location, cluster: "east", includedNamespaces: [process.env.SHOP], ttl: "${ttl}" }).backupName;`;
    const stack = await passingStack(
      sandbox,
      `${locationOf("east, west")} ${backup("kept", "1h")} ${backup("over", "15s")}`,
      { env: { SHOP: shop } },
    );
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const data = await dataKeys(sandbox, stack.bucket, "east/");

    stack.change(
      locationOf(
        'east: { ...east, prefix: "moved" }, old: { offline: true, prefix: "east" }, west: { ...west, reads: ["old"] }',
      ),
    );
    const moved = await stack.up();
    expect(moved.ok, messagesOf(moved)).toBe(true);
    const name = (moved.outputs["reads"] as { west: { old: string } }).west.old;
    await synced(west, up.outputs["kept"], name);
    const { status } = await synced(west, up.outputs["over"], name);
    expect(Date.parse(String(status?.["expiration"]))).toBeLessThan(Date.now());
    expect(await dataKeys(sandbox, stack.bucket, "east/")).toEqual(data);
    expect(
      (await west.kubernetes.list(veleroPath("deletebackuprequests"))).filter(
        ({ spec }) => spec?.["backupName"] === up.outputs["over"],
      ),
    ).toEqual([]);
  }, 180_000);
});

const BACKED_UP = `
  const location = new velero.BackupLocation("theirs", { storage, clusters: { east } });
  const once = new velero.ClusterBackup("once", {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], triggers: [process.env.AGAIN],
  });
  exports.once = once.backupName;
`;

/** A location of which west reads what lies in another bucket, under keys that open no other. */
const reading = (place: string) => `
  const theirs = {
    accessKeyId: { env: "SOURCE_KEY" }, secretAccessKey: { env: "SOURCE_SECRET" }, sessionToken: { env: "SOURCE_TOKEN" },
  };
  const source = {
    offline: true,
    ${place},
    storage: { minio: { ...storage.minio, bucket: process.env.SOURCE, credentials: { static: theirs } } },
  };
  ${locationOf('source, west: { ...west, reads: ["source"] }')}
`;

async function keysTo({ minio }: Sandbox, bucket: string) {
  const { accessKey, secretKey, sessionToken } = await minio.temporaryCredentials({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: "s3:*", Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`] },
    ],
  });
  return { SOURCE_KEY: accessKey, SOURCE_SECRET: secretKey, SOURCE_TOKEN: sessionToken };
}

async function keyIn(cluster: SandboxCluster, location: string): Promise<string> {
  const data = (await secretOf(cluster, location))?.["data"] as { cloud: string } | undefined;
  return Buffer.from(data?.cloud ?? "", "base64").toString();
}

async function synced(cluster: SandboxCluster, backup: unknown, location: string): Promise<KubernetesObject> {
  const found = await waitUntil(
    `the backup ${String(backup)} is synced to ${cluster.name}`,
    () => veleroObject(cluster, "backups", backup),
    { timeoutMs: 100_000 },
  );
  expect(found.spec?.["storageLocation"]).toBe(location);
  return found;
}
