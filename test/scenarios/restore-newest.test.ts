import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { cloneBackup } from "./clone-backup.ts";
import { complaintsIn } from "./complaints.ts";
import { liveObject, passingStack } from "./observe.ts";
import { ok, outputsOf, restoresOf } from "./restore-stack.ts";

const base = `
  const { SHOP } = process.env;
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const nightly = new velero.ClusterBackup("nightly", {
    location, cluster: "east", includedNamespaces: [SHOP], schedule: "0 3 29 2 *", skipImmediately: true, runNow: true,
    volumes: "none",
  });
`;

const restores = `
  const blind = velero.locationFrom("blind", location.handle, { clusters: { east } });
  const restore = (name, backup) => new velero.Restore(name, {
    backup, cluster: "east", namespaceMapping: { [SHOP]: SHOP + "-" + name },
  });
  restore("owned", nightly);
  restore("named", { location, from: "east", schedule: "nightly" });
  restore("unseen", { location: blind, from: "east", schedule: "nightly" });
  const of = { location, cluster: "east", schedule: "nightly" };
  exports.latest = velero.getLatestBackupOutput(of, { dependsOn: nightly });
  exports.stored = velero.getBackupsOutput({ ...of, from: "store" }, { dependsOn: nightly });
`;

const HOUR = 3_600_000;

describeOnSandbox("The newest backup", (sandbox) => {
  const east = sandbox.cluster("east");

  test("is the one that began last, and not the one with the largest digits in its name", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 3 });
    const stack = await passingStack(sandbox, base, { env: { SHOP: shop } });
    const newest = String(outputsOf(await ok(stack.up()), "nightly")["backupName"]);

    // A run of an hour ago, by a Velero whose server is nine hours ahead of UTC.
    const { status } = await liveObject(east, "backups", newest);
    const anHourBefore = (time: unknown) => new Date(Date.parse(String(time)) - HOUR);
    const began = anHourBefore(status?.["startTimestamp"]);
    const localTime = new Date(began.getTime() + 9 * HOUR).toISOString().replace(/\D/g, "").slice(0, 14);
    const older = newest.replace(/\d{14}$/, localTime);
    expect(older > newest).toBe(true);
    await cloneBackup(sandbox, east, stack.bucket, newest, {
      name: older,
      status: {
        startTimestamp: began.toISOString(),
        completionTimestamp: anHourBefore(status?.["completionTimestamp"]).toISOString(),
      },
    });

    stack.change(base + restores);
    const up = await ok(stack.up());
    for (const name of ["owned", "named", "unseen"])
      expect(outputsOf(up, name), name).toMatchObject({ backupName: newest, phase: "Completed" });
    expect(up.outputs["latest"]).toMatchObject({ name: newest });
    expect((up.outputs["stored"] as { name: string }[]).map(({ name }) => name)).toEqual([newest, older]);
  }, 180_000);

  test("before a time is found by a time that is the same on every machine, and any other is refused", async () => {
    const shop = await createNamespace(east, "shop");
    const before = (time: string) =>
      `${base} new velero.Restore("back", {
        backup: { location, from: "east", schedule: "nightly", before: "${time}" }, cluster: "east",
      });`;
    const stack = await passingStack(sandbox, before("2026-12-23 02:00"), { env: { SHOP: shop } });
    expect(complaintsIn(await stack.preview())).toEqual([
      'backup.before: "2026-12-23 02:00" is no point in time: write 2026-12-23T02:00:00Z, or with an offset 2026-12-23T02:00:00+01:00',
    ]);
    stack.change(before("2001-12-23T02:00:00+01:00"));
    expect(complaintsIn(await stack.up())).toEqual([
      expect.stringMatching(
        /^backup: there is no good backup .*that had ended by 2001-12-23T02:00:00\+01:00/,
      ),
    ]);
    expect(await restoresOf(east, stack)).toEqual([]);
  }, 120_000);
});
