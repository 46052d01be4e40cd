import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { deleteByHand } from "./delete-by-hand.ts";
import { dataKeys, liveObject, passingStack, veleroObject } from "./observe.ts";
import { messagesOf, resourceIn, type Stack, stepsOf, veleroObjects, veleroPath } from "./stack.ts";

const backupWith = (more: string) => `
const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
new velero.ClusterBackup("shop", { location, cluster: "east", ${more} });`;

const onlyShop = `includedNamespaces: [process.env.SHOP]`;
/** Never due while a test runs. */
const yearly = `schedule: "0 3 29 2 *", skipImmediately: true`;

describeOnSandbox("A ClusterBackup", (sandbox) => {
  const east = sandbox.cluster("east");

  async function begin(more: string): Promise<{ stack: Stack; shop: string }> {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const stack = await passingStack(sandbox, backupWith(more), { env: { SHOP: shop } });
    return { stack, shop };
  }

  async function upWith(stack: Stack, more?: string) {
    if (more !== undefined) stack.change(backupWith(more));
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    return { up, outputs: resourceIn(up, "shop").outputs ?? {} };
  }

  async function expectNoDrift(stack: Stack): Promise<void> {
    const up = await stack.up({ expectNoChanges: true });
    expect(up.ok, messagesOf(up)).toBe(true);
    const refresh = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(refresh.ok, messagesOf(refresh)).toBe(true);
  }

  async function destroyed(stack: Stack): Promise<void> {
    const destroy = await stack.destroy();
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
  }

  const namesOfBackups = async (stack: Stack) =>
    (await veleroObjects(east, "backups", stack)).map(({ metadata }) => metadata.name).sort();

  const foldersIn = async ({ bucket }: Stack) => [
    ...new Set((await dataKeys(sandbox, bucket, "east/backups/")).map((key) => key.split("/")[2])),
  ];

  test("with a schedule is updated in place: options come, change and go in the live Schedule", async () => {
    const { stack, shop } = await begin(
      `schedule: "0 3 * * *", ttl: "24h", includeClusterResources: false, volumes: "none", ${onlyShop}`,
    );
    const { outputs } = await upWith(stack);
    const first = await liveObject(east, "schedules", outputs["scheduleName"]);
    const [location] = await veleroObjects(east, "backupstoragelocations", stack);
    const storageLocation = location?.metadata.name;
    expect(first.spec).toMatchObject({
      schedule: "0 3 * * *",
      paused: false,
      template: {
        storageLocation,
        ttl: "24h",
        includedNamespaces: [shop],
        includeClusterResources: false,
        snapshotVolumes: false,
        defaultVolumesToFsBackup: false,
      },
    });
    expect(outputs).toMatchObject({
      phase: "Enabled",
      health: "Healthy",
      nextRun: expect.stringMatching(/T03:00:00/),
    });
    await expectNoDrift(stack);

    const changed = await upWith(
      stack,
      `schedule: "30 4 * * *", ttl: "48h", includedNamespaces: [process.env.SHOP, "default"]`,
    );
    expect(stepsOf(changed.up)).toContain("update shop");
    const second = await liveObject(east, "schedules", outputs["scheduleName"]);
    expect(second.metadata.uid).toBe(first.metadata.uid);
    expect(second.spec).toMatchObject({ schedule: "30 4 * * *" });
    expect(second.spec?.["template"]).toEqual({
      storageLocation,
      ttl: "48h",
      includedNamespaces: [shop, "default"],
    });
    await expectNoDrift(stack);

    const bare = await upWith(stack, `schedule: "30 4 * * *", paused: true`);
    expect(bare.outputs).toMatchObject({ health: "Paused" });
    expect(bare.outputs).not.toHaveProperty("nextRun");
    const third = await liveObject(east, "schedules", outputs["scheduleName"]);
    expect(third.spec?.["paused"]).toBe(true);
    expect(third.spec?.["template"]).toEqual({ storageLocation });
    await expectNoDrift(stack);

    const resumed = await upWith(stack, `schedule: "30 4 * * *"`);
    expect(resumed.outputs).toMatchObject({ health: "Healthy", phase: "Enabled" });
    expect((await liveObject(east, "schedules", outputs["scheduleName"])).spec?.["paused"]).toBe(false);
    expect(await namesOfBackups(stack)).toEqual([]);

    await destroyed(stack);
    expect(await veleroObject(east, "schedules", outputs["scheduleName"])).toBeUndefined();
  });

  test("whose Schedule was edited by hand, or deleted, shows drift, and the next up sets it right", async () => {
    const { stack, shop } = await begin(`${yearly}, ${onlyShop}`);
    const { outputs } = await upWith(stack);
    const name = String(outputs["scheduleName"]);
    const before = await liveObject(east, "schedules", name);
    await east.kubernetes.patch(veleroPath("schedules", name), {
      spec: { template: { excludedNamespaces: [shop] } },
    });

    const drift = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(drift.ok).toBe(false);
    const refresh = await stack.refresh();
    expect(refresh.ok, messagesOf(refresh)).toBe(true);
    expect(resourceIn(refresh, "shop").outputs).toMatchObject({
      health: "Drifted",
      message: expect.stringContaining(`velero/${name} was changed by someone else`),
    });
    const repaired = await upWith(stack);
    expect(stepsOf(repaired.up)).toContain("update shop");
    expect((await liveObject(east, "schedules", name)).spec).toEqual(before.spec);
    await expectNoDrift(stack);

    await east.kubernetes.delete(veleroPath("schedules", name));
    const missing = await stack.refresh();
    expect(resourceIn(missing, "shop").outputs).toMatchObject({ health: "Missing" });
    await upWith(stack);
    expect((await liveObject(east, "schedules", name)).spec).toEqual(before.spec);
    await expectNoDrift(stack);
  });

  test("with a schedule takes a backup now for runNow and for each change of triggers, and none else", async () => {
    const { stack } = await begin(`${yearly}, runNow: true, triggers: [1], ${onlyShop}`);
    const first = await upWith(stack);
    expect(first.outputs).toMatchObject({
      phase: "Enabled",
      health: "Healthy",
      itemsBackedUp: expect.any(Number),
    });
    expect(await namesOfBackups(stack)).toEqual([first.outputs["backupName"]]);
    const backup = await liveObject(east, "backups", first.outputs["backupName"]);
    expect(backup.metadata.labels).toMatchObject({
      "velero.io/schedule-name": first.outputs["scheduleName"],
    });
    expect(backup.status).toMatchObject({ phase: "Completed" });
    await expectNoDrift(stack);

    const second = await upWith(stack, `${yearly}, runNow: true, triggers: [2], ${onlyShop}`);
    expect(stepsOf(second.up)).toContain("update shop");
    expect(second.outputs["backupName"]).not.toBe(first.outputs["backupName"]);
    await upWith(stack, `${yearly}, runNow: true, triggers: [2], ttl: "1h", ${onlyShop}`);
    expect(await namesOfBackups(stack)).toEqual([first.outputs["backupName"], second.outputs["backupName"]]);
  });

  test("taken on demand is replaced by another when its triggers change; the old one is kept", async () => {
    const { stack } = await begin(`triggers: [1], ${onlyShop}`);
    const first = (await upWith(stack)).outputs["backupName"];
    const { up, outputs } = await upWith(stack, `triggers: [2], ${onlyShop}`);
    expect(stepsOf(up)).toContain("create-replacement shop");
    expect(await namesOfBackups(stack)).toEqual([first, outputs["backupName"]]);
    expect(await foldersIn(stack)).toEqual([first, outputs["backupName"]]);
    await expectNoDrift(stack);
    await destroyed(stack);
    expect(await foldersIn(stack)).toEqual([first, outputs["backupName"]]);
  });

  test("that was deleted behind our back is Missing after a refresh, and the next up takes another", async () => {
    const { stack } = await begin(onlyShop);
    const first = String((await upWith(stack)).outputs["backupName"]);
    await deleteByHand(east, first);

    const refresh = await stack.refresh();
    expect(refresh.ok, messagesOf(refresh)).toBe(true);
    expect(resourceIn(refresh, "shop").outputs).toMatchObject({
      health: "Missing",
      message: expect.stringContaining("is gone before its time"),
    });
    const { up, outputs } = await upWith(stack);
    expect(stepsOf(up)).toContain("update shop");
    expect(await namesOfBackups(stack)).toEqual([outputs["backupName"]]);
    expect(outputs["backupName"]).not.toBe(first);
    await expectNoDrift(stack);
  });

  test('whose deletionPolicy is "delete" takes its data along when it is destroyed, the schedule first', async () => {
    const { stack } = await begin(`${yearly}, runNow: true, deletionPolicy: "delete", ${onlyShop}`);
    const { outputs } = await upWith(stack);
    expect(await foldersIn(stack)).toEqual([outputs["backupName"]]);
    await upWith(
      stack,
      `${yearly}, runNow: true, triggers: ["again"], deletionPolicy: "delete", ${onlyShop}`,
    );
    expect(await foldersIn(stack)).toHaveLength(2);
    await destroyed(stack);
    expect(await veleroObject(east, "schedules", outputs["scheduleName"])).toBeUndefined();
    expect(await foldersIn(stack)).toEqual([]);
    expect(await veleroObject(east, "backups", outputs["backupName"])).toBeUndefined();
  });

  test('taken on demand with deletionPolicy "delete" goes from the bucket, once nothing needs it', async () => {
    const { stack } = await begin(`triggers: [1], deletionPolicy: "delete", ${onlyShop}`);
    await upWith(stack);
    const { outputs } = await upWith(stack, `triggers: [2], deletionPolicy: "delete", ${onlyShop}`);
    expect(await foldersIn(stack)).toEqual([outputs["backupName"]]);
    stack.change(`new velero.BackupLocation("primary", { storage, clusters: { east } });`);
    const without = await stack.up();
    expect(without.ok, messagesOf(without)).toBe(true);
    expect(await foldersIn(stack)).toEqual([]);
  });

  test("on demand and with a schedule are two objects, one of which replaces the other", async () => {
    const { stack } = await begin(onlyShop);
    const { outputs } = await upWith(stack);
    const scheduled = await upWith(stack, `${yearly}, ${onlyShop}`);
    expect(stepsOf(scheduled.up)).toContain("create-replacement shop");
    expect(await veleroObjects(east, "schedules", stack)).toHaveLength(1);
    expect(await foldersIn(stack)).toEqual([outputs["backupName"]]);
    const again = await upWith(stack, onlyShop);
    expect(stepsOf(again.up)).toContain("create-replacement shop");
    expect(await veleroObjects(east, "schedules", stack)).toEqual([]);
    expect(await namesOfBackups(stack)).toEqual([outputs["backupName"], again.outputs["backupName"]]);
    await expectNoDrift(stack);
  });
});
