import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { dataKeys, liveObject, markerKey, ownerOf, passingStack, veleroObject } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, resourceIn, stepsOf, veleroObjects } from "./stack.ts";

const program = ({ reads = "", accessMode = "", more = "" }) => `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east, west: { ...west, ${reads} } } });
  const once = new velero.ClusterBackup("once", { location, cluster: "east", includedNamespaces: [process.env.SHOP] });
  const only = new velero.BackupLocation("only", {
    storage: { minio: { ...storage.minio, prefix: "only" } }, clusters: { west: { ...west, ${accessMode} } },
  });
  ${more}
  exports.own = location.clusters.west.locationName;
  exports.reads = location.clusters.west.readLocations;
  exports.once = once.backupName;
  exports.only = only.clusters.west.locationName;
`;

describeOnSandbox("Reading", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  test("another cluster's backups needs a read-only location that Velero fills, until reads no longer asks for it; by accessMode it claims nothing, and a backup fails without having begun", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const readOnly = 'accessMode: "ReadOnly"';
    const stack = await passingStack(sandbox, program({ reads: 'reads: ["east"]', accessMode: readOnly }), {
      env: { SHOP: shop },
    });
    const up = await ok(stack.up());
    const { reads, own, once, only } = up.outputs;
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
    const synced = await waitUntil("it is synced to west", () => veleroObject(west, "backups", once), {
      timeoutMs: 90_000,
    });
    expect(synced.spec?.["storageLocation"]).toBe(name);
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toHaveLength(1);
    const modeOfOnly = async () =>
      (await liveObject(west, "backupstoragelocations", only)).spec?.["accessMode"];
    expect(await modeOfOnly()).toBe("ReadOnly");
    expect(await sandbox.minio.objectKeys(stack.bucket, "only/")).toEqual([]);
    const stored = await dataKeys(sandbox, stack.bucket, "east/");

    const more = `
      new velero.ClusterBackup("single", { location: only, cluster: "west" });
      new velero.ClusterBackup("nightly", { location: only, cluster: "west", schedule: "0 2 * * *" });`;
    stack.change(program({ accessMode: readOnly, more }));
    const refused = await stack.up({ continueOnError: true });
    expect(refused.ok).toBe(false);
    expect(
      messagesOf(refused).match(
        /location: BackupStorageLocation velero\/\S+ in cluster "west" is read-only/g,
      ),
    ).toHaveLength(2);
    expect(await veleroObjects(west, "backups", stack)).toEqual([]);
    expect(await veleroObjects(west, "schedules", stack)).toEqual([]);
    const done = stepsOf(refused).filter((step) => !/ (single|nightly)$/.test(step));
    expect(done.filter((step) => !step.startsWith("same "))).toEqual(["update primary-west"]);
    expect(outputsOf(refused, "primary-west")["readLocations"]).toEqual({});
    expect(await veleroObject(west, "backupstoragelocations", name)).toBeUndefined();
    expect(await veleroObject(west, "backups", once)).toBeUndefined();
    expect(await veleroObject(west, "backupstoragelocations", own)).toBeDefined();
    expect(await dataKeys(sandbox, stack.bucket, "east/")).toEqual(stored);

    stack.change(program({}));
    expect((await ok(stack.up())).outputs["only"]).toBe(only);
    expect(await modeOfOnly()).toBe("ReadWrite");
    expect(await sandbox.minio.objectKeys(stack.bucket, "only/")).toEqual([markerKey("only/west")]);
  }, 180_000);
});
