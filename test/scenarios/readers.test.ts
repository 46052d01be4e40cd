import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { dataKeys, liveObject, markerKey, ownerOf, passingStack, veleroObject } from "./observe.ts";
import { messagesOf, resourceIn, stepsOf, veleroObjects } from "./stack.ts";

describeOnSandbox("Reading", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  test("another cluster's backups: a read-only location that Velero fills, until reads no longer asks for it", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const program = (reads: string) => `
      const location = new velero.BackupLocation("primary", { storage, clusters: { east, west: { ...west, ${reads} } } });
      const once = new velero.ClusterBackup("once", { location, cluster: "east", includedNamespaces: [process.env.SHOP] });
      exports.own = location.clusters.west.locationName;
      exports.reads = location.clusters.west.readLocations;
      exports.once = once.backupName;
    `;
    const stack = await passingStack(sandbox, program('reads: ["east"]'), { env: { SHOP: shop } });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const { reads, own, once } = up.outputs;
    const name = (reads as { east: string }).east;
    expect(Object.keys(reads as object)).toEqual(["east"]);
    expect(name).not.toBe(own);
    const reader = await liveObject(west, "backupstoragelocations", name);
    expect(reader.spec).toMatchObject({
      accessMode: "ReadOnly",
      objectStorage: { bucket: stack.bucket, prefix: "east" },
      credential: { name: own, key: "cloud" },
    });
    expect(reader.status?.["phase"]).toBe("Available");
    expect(ownerOf(reader)).toBe(resourceIn(up, "primary-west").urn);
    const synced = await waitUntil(
      "the backup is synced to west",
      () => veleroObject(west, "backups", once),
      {
        timeoutMs: 90_000,
      },
    );
    expect(synced.spec?.["storageLocation"]).toBe(name);
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toHaveLength(1);
    const stored = await dataKeys(sandbox, stack.bucket, "east/");

    stack.change(program(""));
    const removed = await stack.up();
    expect(removed.ok, messagesOf(removed)).toBe(true);
    expect(stepsOf(removed)).toEqual([
      "same primary",
      "same primary-east",
      "update primary-west",
      "same once",
    ]);
    expect(removed.outputs["reads"]).toEqual({});
    expect(await veleroObject(west, "backupstoragelocations", name)).toBeUndefined();
    expect(await veleroObject(west, "backups", once)).toBeUndefined();
    expect(await veleroObject(west, "backupstoragelocations", own)).toBeDefined();
    expect(await dataKeys(sandbox, stack.bucket, "east/")).toEqual(stored);
  }, 180_000);

  test("only, by accessMode, claims nothing, and a backup to it fails without having begun", async () => {
    const program = (accessMode: string, rest: string) => `
      const location = new velero.BackupLocation("primary", { storage, clusters: { east: { ...east, ${accessMode} } } });
      exports.location = location.clusters.east.locationName;
      ${rest}
    `;
    const readOnly = 'accessMode: "ReadOnly"';
    const stack = await passingStack(sandbox, program(readOnly, ""));
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect((await liveObject(east, "backupstoragelocations", up.outputs["location"])).spec).toMatchObject({
      accessMode: "ReadOnly",
    });
    expect(await sandbox.minio.objectKeys(stack.bucket)).toEqual([]);

    const backups = `
      new velero.ClusterBackup("once", { location, cluster: "east" });
      new velero.ClusterBackup("nightly", { location, cluster: "east", schedule: "0 2 * * *" });
    `;
    stack.change(program(readOnly, backups));
    const refused = await stack.up();
    expect(refused.ok).toBe(false);
    const complaints = messagesOf(refused).match(
      /location: BackupStorageLocation velero\/\S+ in cluster "east" is read-only/g,
    );
    expect(complaints?.length).toBeGreaterThanOrEqual(1);
    expect(await veleroObjects(east, "backups", stack)).toEqual([]);
    expect(await veleroObjects(east, "schedules", stack)).toEqual([]);

    stack.change(program("", ""));
    const written = await stack.up();
    expect(written.ok, messagesOf(written)).toBe(true);
    expect(written.outputs).toEqual(up.outputs);
    expect((await liveObject(east, "backupstoragelocations", up.outputs["location"])).spec).toMatchObject({
      accessMode: "ReadWrite",
    });
    expect(await sandbox.minio.objectKeys(stack.bucket)).toEqual([markerKey("east")]);
  });
});
