import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { complaintsIn } from "./complaints.ts";
import { deleteByHand } from "./delete-by-hand.ts";
import { passingStack, veleroObject } from "./observe.ts";
import { contentsOf, modifiersOf, ok, outputsOf, pathOf, restorePath, restoresOf } from "./restore-stack.ts";
import { messagesOf, type Stack, stepsOf } from "./stack.ts";

interface Program {
  /** Triggers of the backups and of the restores: a change is another one. */
  nightly?: number;
  once?: number;
  again?: number;
  briefAgain?: number;
  body?: string;
}

/** Backups of the same namespace one after another: Velero leaves those that come together waiting for a minute. */
const program = ({ nightly = 1, once = 1, again = 1, briefAgain = 1, body = ofThree }: Program = {}) => `
  const { SHOP } = process.env;
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  let last = location;
  const backup = (name, args, opts) => last = new velero.ClusterBackup(name, {
    location, cluster: "east", includedNamespaces: [SHOP], volumes: "none", ...args,
  }, { dependsOn: last, ...opts });
  const nightly = (opts) => backup("nightly", {
    schedule: "0 3 29 2 *", skipImmediately: true, runNow: true, triggers: [${nightly}],
  }, opts);
  const once = (name, opts) => backup(name, { triggers: [${once}] }, opts);
  const conditions = { groupResource: "secrets" };
  const restore = (name, backup, to, opts) => new velero.Restore(name, {
    backup, cluster: "east", namespaceMapping: { [SHOP]: SHOP + "-" + to }, triggers: [to === "brief" ? ${briefAgain} : ${again}],
    resourceModifiers: [{ conditions, mergePatches: [{ patchData: '{"metadata":{"labels":{"back":"yes"}}}' }] }],
  }, opts);
  ${body}`;

const ofThree = `
  restore("of-nightly", nightly(), "nightly");
  restore("of-once", once("once"), "once");
  restore("of-brief", backup("brief", { ttl: "75s" }), "brief");`;

const ofOne = `exports.plan = restore("back", once("once"), "back").plan;`;
const ofOneRenamed = `
  const renamed = once("renamed", { aliases: [{ name: "once" }] });
  exports.plan = restore("returned", renamed, "back", { aliases: [{ name: "back" }] }).plan;`;

const veleroFlags = [
  // What has expired goes at once, not within the hour.
  "--garbage-collection-frequency=3s",
  // The file with a location's keys is written anew for each look at it, which fails a backup that reads it meanwhile.
  "--store-validation-frequency=1m",
  "--backup-sync-period=0",
];

// A sandbox of its own: Velero is to remove what has expired while one waits.
describeOnSandbox("A Restore that is done", () => {
  let sandbox: Sandbox;
  let east: SandboxCluster;
  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: [{ name: "east", veleroFlags }] });
    east = sandbox.cluster("east");
  });
  afterAll(() => sandbox.stop());

  /** A stack whose restores are done, and of each one ConfigMap that was deleted afterwards. */
  async function begin(body: string, names: readonly string[]) {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 8 });
    const stack = await passingStack(sandbox, program({ body }), { env: { SHOP: shop } });
    const up = await ok(stack.up());
    const targets = names.map((name) => `${shop}-${name}`);
    for (const target of targets) await east.kubernetes.delete(pathOf("configmaps", target, "app-1"));
    return { stack, up, targets };
  }

  const change = (stack: Stack, changed: Program) => stack.change(program(changed));

  async function expectNothingRestored(targets: readonly string[]): Promise<void> {
    for (const target of targets) {
      const contents = await contentsOf(east, target);
      expect(contents).toContain("configmaps app-2");
      expect(contents).not.toContain("configmaps app-1");
    }
  }

  const stepsOfRestores = (run: RunResult) =>
    stepsOf(run)
      .filter((step) => / of-/.test(step))
      .toSorted();

  const backupGone = (name: unknown) =>
    waitUntil(
      `Backup ${String(name)} is gone`,
      async () => ((await veleroObject(east, "backups", name)) ? undefined : true),
      { timeoutMs: 120_000 },
    );

  const isThere = async (restoreName: unknown) =>
    (await east.kubernetes.get(restorePath(restoreName))) !== undefined;

  test("restores nothing again when its backup is followed by another, replaced, deleted or expired; its triggers do", async () => {
    const { stack, up, targets } = await begin(ofThree, ["nightly", "once", "brief"]);
    const all = ["same of-brief", "same of-nightly", "same of-once"];
    const [nightly, once, brief] = ["of-nightly", "of-once", "of-brief"].map((name) => outputsOf(up, name));

    change(stack, { nightly: 2, once: 2 });
    const newer = await ok(stack.up());
    expect(stepsOf(newer)).toEqual(
      expect.arrayContaining(["update nightly", "create-replacement once", ...all]),
    );
    expect(outputsOf(newer, "nightly")["backupName"]).not.toBe(nightly?.["backupName"]);
    expect(outputsOf(newer, "once")["backupName"]).not.toBe(once?.["backupName"]);
    const afterwards = await ok(stack.up({ refresh: true, expectNoChanges: true }));
    expect(outputsOf(afterwards, "of-once")["backupName"]).toBe(once?.["backupName"]);
    await expectNothingRestored(targets);

    await Promise.all([nightly, once].map((restore) => deleteByHand(east, restore?.["backupName"])));
    await backupGone(brief?.["backupName"]);
    for (const restore of [nightly, once, brief]) expect(await isThere(restore?.["restoreName"])).toBe(false);
    const deleted = await ok(stack.up({ refresh: true, expectNoChanges: true }));
    expect(stepsOfRestores(deleted)).toEqual(expect.arrayContaining(all));
    expect(outputsOf(deleted, "of-brief")).toMatchObject({ health: "Healthy", phase: "Completed" });
    await expectNothingRestored(targets);

    const by = { nightly: 2, once: 2, again: 2 };
    change(stack, by);
    const again = await ok(stack.up());
    for (const [name, source] of Object.entries({ "of-nightly": "nightly", "of-once": "once" })) {
      const { restoreName, ...outputs } = outputsOf(again, name);
      const { backupName } = outputsOf(newer, source);
      expect(outputs).toMatchObject({ phase: "Completed", created: 1, backupName });
      expect(await isThere(restoreName)).toBe(true);
    }
    const [ofNightly = "", ofOnce = "", ofBrief = ""] = targets;
    for (const target of [ofNightly, ofOnce])
      expect(await contentsOf(east, target)).toContain("configmaps app-1");

    change(stack, { ...by, briefAgain: 2 });
    const failed = await stack.up();
    expect(complaintsIn(failed)).toEqual([
      expect.stringContaining(
        `backup: there is no Backup ${String(brief?.["backupName"])} of cluster "east"`,
      ),
    ]);
    await expectNothingRestored([ofBrief]);
  }, 360_000);

  test("restores nothing again when its object has gone or it is renamed, and leaves what it has restored when it is destroyed", async () => {
    const { stack, up, targets } = await begin(ofOne, ["back"]);
    const [target = ""] = targets;
    const first = outputsOf(up, "back");

    change(stack, { body: ofOneRenamed });
    const foreseen = await ok(stack.preview());
    expect(stepsOf(foreseen)).not.toContainEqual(expect.stringContaining("repla"));
    const renamed = await ok(stack.up());
    expect(stepsOf(renamed)).toEqual(expect.arrayContaining(["update returned"]));
    expect(outputsOf(renamed, "returned")).toMatchObject({
      restoreName: first["restoreName"],
      backupName: first["backupName"],
    });
    await ok(stack.up({ refresh: true, expectNoChanges: true }));
    expect((await restoresOf(east, stack)).map(({ metadata }) => metadata.name)).toEqual([
      first["restoreName"],
    ]);
    await expectNothingRestored(targets);

    await east.kubernetes.delete(restorePath(first["restoreName"]));
    await waitUntil("the Restore object is gone", async () =>
      (await isThere(first["restoreName"])) ? undefined : true,
    );
    await ok(stack.up({ refresh: true, expectNoChanges: true }));
    expect(await restoresOf(east, stack)).toEqual([]);
    await expectNothingRestored(targets);

    change(stack, { body: ofOneRenamed, again: 2 });
    const preview = await ok(stack.preview());
    expect(stepsOf(preview)).toContain("replace returned");
    expect(preview.outputs["plan"]).toEqual({
      create: 1,
      exists: 8,
      update: 0,
      notRestorable: 0,
      missingKinds: [],
    });
    const again = await ok(stack.up());
    const second = outputsOf(again, "returned");
    expect(second).toMatchObject({ phase: "Completed", created: 1 });
    expect(second["restoreName"]).not.toBe(first["restoreName"]);
    expect(await contentsOf(east, target)).toContain("configmaps app-1");
    expect(await restoresOf(east, stack)).toHaveLength(1);
    expect(await modifiersOf(east, stack)).toHaveLength(1);

    const destroy = await stack.destroy();
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    expect(await restoresOf(east, stack)).toEqual([]);
    expect(await modifiersOf(east, stack)).toEqual([]);
    expect(await contentsOf(east, target)).toHaveLength(8);
  }, 120_000);
});
