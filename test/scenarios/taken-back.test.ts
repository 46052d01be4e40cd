import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { dataKeys, liveObject, markerAt, passingStack, secretOf, veleroObject } from "./observe.ts";
import { messagesOf, resourceIn, stepsOf, veleroObjects } from "./stack.ts";
import { storeGate } from "./store-gate.ts";

const withBackup = (trigger: string, deletionPolicy: string) => `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const nightly = new velero.ClusterBackup("nightly", {
    location, cluster: "east", schedule: "0 2 * * *", includedNamespaces: [process.env.SHOP],
  });
  const once = new velero.ClusterBackup("once", {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], triggers: ["${trigger}"],
    deletionPolicy: "${deletionPolicy}",
  });
  exports.location = location.clusters.east.locationName;
  exports.schedule = nightly.scheduleName;
  exports.once = once.backupName;
`;

describeOnSandbox("A replacement that fails halfway and is taken back", (sandbox) => {
  const east = sandbox.cluster("east");

  async function gatedStack(deletionPolicy: string) {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const gate = await storeGate(sandbox);
    const stack = await passingStack(sandbox, withBackup("1", deletionPolicy), {
      env: { SHOP: shop, MINIO_ENDPOINT: gate.endpoint },
    });
    const before = await stack.up();
    expect(before.ok, messagesOf(before)).toBe(true);
    return { gate, stack, before };
  }

  test("loses nothing of a location whose new bucket Velero could not reach", async () => {
    const { gate, stack, before } = await gatedStack("delete");
    const other = await sandbox.minio.createBucket("scenario");
    const stored = await dataKeys(sandbox, stack.bucket);
    const objects = await uidsOf(before.outputs);
    gate.refuse = ({ isVelero, path }) =>
      isVelero && path.startsWith(`/${other}`) ? "AccessDenied" : undefined;

    const failed = await stack.up({ env: { BUCKET: other } });
    expect(failed.ok).toBe(false);
    expect(messagesOf(failed)).toMatch(
      /clusters\.east: BackupStorageLocation velero\/\S+ in cluster "east" is Unavailable: .*AccessDenied/,
    );
    expect(stepsOf(failed)).not.toContain("update nightly");
    expect(await uidsOf(before.outputs)).toEqual(objects);
    expect(await veleroObjects(east, "backupstoragelocations", { bucket: other })).toHaveLength(1);

    const back = await stack.up();
    expect(back.ok, messagesOf(back)).toBe(true);
    expect(pendingIn(back)).toEqual([]);
    expect(back.outputs).toEqual(before.outputs);
    expect(await uidsOf(before.outputs)).toEqual(objects);
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);
    expect(await markerAt(sandbox, stack.bucket, "east")).toMatchObject({
      owner: resourceIn(back, "primary-east").urn,
      incarnation: resourceIn(back, "primary-east").outputs?.["incarnation"],
    });
    expect(await markerAt(sandbox, stack.bucket, "east")).not.toHaveProperty("released");
    expect(await veleroObjects(east, "backupstoragelocations", { bucket: other })).toEqual([]);
    expect(await dataKeys(sandbox, other)).toEqual([]);
    const again = await stack.up({ expectNoChanges: true });
    expect(again.ok, messagesOf(again)).toBe(true);
  });

  test.each(["retain", "delete"])(
    "loses no backup whose successor failed (deletionPolicy %s)",
    async (deletionPolicy) => {
      const { gate, stack, before } = await gatedStack(deletionPolicy);
      const stored = await dataKeys(sandbox, stack.bucket);
      gate.refuse = ({ isVelero, method, path }) =>
        isVelero && method === "PUT" && path.includes("/backups/") ? "AccessDenied" : undefined;

      stack.change(withBackup("2", deletionPolicy));
      const failed = await stack.up();
      expect(failed.ok).toBe(false);
      expect(messagesOf(failed)).toMatch(/Backup velero\/\S+ in cluster "east" ended (Partially)?Failed/);
      expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);
      expect((await liveObject(east, "backups", before.outputs["once"])).status?.["phase"]).toBe("Completed");
      // As long as it fails, nothing is deleted.
      expect((await stack.up()).ok).toBe(false);
      expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);

      gate.refuse = () => undefined;
      stack.change(withBackup("1", deletionPolicy));
      const back = await stack.up();
      expect(back.ok, messagesOf(back)).toBe(true);
      expect(pendingIn(back)).toEqual([]);
      const taken = await dataKeys(sandbox, stack.bucket, `east/backups/${String(back.outputs["once"])}/`);
      expect(taken).toContain(`east/backups/${String(back.outputs["once"])}/velero-backup.json`);
      // Only where the program says so does the first one go, and only since its successor is Completed.
      const first = await dataKeys(sandbox, stack.bucket, `east/backups/${String(before.outputs["once"])}/`);
      if (deletionPolicy === "retain") expect(first).toEqual(stored);
      else expect(first).toEqual([]);
      const names = (await veleroObjects(east, "backups", stack)).map(({ metadata }) => metadata.name);
      expect(names.toSorted()).toEqual(
        (deletionPolicy === "retain"
          ? [before.outputs["once"], back.outputs["once"]]
          : [back.outputs["once"]]
        ).map(String),
      );
      const again = await stack.up({ expectNoChanges: true });
      expect(again.ok, messagesOf(again)).toBe(true);
    },
  );

  test("and gone on with instead ends with the old location gone and the schedule on the new one", async () => {
    const { gate, stack, before } = await gatedStack("retain");
    const other = await sandbox.minio.createBucket("scenario");
    const stored = await dataKeys(sandbox, stack.bucket);
    gate.refuse = ({ isVelero, path }) =>
      isVelero && path.startsWith(`/${other}`) ? "AccessDenied" : undefined;
    expect((await stack.up({ env: { BUCKET: other } })).ok).toBe(false);

    gate.refuse = () => undefined;
    const done = await stack.up({ env: { BUCKET: other } });
    expect(done.ok, messagesOf(done)).toBe(true);
    expect(pendingIn(done)).toEqual([]);
    expect(await veleroObject(east, "backupstoragelocations", before.outputs["location"])).toBeUndefined();
    const schedule = await liveObject(east, "schedules", done.outputs["schedule"]);
    expect(schedule.spec?.["template"]).toMatchObject({ storageLocation: done.outputs["location"] });
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);
    expect(await dataKeys(sandbox, other)).toContain(
      `east/backups/${String(done.outputs["once"])}/velero-backup.json`,
    );
  });

  const pendingIn = ({ state }: { state: { deployment: { resources?: { delete?: boolean }[] } } }) =>
    (state.deployment.resources ?? []).filter((resource) => resource.delete);

  async function uidsOf({ location, schedule, once }: Record<string, unknown>) {
    const objects = await Promise.all([
      liveObject(east, "backupstoragelocations", location),
      secretOf(east, location),
      liveObject(east, "schedules", schedule),
      liveObject(east, "backups", once),
    ]);
    return objects.map((object) => object?.metadata.uid);
  }
});
