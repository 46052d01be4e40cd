import { afterAll, beforeAll, expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { isRunning } from "../engine/process-tree.ts";
import type { Run } from "../engine/run.ts";
import { complaintsIn } from "./complaints.ts";
import { litterIn, objectsIn } from "./leftovers.ts";
import { incarnationOf } from "./observe.ts";
import { messagesOf, resourceIn, type Stack, stackOn, type VeleroKind, veleroPath } from "./stack.ts";

const location = `const location = new velero.BackupLocation("primary", { storage, clusters: { east } });`;
const backupWith = (more = "") => `${location}
new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [process.env.SHOP], ${more} });`;

// A sandbox of their own: Velero is stopped to hold things where a run is to be killed.
describeOnSandbox("A run that ends in the middle", () => {
  let sandbox: Sandbox;
  let shop: string;

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ["east"] });
    shop = await createNamespace(sandbox.cluster("east"), "shop");
    await seedNamespace(sandbox.cluster("east"), shop, { objects: 40 });
  });

  afterAll(() => sandbox.stop());

  const begin = (program: string) => stackOn(sandbox, program, { env: { SHOP: shop } });
  const live = (kind: VeleroKind) => sandbox.cluster("east").kubernetes.list(veleroPath(kind));

  async function withoutVelero<T>(work: () => Promise<T>): Promise<T> {
    const { velero } = sandbox.cluster("east");
    await velero.stop();
    try {
      return await work();
    } finally {
      await velero.start();
    }
  }

  async function upWith(stack: Stack, program?: string) {
    if (program !== undefined) stack.change(program);
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    return up;
  }

  /** Kills the provider as soon as there is such an object. */
  async function killAtFirst(kind: VeleroKind, run: Run): Promise<KubernetesObject> {
    const [object] = await waitUntil(
      `there is one of ${kind}`,
      async () => {
        const objects = await live(kind);
        return objects.length > 0 ? objects : undefined;
      },
      { intervalMs: 10 },
    );
    await run.killProvider();
    expect((await run.result).ok).toBe(false);
    return object as KubernetesObject;
  }

  /** One Backup in the cluster, one in the bucket, and a state that knows it and needs no more. */
  async function expectOneBackup(stack: Stack, name: unknown): Promise<void> {
    const up = await stack.up({ expectNoChanges: true });
    expect(up.ok, messagesOf(up)).toBe(true);
    const [backup, ...others] = await live("backups");
    expect(others).toEqual([]);
    expect(backup?.metadata.name).toBe(name);
    const { outputs } = resourceIn(up, "shop");
    expect(outputs).toMatchObject({ backupName: name, phase: "Completed", health: "Healthy" });
    expect(outputs).not.toHaveProperty("unfinished");
    expect(incarnationOf(backup as KubernetesObject)).toBe(outputs?.["incarnation"]);
    const folders = (await sandbox.minio.objectKeys(stack.bucket, "east/backups/")).map(
      (key) => key.split("/")[2],
    );
    expect([...new Set(folders)]).toEqual([name]);
    const drift = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(drift.ok, messagesOf(drift)).toBe(true);
  }

  async function expectCleanDestroy(stack: Stack): Promise<void> {
    const destroy = await stack.destroy();
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    expect(await objectsIn(sandbox)).toEqual([]);
    expect(await litterIn(sandbox, stack.bucket)).toEqual([]);
  }

  test("a backup whose up was killed before Velero took it up is waited for, not taken again", async () => {
    const stack = await begin(location);
    await upWith(stack);
    stack.change(backupWith());
    const begun = await withoutVelero(() => killAtFirst("backups", stack.start("up")));
    await upWith(stack);
    await expectOneBackup(stack, begun.metadata.name);
    await expectCleanDestroy(stack);
  });

  test("a backup whose up was killed while Velero worked on it is not taken again", async () => {
    const stack = await begin(backupWith());
    const begun = await killAtFirst("backups", stack.start("up"));
    await upWith(stack);
    await expectOneBackup(stack, begun.metadata.name);
    await expectCleanDestroy(stack);
  });

  test("a location that was killed before it was Available is taken over", async () => {
    const stack = await begin(location);
    const begun = await withoutVelero(() => killAtFirst("backupstoragelocations", stack.start("up")));
    const up = await upWith(stack);
    const { outputs } = resourceIn(up, "primary-east");
    expect(outputs).toMatchObject({
      locationName: begun.metadata.name,
      phase: "Available",
      accessMode: "ReadWrite",
    });
    const [taken] = await live("backupstoragelocations");
    expect(taken?.metadata.uid).toBe(begun.metadata.uid);
    expect(incarnationOf(taken as KubernetesObject)).toBe(outputs?.["incarnation"]);
    expect((await objectsIn(sandbox)).map((line) => line.split(" ")[1])).toEqual([
      "secrets",
      "backupstoragelocations",
    ]);
    await expectCleanDestroy(stack);
  });

  test("a schedule that was killed before its first backup is taken over, and has one backup", async () => {
    const stack = await begin(location);
    await upWith(stack);
    stack.change(backupWith(`schedule: "@yearly", skipImmediately: true, runNow: true`));
    const begun = await withoutVelero(() => killAtFirst("schedules", stack.start("up")));
    const up = await upWith(stack);
    const schedules = await live("schedules");
    expect(schedules.map(({ metadata }) => metadata.uid)).toEqual([begun.metadata.uid]);
    const { outputs } = resourceIn(up, "shop");
    expect(outputs).toMatchObject({ scheduleName: begun.metadata.name, phase: "Enabled" });
    expect((await live("backups")).map(({ metadata }) => metadata.name)).toEqual([outputs?.["backupName"]]);
    await expectCleanDestroy(stack);
  });

  test.each([
    ["with all that it had started", "killEngine"],
    ["alone, so that its provider has to end by itself", "killEngineAlone"],
  ] as const)("the pending create of an engine that was killed %s goes on after cancel", async (_, kill) => {
    const stack = await begin(location);
    await upWith(stack);
    stack.change(backupWith());
    const begun = await withoutVelero(async () => {
      const run = stack.start("up");
      const name = await waitUntil(
        "the backup is begun",
        async () => (await live("backups"))[0]?.metadata.name,
        {
          intervalMs: 10,
        },
      );
      const providers = run.providerPids();
      expect(providers).toHaveLength(1);
      await run[kill]();
      await waitUntil("the provider is gone", async () => !providers.some(isRunning) || undefined, {
        timeoutMs: 5_000,
      });
      return name;
    });
    const { deployment } = await stack.state();
    expect(deployment.pending_operations?.map(({ type }) => type)).toEqual(["creating"]);
    await stack.cancel();
    await upWith(stack);
    await expectOneBackup(stack, begun);
    await expectCleanDestroy(stack);
  });

  test("a backup that outlasts timeouts.create stays in state as unfinished, through a refresh, and is gone on with", async () => {
    const stack = await begin(location);
    await upWith(stack);
    stack.change(backupWith(`timeouts: { create: "3s", update: "3s" }`));
    const name = await withoutVelero(async () => {
      const failed = await stack.up();
      expect(failed.ok).toBe(false);
      expect(complaintsIn(failed)).toEqual([
        expect.stringMatching(
          /^timeouts: Backup velero\/\S+ in cluster "east" did not finish within timeouts.create \(3s\)/,
        ),
      ]);
      expect(failed.durationMs).toBeLessThan(60_000);
      const [backup] = await live("backups");
      expect(resourceIn(failed, "shop")).toMatchObject({
        id: expect.stringMatching(/^east\//),
        outputs: {
          backupName: backup?.metadata.name,
          phase: "New",
          unfinished: expect.stringContaining("did not finish"),
        },
      });

      const refreshed = await stack.refresh();
      expect(refreshed.ok, messagesOf(refreshed)).toBe(true);
      expect(resourceIn(refreshed, "shop").outputs).toMatchObject({ health: "Unhealthy" });
      const drift = await stack.preview({ expectNoChanges: true });
      expect(drift.ok).toBe(false);

      const again = await stack.up();
      expect(complaintsIn(again)).toEqual([
        expect.stringContaining("did not finish within timeouts.update (3s)"),
      ]);
      return backup?.metadata.name;
    });
    await upWith(stack, backupWith());
    await expectOneBackup(stack, name);
    await expectCleanDestroy(stack);
  });

  test("a location that outlasts timeouts.create is in state, and destroyed even then", async () => {
    const stack = await begin(location.replace("storage,", `storage, timeouts: { create: "3s" },`));
    await withoutVelero(async () => {
      const failed = await stack.up();
      expect(complaintsIn(failed)).toEqual([
        expect.stringMatching(/cluster "east".*Velero's server runs in namespace "velero"/),
      ]);
      expect(failed.durationMs).toBeLessThan(60_000);
      expect(resourceIn(failed, "primary-east").outputs).toMatchObject({ unfinished: expect.any(String) });
      const refreshed = await stack.refresh();
      expect(resourceIn(refreshed, "primary-east").outputs).toMatchObject({ health: "Unhealthy" });
      await expectCleanDestroy(stack);
    });
    await upWith(stack, location);
    await expectCleanDestroy(stack);
  });

  test("a destroy that was killed while data was being deleted is gone on with", async () => {
    const stack = await begin(backupWith(`deletionPolicy: "delete"`));
    await upWith(stack);
    await withoutVelero(() => killAtFirst("deletebackuprequests", stack.start("destroy")));
    await expectCleanDestroy(stack);
    expect(await sandbox.minio.objectKeys(stack.bucket, "east/backups/")).toEqual([]);
  });
});
