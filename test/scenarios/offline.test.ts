import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { dataKeys, liveObject, markerAt, passingStack, secretOf, veleroObject } from "./observe.ts";
import { messagesOf, type Stack, stepsOf, veleroObjects, veleroPath } from "./stack.ts";
import { ok } from "./workspace-stack.ts";

const locationOf = (clusters: string) => `
  const location = new velero.BackupLocation("primary", { storage, clusters: { ${clusters} } });
  exports.names = Object.fromEntries(Object.entries(location.clusters).map(([key, { locationName }]) => [key, locationName]));
  exports.reads = Object.fromEntries(Object.entries(location.clusters).map(([key, { readLocations }]) => [key, readLocations]));
`;

const LONG = 300_000;

describeOnSandbox("A cluster that is declared offline", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  async function upWith(stack: Stack, body?: string) {
    if (body !== undefined) stack.change(body);
    const up = await ok(stack.up());
    return { up, ...(up.outputs as { names: Record<string, string>; reads: Reads; once: string }) };
  }

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
    expect(stepsOf(offline).toSorted()).toEqual(["same primary", "same primary-west", "update primary-east"]);
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

  test(
    "is read by another stack, with keys of its own, while its own stack goes on writing",
    async () => {
      const [shop, bucket] = [await createNamespace(east, "shop"), await sandbox.minio.createBucket("owner")];
      const writer = await passingStack(sandbox, BACKED_UP, { bucket, env: { SHOP: shop, AGAIN: "1" } });
      const { once } = await upWith(writer);
      const [marker, data] = [await markerAt(sandbox, bucket, "east"), await dataKeys(sandbox, bucket)];

      const env = { SOURCE: bucket, ...(await keysTo(sandbox, bucket)) };
      const source = locationOf(`source: ${theirs("east")}, west: { ...west, reads: ["source"] }`);
      const stack = await passingStack(sandbox, source, { env });
      const { up, reads } = await upWith(stack);
      const name = reads["west"]!["source"]!;
      expect((await liveObject(west, "backupstoragelocations", name)).spec).toMatchObject({
        accessMode: "ReadOnly",
        objectStorage: { bucket, prefix: "east" },
        credential: { name, key: "cloud" },
      });
      expect(await keyIn(west, name)).toContain(env.SOURCE_KEY);
      for (const key of [env.SOURCE_SECRET, env.SOURCE_TOKEN])
        expect(JSON.stringify(up.state)).not.toContain(key);
      await synced(west, once, name);
      expect(await markerAt(sandbox, bucket, "east")).toEqual(marker);
      expect(await dataKeys(sandbox, bucket)).toEqual(data);

      // New keys are in force when up returns; bad ones never are.
      const rotated = { ...env, ...(await keysTo(sandbox, bucket)) };
      const rotation = await ok(stack.up({ env: rotated }));
      expect(stepsOf(rotation).toSorted()).toEqual([
        "same primary",
        "update primary-source",
        "update primary-west",
      ]);
      expect(await keyIn(west, name)).toContain(rotated.SOURCE_KEY);
      const bad = await stack.up({ env: { ...rotated, SOURCE_SECRET: "not-the-secret-of-this-key" } });
      expect(bad.ok).toBe(false);
      expect(messagesOf(bad)).toContain("clusters.source.storage.minio.credentials.static.secretAccessKey");
      expect(messagesOf(bad)).not.toContain("not-the-secret-of-this-key");
      expect(await keyIn(west, name)).toContain(rotated.SOURCE_KEY);

      const more = await ok(writer.up({ env: { AGAIN: "2" } }));
      expect(more.outputs["once"]).not.toBe(once);
      const stored = await sandbox.minio.objectKeys(bucket);
      await ok(stack.destroy({ env: rotated }));
      expect(await secretOf(west, name)).toBeUndefined();
      expect(await veleroObject(west, "backupstoragelocations", name)).toBeUndefined();
      expect(await veleroObject(west, "backups", once)).toBeUndefined();
      expect(await sandbox.minio.objectKeys(bucket)).toEqual(stored);
      expect((await liveObject(east, "backups", more.outputs["once"])).status?.["phase"]).toBe("Completed");
    },
    LONG,
  );

  test(
    "stands for the root of a replica or for the place that another one has left: its backups are read, and none goes, expired or not",
    async () => {
      const backup = (name: string, ttl: string, more = "") => `
      const ${name} = new velero.ClusterBackup("${name}", {
        location, cluster: "east", includedNamespaces: [process.env.SHOP], ttl: "${ttl}",
      }, { ${more} });
      exports.${name} = ${name}.backupName;`;
      const replica = await sandbox.minio.createBucket("replica");
      const stack = await passingStack(
        sandbox,
        // One after the other: Velero's queue lets a second one wait.
        `${locationOf("east, west")} ${backup("over", "15s")} ${backup("kept", "1h", "dependsOn: over")}`,
        {
          env: {
            SHOP: await createNamespace(east, "shop"),
            SOURCE: replica,
            ...(await keysTo(sandbox, replica)),
          },
        },
      );
      const { kept, over } = (await upWith(stack)).up.outputs;
      const data = await dataKeys(sandbox, stack.bucket, "east/");
      for (const key of data.filter((each) => each.includes(String(kept)))) {
        await sandbox.minio.client().copyObject(replica, key.replace("east/", ""), `/${stack.bucket}/${key}`);
      }

      // As a plain Velero would have written it.
      const atRoot = await upWith(
        stack,
        locationOf(
          `east: { ...east, prefix: "moved" }, copy: ${theirs("/")}, west: { ...west, reads: ["copy"] }`,
        ),
      );
      const copy = atRoot.reads["west"]!["copy"]!;
      await synced(west, kept, copy);

      const old = await upWith(
        stack,
        locationOf(
          'east: { ...east, prefix: "moved" }, old: { offline: true, prefix: "east" }, west: { ...west, reads: ["old"] }',
        ),
      );
      expect(await secretOf(west, copy)).toBeUndefined();
      expect(await veleroObject(west, "backupstoragelocations", copy)).toBeUndefined();
      const name = old.reads["west"]!["old"]!;
      await synced(west, kept, name);
      const { status } = await synced(west, over, name);
      expect(Date.parse(String(status?.["expiration"]))).toBeLessThan(Date.now());
      expect(await dataKeys(sandbox, stack.bucket, "east/")).toEqual(data);
      expect(
        (await west.kubernetes.list(veleroPath("deletebackuprequests"))).filter(
          ({ spec }) => spec?.["backupName"] === over,
        ),
      ).toEqual([]);
    },
    LONG,
  );
});

type Reads = Record<string, Record<string, string>>;

const BACKED_UP = `
  const location = new velero.BackupLocation("theirs", { storage, clusters: { east } });
  const once = new velero.ClusterBackup("once", {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], triggers: [process.env.AGAIN],
  });
  exports.once = once.backupName;
`;

/** A cluster of which west reads what lies in another bucket, under keys that open no other. */
const theirs = (prefix: string) => `{
  offline: true,
  prefix: "${prefix}",
  storage: { minio: { ...storage.minio, bucket: process.env.SOURCE, credentials: { static: {
    accessKeyId: { env: "SOURCE_KEY" }, secretAccessKey: { env: "SOURCE_SECRET" }, sessionToken: { env: "SOURCE_TOKEN" },
  } } } },
}`;

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
