import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { complaintsIn } from "./complaints.ts";
import { dataKeys, liveObject, ownerOf, passingStack, veleroObject } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, stepsOf, veleroObjects, veleroPath } from "./stack.ts";

const LOCATION = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const backUp = (name, more, opts) => new velero.ClusterBackup(name, {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], deletionPolicy: "delete", ...more,
  }, opts);
`;
const CRON = "0 3 29 2 *";

describeOnSandbox("adopt", (sandbox) => {
  const east = sandbox.cluster("east");

  async function scheduleByHand(template: object): Promise<string> {
    const name = uniqueName("nightly");
    await east.kubernetes.create(veleroPath("schedules"), {
      apiVersion: "velero.io/v1",
      kind: "Schedule",
      metadata: { name },
      spec: { schedule: CRON, skipImmediately: true, template },
    });
    return name;
  }

  async function backupByHand(spec: Record<string, unknown>, labels = {}): Promise<string> {
    const name = uniqueName("by-hand");
    await east.kubernetes.create(veleroPath("backups"), {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: { name, labels },
      spec,
    });
    await waitUntil("the backup has ended", async () => {
      const { status } = await liveObject(east, "backups", name);
      return status?.["phase"] === "Completed" ? true : undefined;
    });
    return name;
  }

  test("takes over a Schedule, which becomes as declared, and a Backup that has captured what is declared; and nothing that is another's or lies elsewhere", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const stack = await passingStack(sandbox, LOCATION, { env: { SHOP: shop } });
    const storageLocation = String(outputsOf(await ok(stack.up()), "primary-east")["locationName"]);
    const template = { storageLocation, includedNamespaces: [shop], ttl: "24h" };
    const schedule = await scheduleByHand(template);
    const before = await backupByHand(template, { "velero.io/schedule-name": schedule });
    const single = await backupByHand(template);
    const elsewhere = await scheduleByHand({ storageLocation: "another" });

    const nightly = (adopt: string) =>
      `const nightly = backUp("nightly", { schedule: "${CRON}", ttl: "48h", ${adopt} });`;
    const adopting = `adopt: "${schedule}"`;
    stack.change(`${LOCATION} ${nightly(adopting)}
      backUp("single", { ttl: "48h", adopt: "${single}" });
      backUp("nothing", { schedule: "@daily", adopt: "nothing-of-that-name" });
      backUp("elsewhere", { schedule: "${CRON}", adopt: "${elsewhere}" });
      backUp("thief", { schedule: "@daily", ${adopting} }, { dependsOn: nightly });`);
    const mixed = await stack.up({ continueOnError: true });
    expect(complaintsIn(mixed).toSorted()).toEqual([
      expect.stringMatching(
        `^adopt: "${elsewhere}" .* lies in BackupStorageLocation "another", not in "${storageLocation}"`,
      ),
      expect.stringMatching(
        `^adopt: Backup velero/${single} .* something else than what is declared: ttl: "48h" is declared, "24h" was captured`,
      ),
      expect.stringMatching(
        `^adopt: Schedule velero/${schedule} in cluster "east" belongs to urn:pulumi:.*::nightly`,
      ),
      expect.stringMatching(/^adopt: there is no Schedule velero\/nothing-of-that-name in cluster "east"/),
    ]);
    expect(messagesOf(mixed)).toContain(`takes over Schedule velero/${schedule} in cluster "east"`);
    expect(outputsOf(mixed, "nightly")).toMatchObject({
      scheduleName: schedule,
      phase: "Enabled",
      health: "Healthy",
    });
    const live = await liveObject(east, "schedules", schedule);
    expect(ownerOf(live)).toMatch(/::nightly$/);
    expect(live.spec?.["template"]).toEqual({ ...template, ttl: "48h" });

    const captured = `backUp("single", { ttl: "24h", adopt: "${single}" });`;
    stack.change(`${LOCATION} ${nightly(adopting)} ${captured}`);
    const taken = await ok(stack.up());
    expect(outputsOf(taken, "single")).toMatchObject({
      backupName: single,
      phase: "Completed",
      health: "Healthy",
    });
    expect(ownerOf(await liveObject(east, "backups", single))).toMatch(/::single$/);
    expect(await veleroObjects(east, "backups", stack)).toHaveLength(2);
    await ok(stack.preview({ expectNoChanges: true }));
    const refresh = await ok(stack.refresh({ expectNoChanges: true }));
    expect(outputsOf(refresh, "nightly")["lastSuccessfulBackup"], "the earlier backups count").toBe(
      (await liveObject(east, "backups", before)).status?.["completionTimestamp"],
    );

    // A Backup that was taken over goes like any that the resource has taken itself.
    stack.change(`${LOCATION} ${nightly("")}`);
    const dropped = await ok(stack.up());
    expect(stepsOf(dropped)).toContain("update nightly");
    expect(outputsOf(dropped, "nightly")["scheduleName"]).toBe(schedule);
    expect(await dataKeys(sandbox, stack.bucket, `east/backups/${single}/`)).toEqual([]);

    stack.change(LOCATION);
    await ok(stack.up());
    expect(await veleroObject(east, "schedules", schedule)).toBeUndefined();
    expect(await veleroObject(east, "backups", before)).toBeDefined();
    expect(await dataKeys(sandbox, stack.bucket, `east/backups/${before}/`)).not.toEqual([]);
    await east.kubernetes.delete(veleroPath("schedules", elsewhere));
  }, 180_000);
});
