import { expect, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { dataKeys, liveObject, markerAt, passingStack, secretOf, veleroObject } from "./observe.ts";
import { ok } from "./restore-stack.ts";
import { messagesOf, resourceIn, stepsOf, veleroObjects } from "./stack.ts";
import { storeGate } from "./store-gate.ts";

const program = (trigger: number) => `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const shop = { location, cluster: "east", includedNamespaces: [process.env.SHOP] };
  const nightly = new velero.ClusterBackup("nightly", { ...shop, schedule: "0 2 * * *" });
  const backUp = (name, deletionPolicy) =>
    new velero.ClusterBackup(name, { ...shop, triggers: [${trigger}], deletionPolicy }).backupName;
  exports.location = location.clusters.east.locationName;
  exports.schedule = nightly.scheduleName;
  exports.kept = backUp("kept", "retain");
  exports.gone = backUp("gone", "delete");
`;

describeOnSandbox("A replacement that fails halfway", (sandbox) => {
  const east = sandbox.cluster("east");

  async function uidsOf({ location, schedule, kept, gone }: Record<string, unknown>) {
    const objects = await Promise.all([
      liveObject(east, "backupstoragelocations", location),
      secretOf(east, location),
      liveObject(east, "schedules", schedule),
      liveObject(east, "backups", kept),
      liveObject(east, "backups", gone),
    ]);
    return objects.map((object) => object?.metadata.uid);
  }

  const expectNothingPending = ({ state }: RunResult) =>
    expect((state.deployment.resources ?? []).filter((resource) => "delete" in resource)).toEqual([]);

  test("and is taken back loses nothing of a location, and no backup whose successor failed; gone on with it ends with the schedule on the new location", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const gate = await storeGate(sandbox);
    const stack = await passingStack(sandbox, program(1), {
      env: { SHOP: shop, MINIO_ENDPOINT: gate.endpoint },
    });
    const before = await ok(stack.up({ parallel: 1 }));
    const env = { BUCKET: await sandbox.minio.createBucket("scenario") };
    const refuseBucket: typeof gate.refuse = ({ isVelero, path }) =>
      isVelero && path.startsWith(`/${env.BUCKET}`) ? "AccessDenied" : undefined;
    const locationsThere = () => veleroObjects(east, "backupstoragelocations", { bucket: env.BUCKET });
    const stored = await dataKeys(sandbox, stack.bucket);
    const uids = await uidsOf(before.outputs);

    gate.refuse = refuseBucket;
    const unavailable = await stack.up({ env });
    expect(unavailable.ok).toBe(false);
    expect(messagesOf(unavailable)).toMatch(
      /clusters\.east: BackupStorageLocation velero\/\S+ in cluster "east" is Unavailable: .*AccessDenied/,
    );
    expect(stepsOf(unavailable)).not.toContain("update nightly");
    expect(await uidsOf(before.outputs)).toEqual(uids);
    expect(await locationsThere()).toHaveLength(1);
    const back = await ok(stack.up());
    expectNothingPending(back);
    expect(back.outputs).toEqual(before.outputs);
    expect(await uidsOf(before.outputs)).toEqual(uids);
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);
    const { urn, outputs } = resourceIn(back, "primary-east");
    const marker = await markerAt(sandbox, stack.bucket, "east");
    expect(marker).toMatchObject({ owner: urn, incarnation: outputs?.["incarnation"] });
    expect(marker).not.toHaveProperty("released");
    expect(await locationsThere()).toEqual([]);
    expect(await dataKeys(sandbox, env.BUCKET)).toEqual([]);

    gate.refuse = ({ isVelero, method, path }) =>
      isVelero && method === "PUT" && path.includes("/backups/") ? "AccessDenied" : undefined;
    stack.change(program(2));
    // As long as it fails, nothing is deleted.
    for (const _attempt of ["first", "second"]) {
      const failed = await stack.up({ parallel: 1, continueOnError: true });
      expect(failed.ok).toBe(false);
      expect(messagesOf(failed)).toMatch(/Backup velero\/\S+ in cluster "east" ended (Partially)?Failed/);
      expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);
    }
    for (const name of ["kept", "gone"])
      expect((await liveObject(east, "backups", before.outputs[name])).status?.["phase"]).toBe("Completed");
    gate.refuse = () => undefined;
    stack.change(program(1));
    const returned = await ok(stack.up({ parallel: 1 }));
    expectNothingPending(returned);
    const dataOf = (backup: unknown) => dataKeys(sandbox, stack.bucket, `east/backups/${String(backup)}/`);
    for (const name of ["kept", "gone"]) {
      const now = String(returned.outputs[name]);
      expect(await dataOf(now)).toContain(`east/backups/${now}/velero-backup.json`);
    }
    // Only where the program says so does the first one go, and only since its successor is Completed.
    const first = String(before.outputs["kept"]);
    expect(await dataOf(first)).toEqual(stored.filter((key) => key.includes(`/${first}/`)));
    expect(await dataOf(before.outputs["gone"])).toEqual([]);
    const { kept, gone } = returned.outputs;
    const names = (await veleroObjects(east, "backups", stack)).map(({ metadata }) => metadata.name);
    expect(names.toSorted()).toEqual([first, kept, gone].map(String).toSorted());
    await ok(stack.preview({ expectNoChanges: true }));

    const old = await dataKeys(sandbox, stack.bucket);
    gate.refuse = refuseBucket;
    expect((await stack.up({ env })).ok).toBe(false);
    gate.refuse = () => undefined;
    const done = await ok(stack.up({ parallel: 1, env }));
    expectNothingPending(done);
    expect(await veleroObject(east, "backupstoragelocations", before.outputs["location"])).toBeUndefined();
    const schedule = await liveObject(east, "schedules", done.outputs["schedule"]);
    expect(schedule.spec?.["template"]).toMatchObject({ storageLocation: done.outputs["location"] });
    const ofGone = `east/backups/${String(gone)}/`;
    const now = await dataKeys(sandbox, stack.bucket);
    expect(now.filter((key) => !key.startsWith(ofGone))).toEqual(
      old.filter((key) => !key.startsWith(ofGone)),
    );
    expect(await dataKeys(sandbox, env.BUCKET)).toContain(
      `east/backups/${String(done.outputs["kept"])}/velero-backup.json`,
    );
  }, 300_000);
});
