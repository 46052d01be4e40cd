import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { apiGate } from "./api-gate.ts";
import { cloneAnHourBefore } from "./clone-backup.ts";
import { complaintsIn } from "./complaints.ts";
import { deleteByHand } from "./delete-by-hand.ts";
import { holdAt, isBeginning, isClearing, isSettling, letPass, type Point, standsAt } from "./held-run.ts";
import { incarnationOf, veleroObject } from "./observe.ts";
import {
  configMap,
  contentsOf,
  modifiersOf,
  namespaceIn,
  ok,
  outputsOf,
  pathOf,
  restorePath,
  restoresOf,
  upAll,
} from "./restore-stack.ts";
import { type Stack, stackOn, stepsOf, veleroPath } from "./stack.ts";

// The file with a location's keys is written anew for each look at it, which fails a backup that reads it meanwhile.
const validatedLess = "--store-validation-frequency=1m";
/** What has expired goes at once, not within the hour, and nothing that was deleted comes back. */
const cleaningUp = ["--garbage-collection-frequency=3s", "--backup-sync-period=0", validatedLess];

// A sandbox of its own: Velero removes what has expired, restores of others would be run before these, and at last one of
// its clusters goes down and never comes back.
describeOnSandbox("A Restore brings back once, and only what it is to:", () => {
  let sandbox: Sandbox;
  let east: SandboxCluster;
  let west: SandboxCluster;
  beforeAll(async () => {
    sandbox = await startSandbox({
      clusters: [
        { name: "east", veleroFlags: cleaningUp },
        { name: "west", veleroFlags: [validatedLess] },
      ],
    });
    [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];
  });
  afterAll(() => sandbox.stop());

  test("nothing again when its backup is followed by another, replaced, deleted or expired; its triggers do", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 8 });
    const program = (backups: number, restores: number) => `
      const { SHOP } = process.env;
      const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
      let last = location;
      // One after another: Velero leaves those of one namespace that come together waiting for a minute.
      const restored = (name, args) => {
        const backup = last = new velero.ClusterBackup(name, {
          location, cluster: "east", includedNamespaces: [SHOP], volumes: "none", ...args,
        }, { dependsOn: last });
        new velero.Restore("of-" + name, {
          backup, cluster: "east", namespaceMapping: { [SHOP]: SHOP + "-" + name }, triggers: [${restores}],
        });
      };
      restored("nightly", { schedule: "0 3 29 2 *", skipImmediately: true, runNow: true, triggers: [${backups}] });
      restored("once", { triggers: [${backups}] });
      restored("brief", { ttl: "75s" });`;
    const stack = await stackOn(sandbox, program(1, 1), { env: { SHOP: shop } });
    const up = await ok(stack.up());
    const of = (run: typeof up, name: string) => outputsOf(run, `of-${name}`);
    const [nightly, once, brief] = ["nightly", "once", "brief"].map((name) => of(up, name));
    const isBack = async (name: string) =>
      (await contentsOf(east, `${shop}-${name}`))?.includes("configmaps app-1");
    for (const name of ["nightly", "once", "brief"])
      await east.kubernetes.delete(pathOf("configmaps", `${shop}-${name}`, "app-1"));

    stack.change(program(2, 1));
    const newer = await ok(stack.up());
    const all = ["same of-brief", "same of-nightly", "same of-once"];
    expect(stepsOf(newer)).toEqual(
      expect.arrayContaining(["update nightly", "create-replacement once", ...all]),
    );
    expect(outputsOf(newer, "nightly")["backupName"]).not.toBe(nightly?.["backupName"]);
    expect(outputsOf(newer, "once")["backupName"]).not.toBe(once?.["backupName"]);
    await Promise.all([nightly, once].map((restore) => deleteByHand(east, restore?.["backupName"])));
    await waitUntil(
      "the expired backup is gone",
      async () => ((await veleroObject(east, "backups", brief?.["backupName"])) ? undefined : true),
      { timeoutMs: 120_000 },
    );
    const isThere = async (restoreName: unknown) =>
      Boolean(await east.kubernetes.get(restorePath(restoreName)));
    for (const restore of [nightly, once, brief]) expect(await isThere(restore?.["restoreName"])).toBe(false);
    const deleted = await ok(stack.up({ refresh: true, expectNoChanges: true }));
    expect(stepsOf(deleted)).toEqual(expect.arrayContaining(all));
    expect(of(deleted, "brief")).toMatchObject({ health: "Healthy", phase: "Completed" });
    expect(of(deleted, "once")["backupName"]).toBe(once?.["backupName"]);
    for (const name of ["nightly", "once", "brief"]) expect(await isBack(name), name).toBe(false);

    stack.change(program(2, 2));
    const again = await upAll(stack);
    expect(complaintsIn(again)).toEqual([
      expect.stringContaining(
        `backup: there is no Backup ${String(brief?.["backupName"])} of cluster "east"`,
      ),
    ]);
    for (const name of ["nightly", "once"]) {
      const { restoreName, ...outputs } = of(again, name);
      const { backupName } = outputsOf(newer, name);
      expect(outputs).toMatchObject({ phase: "Completed", created: 1, backupName });
      expect(await isThere(restoreName)).toBe(true);
      expect(await isBack(name), name).toBe(true);
    }
    expect(await isBack("brief")).toBe(false);
  }, 600_000);

  /** By name of the resource. More than one of a name: an error. */
  async function begunBy(stack: Stack): Promise<Record<string, KubernetesObject>> {
    const restores = await restoresOf(east, stack);
    const named = restores.map((restore) => [restore.metadata.name.split("-")[0] ?? "", restore] as const);
    expect(new Set(named.map(([name]) => name)).size).toBe(restores.length);
    return Object.fromEntries(named);
  }

  test("what an up had begun that was killed before, while, when or after it restores, with its engine or without", async () => {
    const [small, large] = [await createNamespace(east, "small"), await createNamespace(east, "large")];
    await seedNamespace(east, small, { objects: 4 });
    await seedNamespace(east, large, { objects: 300 });
    // Rules are a ConfigMap, which comes before the Restore.
    const begun = `
      const { SMALL, LARGE } = process.env;
      const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
      const backup = new velero.ClusterBackup("all", { location, cluster: "east", includedNamespaces: [SMALL, LARGE], volumes: "none" });
      const restore = (name, args) => new velero.Restore(name, {
        backup, cluster: "east", includedNamespaces: [SMALL], namespaceMapping: { "*": "*-" + name }, ...args,
      });
      restore("before", { resourceModifiers: [{
        conditions: { groupResource: "configmaps" },
        mergePatches: [{ patchData: JSON.stringify({ data: { greeting: "hello from before" } }) }],
      }] });
      restore("lost"); restore("roomed", { drill: true });`;
    const further = (month: string) => `${begun}
      restore("ended"); restore("settled"); restore("cleared", { drill: true });
      restore("left", { drill: true, triggers: ["${month}"] });
      restore("running", { includedNamespaces: [LARGE] });`;
    const gate = await apiGate(east);
    const stack = await stackOn(sandbox, begun, {
      env: { SMALL: small, LARGE: large, EAST_KUBECONFIG: gate.kubeconfig },
    });

    const first: Record<string, Point> = {
      before: { at: isBeginning("before") },
      lost: { at: isBeginning("lost"), isDone: true },
      roomed: { at: isBeginning("roomed") },
    };
    let reached = holdAt(gate, first);
    let run = stack.start("up");
    await standsAt(reached, first);
    await run.killEngine();
    letPass(gate);
    await stack.cancel();
    expect(await modifiersOf(east, stack)).toHaveLength(2);
    // A drill has made its room, marked so that the next up finds it, and no backup takes it up.
    expect((await namespaceIn(east, `${small}-roomed`))?.metadata.labels).toMatchObject({
      "pulumi-velero.io/drill": "true",
      "velero.io/exclude-from-backup": "true",
    });
    const { lost, ...none } = await begunBy(stack);
    expect([lost?.metadata.name, none]).toEqual([expect.any(String), {}]);

    const second: Record<string, Point> = {
      ended: { at: isSettling("ended") },
      settled: { at: isSettling("settled"), isDone: true },
      cleared: { at: isClearing("cleared") },
      left: { at: isSettling("left") },
    };
    stack.change(further("November"));
    reached = holdAt(gate, second);
    const { onRequest } = gate;
    gate.onRequest = async (asked) => {
      // The large one comes last: what is restored meanwhile waits for it.
      if (isBeginning("running")(asked)) await standsAt(reached, second);
      await onRequest(asked);
    };
    run = stack.start("up");
    await standsAt(reached, second);
    const { left, ...known } = await waitUntil(
      "the large one is under way",
      async () => {
        const restores = await begunBy(stack);
        return restores["running"]?.status?.["phase"] === "InProgress" ? restores : undefined;
      },
      { intervalMs: 20 },
    );
    await run.killProvider();
    expect((await run.result).ok).toBe(false);
    letPass(gate);
    for (const [name, settled] of Object.entries({ ended: undefined, settled: "true", cleared: "true" })) {
      expect(known[name]?.status).toMatchObject({ phase: "Completed" });
      expect(known[name]?.metadata.labels?.["pulumi-velero.io/accepted"]).toBe(settled);
    }
    for (const name of ["cleared", "left"])
      expect(await namespaceIn(east, `${small}-${name}`), name).toBeDefined();

    // The drill of another month goes on with nothing, and clears what the killed one has made.
    stack.change(further("December"));
    const up = await ok(stack.up());
    const restores = await begunBy(stack);
    expect(restores["left"]?.metadata.uid).not.toBe(left?.metadata.uid);
    // A drill makes its namespace itself.
    const created: Record<string, number> = { running: 301, cleared: 4, left: 4, roomed: 4 };
    expect(Object.keys(restores).toSorted()).toEqual(
      ["before", "cleared", "ended", "left", "lost", "roomed", "running", "settled"].toSorted(),
    );
    for (const [name, restore] of Object.entries(restores)) {
      const outputs = outputsOf(up, name);
      expect(outputs, name).toMatchObject({
        phase: "Completed",
        health: "Healthy",
        restoreName: restore.metadata.name,
        backupName: outputsOf(up, "all")["backupName"],
        created: created[name] ?? 5,
        failed: 0,
      });
      expect(outputs, name).not.toHaveProperty("unfinished");
      expect(incarnationOf(restore), name).toBe(outputs["incarnation"]);
      expect(known[name]?.metadata.uid ?? restore.metadata.uid, name).toBe(restore.metadata.uid);
    }
    expect(lost?.metadata.uid).toBe(restores["lost"]?.metadata.uid);
    // Velero keeps a folder for each restore that it has ever run.
    const keys = await sandbox.minio.objectKeys(stack.bucket, "east/restores/");
    expect([...new Set(keys.map((key) => key.split("/")[2]))].toSorted()).toEqual(
      Object.values(restores)
        .map(({ metadata }) => metadata.name)
        .toSorted(),
    );
    for (const name of ["cleared", "left", "roomed"]) {
      expect(outputsOf(up, name), name).toMatchObject({ verified: 5 });
      expect(await namespaceIn(east, `${small}-${name}`), name).toBeUndefined();
    }
    expect(await contentsOf(east, `${large}-running`)).toHaveLength(300);
    const changed = await east.kubernetes.get(pathOf("configmaps", `${small}-before`, "app-1"));
    expect(changed).toMatchObject({ data: { greeting: "hello from before" } });

    await ok(stack.up({ refresh: true, expectNoChanges: true }));
    await ok(stack.destroy());
    expect([await restoresOf(east, stack), await modifiersOf(east, stack)]).toEqual([[], []]);
    expect(await sandbox.minio.objectKeys(stack.bucket, "east/restores/")).toEqual([]);
  }, 600_000);

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

  test("the backup that began last, whatever digits are in its name; and, where its cluster has gone for good, what the bucket alone holds, by every way to say which, and nobody's data for another's", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(west, shop, { objects: 0 });
    for (const { name, kubernetes } of [east, west])
      await kubernetes.create(pathOf("configmaps", shop), configMap("origin", { origin: name }));
    const write = (origin: string) =>
      east.kubernetes.patch(pathOf("configmaps", shop, "origin"), { data: { origin } });
    const [twin, weekly] = [uniqueName("twin"), uniqueName("weekly")];

    // What backs up, as long as there is something to back up.
    const written = (trigger: string, more = "") => `
      const { SHOP } = process.env;
      const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
      const nightly = new velero.ClusterBackup("nightly", {
        location, cluster: "east", includedNamespaces: [SHOP], schedule: "0 3 29 2 *", skipImmediately: true,
        runNow: true, triggers: ["${trigger}"],
      });
      new velero.WorkspaceBackup("payments", { location, clusters: "all", includedNamespaces: [SHOP] }, { dependsOn: nightly });
      exports.location = location.clusters.east.locationName;
      exports.backup = nightly.backupName;
      ${more}`;
    const lookedUp = `
      const blind = velero.locationFrom("blind", location.handle, { clusters: { east } });
      const restore = (name, backup) => new velero.Restore(name, {
        backup, cluster: "east", namespaceMapping: { "*": "*-" + name },
      }, { dependsOn: nightly });
      restore("owned", nightly);
      restore("blindly", { location: blind, from: "east", schedule: "nightly" });
      const of = { location, cluster: "east", schedule: "nightly" };
      exports.latest = velero.getLatestBackupOutput(of, { dependsOn: nightly });
      exports.stored = velero.getBackupsOutput({ ...of, from: "store" }, { dependsOn: nightly });`;
    const writer = await stackOn(sandbox, written("first"), { env: { SHOP: shop } });
    await write("east-1");
    const first = String((await ok(writer.up())).outputs["backup"]);
    const older = await cloneAnHourBefore(sandbox, east, writer.bucket, first);
    await sleep(1_100);
    const between = new Date().toISOString();
    await write("east-2");
    writer.change(written("second", lookedUp));
    const run = await ok(writer.up());
    const second = String(run.outputs["backup"]);
    expect(older > second && second > first).toBe(true);
    for (const name of ["owned", "blindly"])
      expect(outputsOf(run, name), name).toMatchObject({ backupName: second, phase: "Completed" });
    expect(run.outputs["latest"]).toMatchObject({ name: second });
    const stored = run.outputs["stored"] as { name: string }[];
    expect(stored.map(({ name }) => name)).toEqual([second, first, older]);
    await backUp(east, twin, shop, run.outputs["location"]);
    await sleep(1_100);
    await backUp(east, weekly, shop, run.outputs["location"]);
    await east.velero.stop();
    await east.api.stop();

    // Who rescues has the bucket, and a cluster that is in use and has backups of its own.
    const rescue = (reads = "", more = "") => `
      const { TWIN, FIRST, BETWEEN } = process.env;
      const old = { offline: true, prefix: "east" };
      const location = new velero.BackupLocation("rescue", {
        storage, clusters: { old, west: { ...west, prefix: "rescue", ${reads} } },
      });
      const blind = velero.locationFrom("blind", location.handle, { clusters: { old: { offline: true }, west } });
      const restore = (name, backup, args = { cluster: "west" }) =>
        new velero.Restore(name, { backup: { location, ...backup }, namespaceMapping: { "*": "*-" + name }, ...args });
      exports.location = location.clusters.west.locationName;
      ${more}`;
    const stack = await stackOn(sandbox, rescue(), {
      bucket: writer.bucket,
      env: { TWIN: twin, FIRST: first, BETWEEN: between },
    });
    const { outputs } = await ok(stack.up());
    // One of the same name, and a newer one of the same schedule.
    for (const name of [twin, `${weekly}-2`]) await backUp(west, name, shop, outputs["location"]);
    stack.change(
      rescue(
        'reads: ["old"],',
        `
        restore("named", { from: "old", backupName: FIRST });
        restore("newest", { from: "old", schedule: "nightly" });
        restore("earlier", { from: "old", schedule: "nightly", before: BETWEEN });
        restore("together", { workspace: "payments" }, { clusterMapping: { old: "west" } });
        restore("unseen", { location: blind, from: "old", backupName: FIRST });
        restore("twin", { from: "old", backupName: TWIN });
        restore("labelled", { from: "old", schedule: "weekly" });`,
      ),
    );
    expect(complaintsIn(await upAll(stack))).toEqual([
      `backup: Backup velero/${twin} in cluster "west" is another one, of location "${String(outputs["location"])}": Velero tells ` +
        "backups apart by their names alone, and would restore it instead. Restore another backup, or into another cluster; " +
        `or delete that one, with its data, if nobody needs it: velero -n velero backup delete ${twin}.`,
    ]);
    expect(await restoresOf(west, stack)).toHaveLength(6);
    expect(await namespaceIn(west, `${shop}-twin`)).toBeUndefined();

    // As the message says.
    await deleteByHand(west, twin);
    await waitUntil("west's own backup is gone", async () => {
      const left = await sandbox.minio.objectKeys(stack.bucket, `rescue/backups/${twin}/`);
      return left.length === 0 || undefined;
    });
    const up = await ok(stack.up({ refresh: true }));
    expect(stepsOf(up).filter((step) => !/^(same|refresh) /.test(step))).toEqual(["create twin"]);
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
    expect(outputsOf(up, "newest")["backupName"]).toBe(second);
    expect(outputsOf(up, "labelled")["backupName"]).toBe(weekly);
    expect(outputsOf(up, "together")["byCluster"]).toMatchObject({ old: { phase: "Completed" } });
    const keys = await sandbox.minio.objectKeys(stack.bucket, "east/backups/");
    await ok(stack.destroy());
    expect(await restoresOf(west, stack)).toEqual([]);
    expect(await originIn("twin")).toEqual({ origin: "east-2" });
    expect(await sandbox.minio.objectKeys(stack.bucket, "east/backups/")).toEqual(keys);
  }, 600_000);
});
