import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import {
  dataKeys,
  incarnationOf,
  liveObject,
  markerAt,
  passingStack,
  secretOf,
  veleroObject,
} from "./observe.ts";
import { messagesOf, resourceIn, stepsOf, veleroObjects } from "./stack.ts";

const backups = `
  const nightly = new velero.ClusterBackup("nightly", {
    location, cluster: "east", schedule: "0 2 * * *", includedNamespaces: [process.env.SHOP],
  });
  const once = new velero.ClusterBackup("once", { location, cluster: "east", includedNamespaces: [process.env.SHOP] });
  exports.location = location.clusters.east.locationName;
  exports.schedule = nightly.scheduleName;
  exports.once = once.backupName;
`;
const plain = `const location = new velero.BackupLocation("primary", { storage, clusters: { east } });${backups}`;

describeOnSandbox("A replacement", (sandbox) => {
  const east = sandbox.cluster("east");

  async function stackWith(body: string) {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const stack = await passingStack(sandbox, body, { env: { SHOP: shop } });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    return { stack, up };
  }

  test("of a location by another bucket moves a schedule in place and leaves the old data where it is", async () => {
    const { stack, up: before } = await stackWith(plain);
    const other = await sandbox.minio.createBucket("scenario");
    const old = await dataKeys(sandbox, stack.bucket);
    const schedule = await liveObject(east, "schedules", before.outputs["schedule"]);

    const preview = await stack.preview({ env: { BUCKET: other } });
    expect(preview.ok, messagesOf(preview)).toBe(true);
    expect(messagesOf(preview)).toContain("What lies at the old place stays, no longer expires");

    const up = await stack.up({ env: { BUCKET: other } });
    expect(up.ok, messagesOf(up)).toBe(true);
    const steps = stepsOf(up);
    const at = (step: string) => {
      expect(steps).toContain(step);
      return steps.indexOf(step);
    };
    expect(at("create-replacement primary-east")).toBeLessThan(at("update nightly"));
    expect(at("create-replacement primary-east")).toBeLessThan(at("create-replacement once"));
    expect(at("update nightly")).toBeLessThan(at("delete-replaced primary-east"));
    expect(at("create-replacement once")).toBeLessThan(at("delete-replaced once"));
    expect(at("delete-replaced once")).toBeLessThan(at("delete-replaced primary-east"));

    const { location, once } = up.outputs;
    expect(location).not.toBe(before.outputs["location"]);
    const moved = await liveObject(east, "schedules", before.outputs["schedule"]);
    expect(moved.metadata.uid).toBe(schedule.metadata.uid);
    expect(moved.spec?.["template"]).toMatchObject({ storageLocation: location });
    expect(await veleroObject(east, "backupstoragelocations", before.outputs["location"])).toBeUndefined();
    expect(await secretOf(east, before.outputs["location"])).toBeUndefined();
    expect(await veleroObject(east, "backups", before.outputs["once"])).toBeUndefined();
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(old);
    expect((await markerAt(sandbox, stack.bucket, "east")).released).toBeDefined();
    expect(await dataKeys(sandbox, other)).toContain(`east/backups/${String(once)}/velero-backup.json`);
    expect(await markerAt(sandbox, other, "east")).not.toHaveProperty("released");
    const again = await stack.up({ env: { BUCKET: other }, expectNoChanges: true });
    expect(again.ok, messagesOf(again)).toBe(true);
    const refresh = await stack.refresh({ env: { BUCKET: other }, previewOnly: true, expectNoChanges: true });
    expect(refresh.ok, messagesOf(refresh)).toBe(true);
  });

  test("of a store that was asked for changes nothing in clusters and store", async () => {
    const { stack, up: before } = await stackWith(plain);
    const kept = await stateOf(before.outputs, stack.bucket);
    const up = await stack.up({ replace: [resourceIn(before, "primary").urn] });
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(stepsOf(up)).toEqual(
      expect.arrayContaining(["create-replacement primary", "delete-replaced primary"]),
    );
    expect(up.outputs).toEqual(before.outputs);
    expect(await stateOf(up.outputs, stack.bucket)).toEqual(kept);
  });

  test("of a cluster's location that was asked for keeps object, Secret and claim, now of the new incarnation", async () => {
    const { stack, up: before } = await stackWith(plain);
    const kept = await stateOf(before.outputs, stack.bucket);
    const marker = await markerAt(sandbox, stack.bucket, "east");
    const up = await stack.up({ replace: [resourceIn(before, "primary-east").urn] });
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(stepsOf(up)).toContain("delete-replaced primary-east");
    expect(up.outputs).toEqual(before.outputs);

    const incarnation = resourceIn(up, "primary-east").outputs?.["incarnation"];
    expect(incarnation).not.toBe(marker.incarnation);
    const { location } = up.outputs;
    expect(incarnationOf(await liveObject(east, "backupstoragelocations", location))).toBe(incarnation);
    expect(incarnationOf((await secretOf(east, location))!)).toBe(incarnation);
    expect(await markerAt(sandbox, stack.bucket, "east")).toEqual({ ...marker, incarnation });
    expect(await stateOf(up.outputs, stack.bucket)).toEqual(kept);
  });

  test("of a schedule that was asked for keeps the Schedule, now of the new incarnation", async () => {
    const { stack, up: before } = await stackWith(plain);
    const kept = await stateOf(before.outputs, stack.bucket);
    const old = incarnationOf(await liveObject(east, "schedules", before.outputs["schedule"]));
    const up = await stack.up({ replace: [resourceIn(before, "nightly").urn] });
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(stepsOf(up)).toContain("delete-replaced nightly");
    const now = incarnationOf(await liveObject(east, "schedules", up.outputs["schedule"]));
    expect(now).toBe(resourceIn(up, "nightly").outputs?.["incarnation"]);
    expect(now).not.toBe(old);
    expect(await stateOf(up.outputs, stack.bucket)).toEqual(kept);
  });

  test("of a backup that was asked for takes another, and the first one stays for its time", async () => {
    const { stack, up: before } = await stackWith(plain);
    const stored = await dataKeys(sandbox, stack.bucket);
    const up = await stack.up({ replace: [resourceIn(before, "once").urn] });
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(stepsOf(up)).toContain("delete-replaced once");
    expect(up.outputs["once"]).not.toBe(before.outputs["once"]);
    for (const name of [before.outputs["once"], up.outputs["once"]]) {
      expect((await liveObject(east, "backups", name)).status?.["phase"]).toBe("Completed");
    }
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(expect.arrayContaining(stored));
  });

  test('with deletionPolicy "delete" ends a backup as soon as a newer completed one is there, and not elsewhere', async () => {
    const west = sandbox.cluster("west");
    const shop = await createNamespace(east, "shop");
    await west.kubernetes.create("/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: shop },
    });
    const program = (cluster: string, trigger: string) => `
      const location = new velero.BackupLocation("primary", { storage, clusters: { east, west } });
      const once = new velero.ClusterBackup("once", {
        location, cluster: "${cluster}", includedNamespaces: [process.env.SHOP], triggers: ["${trigger}"], deletionPolicy: "delete",
      });
      exports.once = once.backupName;
    `;
    const stack = await passingStack(sandbox, program("east", "1"), { env: { SHOP: shop } });
    const first = await stack.up();
    expect(first.ok, messagesOf(first)).toBe(true);

    stack.change(program("east", "2"));
    const second = await stack.up();
    expect(second.ok, messagesOf(second)).toBe(true);
    expect(await veleroObject(east, "backups", first.outputs["once"])).toBeUndefined();
    expect(await dataKeys(sandbox, stack.bucket, `east/backups/${String(first.outputs["once"])}/`)).toEqual(
      [],
    );
    const kept = await dataKeys(sandbox, stack.bucket, `east/backups/${String(second.outputs["once"])}/`);
    expect(kept).not.toEqual([]);

    // The new one is another cluster's, and nothing in this cluster takes the old one's place.
    stack.change(program("west", "2"));
    const third = await stack.up();
    expect(third.ok, messagesOf(third)).toBe(true);
    expect(messagesOf(third)).toContain(`backup ${String(second.outputs["once"])} is kept`);
    expect(await veleroObject(east, "backups", second.outputs["once"])).toBeDefined();
    expect(await dataKeys(sandbox, stack.bucket, `east/backups/${String(second.outputs["once"])}/`)).toEqual(
      kept,
    );
    expect(await veleroObjects(west, "backups", stack)).toHaveLength(1);
  });

  /** What must outlive a replacement: the objects themselves, and what is stored. */
  async function stateOf({ location, schedule, once }: Record<string, unknown>, bucket: string) {
    const objects = await Promise.all([
      liveObject(east, "backupstoragelocations", location),
      secretOf(east, location),
      liveObject(east, "schedules", schedule),
      liveObject(east, "backups", once),
    ]);
    return { uids: objects.map((object) => object?.metadata.uid), stored: await dataKeys(sandbox, bucket) };
  }
});
