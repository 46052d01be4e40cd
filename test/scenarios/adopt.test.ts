import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { complaintsIn } from "./complaints.ts";
import { dataKeys, liveObject, ownerOf, passingStack, veleroObject } from "./observe.ts";
import { messagesOf, resourceIn, type Stack, stepsOf, veleroObjects, veleroPath } from "./stack.ts";

const LOCATION = `const location = new velero.BackupLocation("primary", { storage, clusters: { east } });`;
const backup = (options: string) => `${LOCATION}
  new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [process.env.SHOP], ${options} });`;
const api = "velero.io/v1";

describeOnSandbox("adopt", (sandbox) => {
  const east = sandbox.cluster("east");

  /** A stack with a location, in which somebody works by hand. */
  async function begin(): Promise<{ stack: Stack; shop: string; storageLocation: string }> {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const stack = await passingStack(sandbox, LOCATION, { env: { SHOP: shop } });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const [location] = await veleroObjects(east, "backupstoragelocations", stack);
    return { stack, shop, storageLocation: location?.metadata.name ?? "" };
  }

  async function upWith(stack: Stack, program: string) {
    stack.change(program);
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    return { up, outputs: resourceIn(up, "shop").outputs ?? {} };
  }

  async function expectNoDrift(stack: Stack): Promise<void> {
    const preview = await stack.preview({ expectNoChanges: true });
    expect(preview.ok, messagesOf(preview)).toBe(true);
    const refresh = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(refresh.ok, messagesOf(refresh)).toBe(true);
  }

  async function backupByHand(spec: object, labels = {}): Promise<string> {
    const name = uniqueName("by-hand");
    await east.kubernetes.create(veleroPath("backups"), {
      apiVersion: api,
      kind: "Backup",
      metadata: { name, labels },
      spec,
    } as never);
    await waitUntil("the backup has ended", async () => {
      const { status } = await liveObject(east, "backups", name);
      return status?.["phase"] === "Completed" ? true : undefined;
    });
    return name;
  }

  test("takes a Schedule over: it becomes as declared, its earlier backups count and are kept", async () => {
    const { stack, shop, storageLocation } = await begin();
    const name = uniqueName("nightly");
    const template = { storageLocation, includedNamespaces: [shop], ttl: "24h" };
    await east.kubernetes.create(veleroPath("schedules"), {
      apiVersion: api,
      kind: "Schedule",
      metadata: { name },
      spec: { schedule: "0 3 29 2 *", skipImmediately: true, template },
    } as never);
    const before = await backupByHand(template, { "velero.io/schedule-name": name });

    const declared = backup(`schedule: "0 3 29 2 *", ttl: "48h", deletionPolicy: "delete", adopt: "${name}"`);
    const { up, outputs } = await upWith(stack, declared);
    expect(messagesOf(up)).toContain(`takes over Schedule velero/${name} in cluster "east"`);
    expect(outputs).toMatchObject({ scheduleName: name, phase: "Enabled", health: "Healthy" });
    const live = await liveObject(east, "schedules", name);
    expect(ownerOf(live)).toMatch(/::shop$/);
    expect(live.spec?.["template"]).toEqual({ ...template, ttl: "48h" });
    await expectNoDrift(stack);
    const refresh = await stack.refresh();
    expect(resourceIn(refresh, "shop").outputs?.["lastSuccessfulBackup"]).toBe(
      (await liveObject(east, "backups", before)).status?.["completionTimestamp"],
    );

    const dropped = await upWith(stack, declared.replace(`, adopt: "${name}"`, ""));
    expect(stepsOf(dropped.up)).toContain("update shop");
    expect(dropped.outputs["scheduleName"]).toBe(name);
    await expectNoDrift(stack);
    stack.change(LOCATION);
    const gone = await stack.up();
    expect(gone.ok, messagesOf(gone)).toBe(true);
    expect(await veleroObject(east, "schedules", name)).toBeUndefined();
    expect(await veleroObject(east, "backups", before)).toBeDefined();
    expect(await dataKeys(sandbox, stack.bucket, `east/backups/${before}/`)).not.toEqual([]);
  });

  test("takes a Backup over that has captured what is declared, and no other", async () => {
    const { stack, shop, storageLocation } = await begin();
    const name = await backupByHand({ storageLocation, includedNamespaces: [shop], ttl: "24h" });
    stack.change(backup(`ttl: "48h", adopt: "${name}"`));
    expect(complaintsIn(await stack.up())).toEqual([
      expect.stringMatching(
        new RegExp(
          `^adopt: Backup velero/${name} .* something else than what is declared: ttl: "48h" is declared, "24h" was captured`,
        ),
      ),
    ]);
    const { outputs } = await upWith(stack, backup(`ttl: "24h", deletionPolicy: "delete", adopt: "${name}"`));
    expect(outputs).toMatchObject({ backupName: name, phase: "Completed", health: "Healthy" });
    expect(ownerOf(await liveObject(east, "backups", name))).toMatch(/::shop$/);
    expect(await veleroObjects(east, "backups", stack)).toHaveLength(1);
    await expectNoDrift(stack);
    // It is this resource's now, like any that it takes itself.
    stack.change(LOCATION);
    const gone = await stack.up();
    expect(gone.ok, messagesOf(gone)).toBe(true);
    expect(await dataKeys(sandbox, stack.bucket, "east/backups/")).toEqual([]);
  });

  test("is refused where there is nothing, where it belongs to another, and where its data lies elsewhere", async () => {
    const { stack, storageLocation } = await begin();
    stack.change(backup(`schedule: "@daily", adopt: "nothing-of-that-name"`));
    expect(complaintsIn(await stack.up())).toEqual([
      expect.stringMatching(/^adopt: there is no Schedule velero\/nothing-of-that-name in cluster "east"/),
    ]);

    const elsewhere = uniqueName("elsewhere");
    await east.kubernetes.create(veleroPath("schedules"), {
      apiVersion: api,
      kind: "Schedule",
      metadata: { name: elsewhere },
      spec: { schedule: "0 3 29 2 *", skipImmediately: true, template: { storageLocation: "another" } },
    } as never);
    stack.change(backup(`schedule: "0 3 29 2 *", adopt: "${elsewhere}"`));
    expect(complaintsIn(await stack.up())).toEqual([
      expect.stringMatching(
        new RegExp(
          `^adopt: "${elsewhere}" .* lies in BackupStorageLocation "another", not in "${storageLocation}"`,
        ),
      ),
    ]);
    await east.kubernetes.delete(veleroPath("schedules", elsewhere));

    const { outputs } = await upWith(stack, backup(`schedule: "0 3 29 2 *", skipImmediately: true`));
    stack.change(
      `${backup('schedule: "0 3 29 2 *", skipImmediately: true')}
       new velero.ClusterBackup("thief", { location, cluster: "east", schedule: "@daily", adopt: "${String(outputs["scheduleName"])}" });`,
    );
    expect(complaintsIn(await stack.up())).toEqual([
      expect.stringMatching(/^adopt: Schedule velero\/\S+ in cluster "east" belongs to urn:pulumi:.*::shop/),
    ]);
    expect((await liveObject(east, "schedules", outputs["scheduleName"])).spec?.["schedule"]).toBe(
      "0 3 29 2 *",
    );
  });
});
