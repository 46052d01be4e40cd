import { afterAll, beforeAll, expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { complaintsIn } from "./complaints.ts";
import { litterIn, objectsIn } from "./leftovers.ts";
import { messagesOf, resourceIn, type Stack, stackOn, veleroPath } from "./stack.ts";

const location = `const location = new velero.BackupLocation("primary", { storage, clusters: { east } });`;
const withBackup = `${location}
new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [process.env.SHOP] });`;

// A sandbox of their own, as they stop servers.
describeOnSandbox("An up into an outage", () => {
  let sandbox: Sandbox;
  let shop: string;

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ["east", "west"] });
    shop = await createNamespace(sandbox.cluster("east"), "shop");
    await seedNamespace(sandbox.cluster("east"), shop);
    await seedNamespace(sandbox.cluster("west"), shop);
  });

  afterAll(() => sandbox.stop());

  const begin = (program: string) => stackOn(sandbox, program, { env: { SHOP: shop } });
  const liveIn = (cluster: string, kind: "backups" | "backupstoragelocations") =>
    sandbox.cluster(cluster).kubernetes.list(veleroPath(kind));

  async function upWith(stack: Stack, program: string): Promise<void> {
    stack.change(program);
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
  }

  async function expectCleanDestroy(stack: Stack): Promise<void> {
    const destroy = await stack.destroy();
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    expect(await objectsIn(sandbox)).toEqual([]);
    expect(await litterIn(sandbox, stack.bucket)).toEqual([]);
  }

  /** Asks Velero to look at once, and waits for its verdict. */
  async function awaitPhase(phase: string): Promise<void> {
    const { kubernetes } = sandbox.cluster("east");
    const [{ metadata } = { metadata: { name: "" } }] = await liveIn("east", "backupstoragelocations");
    const path = veleroPath("backupstoragelocations", metadata.name);
    await kubernetes.patch(path, { spec: { validationFrequency: "1m0.002s" } });
    await waitUntil(`the location is ${phase}`, async () =>
      (await kubernetes.get(path))?.status?.["phase"] === phase ? true : undefined,
    );
  }

  test("begins no backup while Velero calls the location Unavailable, and takes it once that is mended", async () => {
    const stack = await begin(location);
    await upWith(stack, location);
    // Velero takes no folders but its own below a location.
    await sandbox.minio.client().putObject(stack.bucket, "east/holiday/photo.txt", "sea");
    await awaitPhase("Unavailable");

    stack.change(withBackup);
    const failed = await stack.up();
    expect(complaintsIn(failed)).toEqual([
      expect.stringMatching(
        /^location: BackupStorageLocation velero\/\S+ in cluster "east" is Unavailable: .*holiday.* No backup was begun\. See that/,
      ),
    ]);
    expect(failed.durationMs).toBeLessThan(90_000);
    expect(await liveIn("east", "backups")).toEqual([]);

    const refreshed = await stack.refresh();
    expect(resourceIn(refreshed, "primary-east").outputs).toMatchObject({
      health: "Unhealthy",
      phase: "Unavailable",
    });

    await sandbox.minio.client().removeObject(stack.bucket, "east/holiday/photo.txt");
    await upWith(stack, withBackup);
    expect(await liveIn("east", "backups")).toHaveLength(1);
    const again = await stack.up({ expectNoChanges: true });
    expect(again.ok, messagesOf(again)).toBe(true);
    await expectCleanDestroy(stack);
  });

  test("tells why a backup failed whose store went away under it, and takes another when it is back", async () => {
    const stack = await begin(location);
    await upWith(stack, location);
    stack.change(withBackup);
    const { velero } = sandbox.cluster("east");
    await velero.stop();
    const run = stack.start("up");
    await waitUntil("the backup is begun", async () => (await liveIn("east", "backups"))[0], {
      intervalMs: 20,
    });
    await sandbox.minio.stop();
    await velero.start();
    const failed = await run.result;
    expect(failed.ok).toBe(false);
    expect(complaintsIn(failed)).toEqual([
      expect.stringMatching(/^location: Backup velero\/\S+ in cluster "east" ended \w+: .*up again/),
    ]);

    await sandbox.minio.start();
    await velero.restart();
    await upWith(stack, withBackup);
    expect(await liveIn("east", "backups")).toHaveLength(1);
    await expectCleanDestroy(stack);
  });

  test("does one cluster's resources although another is down, and the other's once it is back", async () => {
    const both = `
    const location = new velero.BackupLocation("primary", { storage, clusters: { east, west } });
    const shop = { location, includedNamespaces: [process.env.SHOP] };
    new velero.ClusterBackup("shop-east", { ...shop, cluster: "east" });
    new velero.ClusterBackup("shop-west", { ...shop, cluster: "west" });`;
    const stack = await begin(both);
    const { api } = sandbox.cluster("west");
    await api.stop();
    try {
      const failed = await stack.up({ continueOnError: true });
      expect(complaintsIn(failed)).toEqual([
        expect.stringMatching(
          /^clusters\.west\.kubeconfig: cluster "west" does not answer at .* Check its address/,
        ),
      ]);
      expect(failed.durationMs).toBeLessThan(60_000);
      expect(resourceIn(failed, "primary-east").outputs).toMatchObject({ phase: "Available" });
      expect(resourceIn(failed, "shop-east").outputs).toMatchObject({ phase: "Completed" });
      expect(await liveIn("east", "backups")).toHaveLength(1);

      const refreshed = await stack.refresh();
      expect(refreshed.ok, messagesOf(refreshed)).toBe(true);
      expect(resourceIn(refreshed, "shop-east").outputs).toMatchObject({ health: "Healthy" });
    } finally {
      await api.start();
    }
    await upWith(stack, both);
    expect(await liveIn("east", "backups")).toHaveLength(1);
    expect(await liveIn("west", "backups")).toHaveLength(1);

    await api.stop();
    const halfway = await stack.destroy().finally(() => api.start());
    expect(halfway.ok).toBe(false);
    expect(complaintsIn(halfway).join("\n")).toMatch(
      /cluster "west" does not answer.*declare clusters\.west with `offline: true`/,
    );
    await expectCleanDestroy(stack);
    // Each run into the cluster that is down waits its time.
  }, 240_000);
});
