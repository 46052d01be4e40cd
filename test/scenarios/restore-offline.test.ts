import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { complaintsIn } from "./complaints.ts";
import { deleteByHand } from "./delete-by-hand.ts";
import { configMap, namespaceIn, ok, outputsOf, pathOf, restoresOf } from "./restore-stack.ts";
import { stackOn, veleroPath } from "./stack.ts";

// The file with a location's keys is written anew for each look at it, which fails a backup that reads it meanwhile.
const veleroFlags = ["--store-validation-frequency=1m"];

// A sandbox of their own: one of its clusters goes down and never comes back.
describeOnSandbox("A cluster that has gone for good", () => {
  let sandbox: Sandbox;
  let east: SandboxCluster;
  let west: SandboxCluster;
  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ["east", "west"].map((name) => ({ name, veleroFlags })) });
    [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];
  });
  afterAll(() => sandbox.stop());

  /** A Backup by hand, as one of a schedule: only its location says whose it is. */
  async function backUp(
    cluster: SandboxCluster,
    name: string,
    shop: string,
    location: unknown,
  ): Promise<void> {
    await cluster.kubernetes.create(veleroPath("backups"), {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: { name, namespace: "velero", labels: { "velero.io/schedule-name": "weekly" } },
      spec: { storageLocation: location, includedNamespaces: [shop], snapshotVolumes: false },
    });
    await waitUntil(`backup ${name} is done in ${cluster.name}`, async () => {
      const backup = await cluster.kubernetes.get(veleroPath("backups", name));
      return backup?.status?.["phase"] === "Completed" || undefined;
    });
  }

  const write = ({ kubernetes }: SandboxCluster, shop: string, origin: string) =>
    kubernetes.patch(pathOf("configmaps", shop, "origin"), { data: { origin } });

  test("is restored elsewhere from the bucket alone, by every way to say which backup, and nobody's data for another's", async () => {
    const shop = await createNamespace(east, "shop");
    await west.kubernetes.create("/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: shop },
    });
    for (const cluster of [east, west])
      await cluster.kubernetes.create(
        pathOf("configmaps", shop),
        configMap("origin", { origin: cluster.name }),
      );
    const [twin, weekly] = [uniqueName("twin"), uniqueName("weekly")];

    // What backs up, as long as there is something to back up.
    const written = (trigger: string) => `
      const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
      const nightly = new velero.ClusterBackup("nightly", {
        location, cluster: "east", includedNamespaces: [process.env.SHOP], schedule: "0 3 29 2 *", skipImmediately: true,
        runNow: true, triggers: ["${trigger}"],
      });
      new velero.WorkspaceBackup("payments", { location, clusters: "all", includedNamespaces: [process.env.SHOP] }, { dependsOn: nightly });
      exports.location = location.clusters.east.locationName;
      exports.backup = nightly.backupName;`;
    const writer = await stackOn(sandbox, written("first"), { env: { SHOP: shop } });
    await write(east, shop, "east-1");
    const first = await ok(writer.up());
    await sleep(1_100);
    const between = new Date().toISOString();
    await write(east, shop, "east-2");
    writer.change(written("second"));
    const second = await ok(writer.up());
    expect(second.outputs["backup"]).not.toBe(first.outputs["backup"]);
    await backUp(east, twin, shop, second.outputs["location"]);
    await sleep(1_100);
    await backUp(east, weekly, shop, second.outputs["location"]);
    await east.velero.stop();
    await east.api.stop();

    // Who rescues has the bucket, and a cluster that is in use and has backups of its own.
    const rescue = (reads: string, more = "") => `
      const { SHOP, TWIN, FIRST, BETWEEN } = process.env;
      const old = { offline: true, prefix: "east" };
      const location = new velero.BackupLocation("rescue", { storage, clusters: { old, west: { ...west, prefix: "rescue", ${reads} } } });
      const blind = velero.locationFrom("blind", location.handle, { clusters: { old: { offline: true }, west } });
      const restore = (name, backup, args = { cluster: "west" }) =>
        new velero.Restore(name, { backup: { location, ...backup }, namespaceMapping: { "*": "*-" + name }, ...args });
      exports.location = location.clusters.west.locationName;
      ${more}`;
    const stack = await stackOn(sandbox, rescue(""), {
      bucket: writer.bucket,
      env: { SHOP: shop, TWIN: twin, FIRST: String(first.outputs["backup"]), BETWEEN: between },
    });
    const { outputs } = await ok(stack.up());
    // One of the same name, and a newer one of the same schedule.
    for (const name of [twin, `${weekly}-2`]) await backUp(west, name, shop, outputs["location"]);

    const reads = 'reads: ["old"]';
    const restoreTwin = 'restore("twin", { from: "old", backupName: TWIN });';
    stack.change(rescue(reads, restoreTwin));
    const refused = await stack.up();
    expect(complaintsIn(refused)).toEqual([
      `backup: Backup velero/${twin} in cluster "west" is another one, of location "${String(outputs["location"])}": Velero tells ` +
        "backups apart by their names alone, and would restore it instead. Restore another backup, or into another cluster; " +
        `or delete that one, with its data, if nobody needs it: velero -n velero backup delete ${twin}.`,
    ]);
    expect(await restoresOf(west, stack)).toEqual([]);
    expect(await namespaceIn(west, `${shop}-twin`)).toBeUndefined();

    // As the message says.
    await deleteByHand(west, twin);
    await waitUntil(
      "west's own backup is gone",
      async () =>
        (await sandbox.minio.objectKeys(stack.bucket, `rescue/backups/${twin}/`)).length === 0 || undefined,
    );
    stack.change(
      rescue(
        reads,
        `
        ${restoreTwin}
        restore("named", { from: "old", backupName: FIRST });
        restore("newest", { from: "old", schedule: "nightly" });
        restore("earlier", { from: "old", schedule: "nightly", before: BETWEEN });
        restore("labelled", { from: "old", schedule: "weekly" });
        restore("together", { workspace: "payments" }, { clusterMapping: { old: "west" } });
        restore("unseen", { location: blind, from: "old", backupName: FIRST });`,
      ),
    );
    const up = await ok(stack.up());
    const originIn = async (name: string) =>
      (await west.kubernetes.get(pathOf("configmaps", `${shop}-${name}`, "origin")))?.["data"];
    for (const [name, origin] of Object.entries({
      twin: "east-2",
      named: "east-1",
      newest: "east-2",
      earlier: "east-1",
      labelled: "east-2",
      together: "east-1",
      unseen: "east-1",
    })) {
      expect(await originIn(name), name).toEqual({ origin });
      expect(outputsOf(up, name), name).toMatchObject({ phase: "Completed", health: "Healthy", failed: 0 });
    }
    expect(outputsOf(up, "newest")["backupName"]).toBe(second.outputs["backup"]);
    expect(outputsOf(up, "labelled")["backupName"]).toBe(weekly);
    expect(outputsOf(up, "together")["byCluster"]).toMatchObject({ old: { phase: "Completed" } });
    expect(await restoresOf(west, stack)).toHaveLength(7);

    await ok(stack.up({ refresh: true, expectNoChanges: true }));
    const stored = await sandbox.minio.objectKeys(stack.bucket, "east/backups/");
    await ok(stack.destroy());
    expect(await restoresOf(west, stack)).toEqual([]);
    expect(await originIn("twin")).toEqual({ origin: "east-2" });
    expect(await sandbox.minio.objectKeys(stack.bucket, "east/backups/")).toEqual(stored);
  }, 300_000);
});
