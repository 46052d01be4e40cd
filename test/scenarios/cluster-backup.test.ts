import { expect, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { deleteByHand } from "./delete-by-hand.ts";
import { dataKeys, liveObject, passingStack, veleroObject } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { stepsOf, veleroObjects, veleroPath } from "./stack.ts";

/** Never due while a test runs. */
const yearly = 'schedule: "0 3 29 2 *", skipImmediately: true';
const onlyShop = "includedNamespaces: [process.env.SHOP]";

const programWith = (backups: Record<string, string>) => `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  ${Object.entries(backups)
    .map(([name, args]) => `new velero.ClusterBackup("${name}", { location, cluster: "east", ${args} });`)
    .join("\n")}`;

describeOnSandbox("ClusterBackups", (sandbox) => {
  const east = sandbox.cluster("east");

  test("become real, follow what is declared and what others do to them, and leave only the data behind", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 12 });
    const deleted = `deletionPolicy: "delete", ${onlyShop}`;
    const backups: Record<string, string> = {
      plan: `schedule: "0 3 * * *", ttl: "24h", includeClusterResources: false, volumes: "none", ${onlyShop}`,
      edited: `${yearly}, ${onlyShop}`,
      missing: `${yearly}, ${onlyShop}`,
      now: `${yearly}, runNow: true, triggers: [1], ${onlyShop}`,
      again: `triggers: [1], ${onlyShop}`,
      lost: onlyShop,
      turned: onlyShop,
      "purged-plan": `${yearly}, runNow: true, ${deleted}`,
      purged: `triggers: [1], ${deleted}`,
    };
    const stack = await passingStack(sandbox, programWith(backups), { env: { SHOP: shop } });
    const upWith = (changed: Record<string, string>) => {
      Object.assign(backups, changed);
      stack.change(programWith(backups));
      return ok(stack.up());
    };
    const expectNoDrift = () => ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));
    const stepOf = (run: RunResult, name: string) =>
      stepsOf(run).flatMap((step) => (step.endsWith(` ${name}`) ? step.split(" ")[0] : []));
    const scheduleOf = async (run: RunResult, name: string) =>
      liveObject(east, "schedules", outputsOf(run, name)["scheduleName"]);
    const backupOf = (run: RunResult, name: string) => String(outputsOf(run, name)["backupName"]);
    const isOf = (name: string) => (object: string) => object.startsWith(`${name}-east-`);
    const liveBackups = async (name: string) =>
      (await veleroObjects(east, "backups", stack)).map(({ metadata }) => metadata.name).filter(isOf(name));
    const folders = async (name: string) => {
      const keys = await dataKeys(sandbox, stack.bucket, "east/backups/");
      return [...new Set(keys.map((key) => key.split("/")[2] ?? ""))].filter(isOf(name));
    };

    const first = await ok(stack.up());
    for (const name of Object.keys(backups)) {
      expect(stepOf(first, name)).toEqual(["create"]);
      expect(outputsOf(first, name)).toMatchObject({ health: "Healthy" });
    }
    const again = backupOf(first, "again");
    expect(outputsOf(first, "again")).toMatchObject({ phase: "Completed", errors: 0 });
    expect(outputsOf(first, "again")["itemsBackedUp"]).toBeGreaterThanOrEqual(12);
    expect(await dataKeys(sandbox, stack.bucket, `east/backups/${again}/`)).toContain(
      `east/backups/${again}/velero-backup.json`,
    );
    const [location] = await veleroObjects(east, "backupstoragelocations", stack);
    const storageLocation = location?.metadata.name;
    const plan = await scheduleOf(first, "plan");
    expect(plan.spec).toMatchObject({
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
    expect(outputsOf(first, "plan")).toMatchObject({
      phase: "Enabled",
      nextRun: expect.stringMatching(/T03:00:00/),
    });
    // With a schedule a backup is taken now for runNow and for each change of triggers, and none else.
    expect(outputsOf(first, "now")).toMatchObject({ phase: "Enabled", itemsBackedUp: expect.any(Number) });
    expect(await liveBackups("now")).toEqual([backupOf(first, "now")]);
    const ran = await liveObject(east, "backups", backupOf(first, "now"));
    expect(ran.metadata.labels).toMatchObject({
      "velero.io/schedule-name": outputsOf(first, "now")["scheduleName"],
    });
    expect(ran.status).toMatchObject({ phase: "Completed" });
    await expectNoDrift();

    const [edited, missing] = [await scheduleOf(first, "edited"), await scheduleOf(first, "missing")];
    await east.kubernetes.patch(veleroPath("schedules", edited.metadata.name), {
      spec: { template: { excludedNamespaces: [shop] } },
    });
    await east.kubernetes.delete(veleroPath("schedules", missing.metadata.name));
    await deleteByHand(east, backupOf(first, "lost"));
    const refresh = await ok(stack.refresh());
    expect(outputsOf(refresh, "edited")).toMatchObject({
      health: "Drifted",
      message: expect.stringContaining(`velero/${edited.metadata.name} was changed by someone else`),
    });
    expect(outputsOf(refresh, "missing")).toMatchObject({ health: "Missing" });
    expect(outputsOf(refresh, "lost")).toMatchObject({
      health: "Missing",
      message: expect.stringContaining("is gone before its time"),
    });

    const second = await upWith({
      plan: 'schedule: "30 4 * * *", ttl: "48h", includedNamespaces: [process.env.SHOP, "default"]',
      now: `${yearly}, runNow: true, triggers: [2], ${onlyShop}`,
      again: `triggers: [2], ${onlyShop}`,
      turned: `${yearly}, ${onlyShop}`,
      "purged-plan": `${yearly}, runNow: true, triggers: ["again"], ${deleted}`,
      purged: `triggers: [2], ${deleted}`,
    });
    for (const name of ["plan", "edited", "missing", "now", "lost"])
      expect(stepOf(second, name)).toEqual(["update"]);
    const changed = await scheduleOf(second, "plan");
    expect(changed.metadata.uid, "it is updated in place").toBe(plan.metadata.uid);
    expect(changed.spec).toMatchObject({ schedule: "30 4 * * *" });
    expect(changed.spec?.["template"]).toEqual({
      storageLocation,
      ttl: "48h",
      includedNamespaces: [shop, "default"],
    });
    expect((await scheduleOf(second, "edited")).spec, "set right").toEqual(edited.spec);
    expect((await scheduleOf(second, "missing")).spec, "made again").toEqual(missing.spec);
    expect(await liveBackups("lost"), "another is taken").toEqual([backupOf(second, "lost")]);
    expect(backupOf(second, "lost")).not.toBe(backupOf(first, "lost"));
    expect(await liveBackups("now")).toEqual([backupOf(first, "now"), backupOf(second, "now")]);
    // On demand it is replaced by another, and the old one is kept, or goes where that is declared.
    for (const name of ["again", "purged", "turned"])
      expect(stepOf(second, name)[0]).toBe("create-replacement");
    for (const found of [await liveBackups("again"), await folders("again")])
      expect(found).toEqual([again, backupOf(second, "again")]);
    expect(await folders("purged")).toEqual([backupOf(second, "purged")]);
    expect(await folders("purged-plan")).toHaveLength(2);
    expect(await scheduleOf(second, "turned")).toBeDefined();
    expect(await folders("turned")).toEqual([backupOf(first, "turned")]);
    await expectNoDrift();

    const purgedPlan = outputsOf(second, "purged-plan")["scheduleName"];
    delete backups["purged-plan"];
    delete backups["purged"];
    const third = await upWith({
      plan: 'schedule: "30 4 * * *", paused: true',
      now: `${yearly}, runNow: true, triggers: [2], ttl: "1h", ${onlyShop}`,
      turned: onlyShop,
    });
    expect(outputsOf(third, "plan")).toMatchObject({ health: "Paused" });
    expect(outputsOf(third, "plan")).not.toHaveProperty("nextRun");
    const paused = await scheduleOf(third, "plan");
    expect(paused.spec?.["paused"]).toBe(true);
    expect(paused.spec?.["template"]).toEqual({ storageLocation });
    expect(await liveBackups("now")).toHaveLength(2);
    expect(stepOf(third, "turned")[0]).toBe("create-replacement");
    expect(
      await veleroObject(east, "schedules", outputsOf(second, "turned")["scheduleName"]),
    ).toBeUndefined();
    expect(await liveBackups("turned")).toEqual([backupOf(first, "turned"), backupOf(third, "turned")]);
    expect(await veleroObject(east, "schedules", purgedPlan)).toBeUndefined();
    for (const name of ["purged-plan", "purged"])
      for (const left of [await folders(name), await liveBackups(name)]) expect(left, name).toEqual([]);
    await expectNoDrift();

    const resumed = await upWith({ plan: 'schedule: "30 4 * * *"' });
    expect(stepsOf(resumed).filter((step) => !step.startsWith("same "))).toEqual(["update plan"]);
    expect(outputsOf(resumed, "plan")).toMatchObject({ health: "Healthy", phase: "Enabled" });
    expect((await scheduleOf(resumed, "plan")).spec?.["paused"]).toBe(false);
    expect(await liveBackups("plan")).toEqual([]);

    await ok(stack.destroy());
    expect(await veleroObject(east, "schedules", plan.metadata.name)).toBeUndefined();
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toEqual([]);
    expect(await veleroObject(east, "backups", again)).toBeUndefined();
    expect(await folders("again"), "the data stay").toEqual([again, backupOf(second, "again")]);
  }, 420_000);
});
