import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { passingStack } from "./observe.ts";
import { complaintsIn } from "./complaints.ts";
import {
  configMap,
  contentsOf,
  modifiersOf,
  ok,
  outputsOf,
  pathOf,
  restorePath,
  restoresOf,
} from "./restore-stack.ts";
import { messagesOf, stepsOf } from "./stack.ts";

interface Program {
  /** Options of the Restore. */
  more?: string;
  drill?: string;
  /** The names of the Restore and of its backup, which were called "back" and "once" at first. */
  names?: [string, string];
  triggers?: number;
}

const program = ({ more = "", drill = "true", names = ["back", "once"], triggers = 1 }: Program) => `
  const { SHOP } = process.env;
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const backup = new velero.ClusterBackup("${names[1]}", {
    location, cluster: "east", includedNamespaces: [SHOP], volumes: "none",
  }, { aliases: [{ name: "once" }] });
  const conditions = { groupResource: "secrets" };
  exports.plan = new velero.Restore("${names[0]}", {
    backup, cluster: "east", namespaceMapping: { [SHOP]: SHOP + "-back" }, triggers: [${triggers}],
    resourceModifiers: [{ conditions, mergePatches: [{ patchData: '{"metadata":{"labels":{"back":"yes"}}}' }] }], ${more}
  }, { aliases: [{ name: "back" }] }).plan;
  new velero.Restore("drill", { backup, cluster: "east", namespaceMapping: { "*": "*-drill" }, drill: ${drill} });`;

describeOnSandbox("A Restore that is done", (sandbox) => {
  const east = sandbox.cluster("east");

  test("restores nothing again when an option changes, its object has gone or it is renamed; is compared where it is; clears a drill that is not kept any more; follows its triggers; and leaves what it has restored", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 8 });
    const kept = { drill: "{ keep: true }" };
    const stack = await passingStack(sandbox, program(kept), { env: { SHOP: shop } });
    const first = await ok(stack.up());
    const { restoreName } = outputsOf(first, "back");
    const names = async () =>
      (await restoresOf(east, stack))
        .map(({ metadata }) => metadata.name)
        .filter((name) => !name.startsWith("drill-"));
    const back = `${shop}-back`;
    expect(await contentsOf(east, `${shop}-drill`)).toHaveLength(8);
    const original = await east.kubernetes.get(pathOf("configmaps", back, "app-1"));
    await east.kubernetes.delete(pathOf("configmaps", back, "app-1"));

    stack.change(program({ ...kept, more: "verify: true" }));
    const failed = await stack.up();
    expect(complaintsIn(failed)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^verify: 1 of \\d+ objects in Restore velero/${String(restoreName)} in cluster "east" are not as the backup has them: ` +
            `configmaps ${back}/app-1 is not there`,
        ),
      ),
    ]);
    expect(await names()).toEqual([restoreName]);
    expect(await contentsOf(east, back)).not.toContain("configmaps app-1");
    expect(outputsOf(failed, "back")).toMatchObject({ health: "Unhealthy" });

    // Mended by hand, as the message says.
    const data = original?.["data"] as Record<string, string>;
    await east.kubernetes.create(pathOf("configmaps", back), configMap("app-1", data));
    const compared = outputsOf(await ok(stack.up()), "back");
    expect(compared).toMatchObject({ restoreName, health: "Healthy", phase: "Completed" });
    expect(compared["verified"]).toBeGreaterThanOrEqual(8);

    const others = `allowPartialFailure: true, timeouts: { create: "2h" }, itemOperationTimeout: "8h",
      uploaderConfig: { parallelFilesDownload: 2 }, existingResourcePolicy: "none",`;
    await east.kubernetes.delete(pathOf("configmaps", back, "app-2"));
    stack.change(program({ more: others }));
    const foreseen = await ok(stack.preview());
    expect(stepsOf(foreseen)).toEqual(expect.arrayContaining(["update back", "update drill"]));
    expect(messagesOf(foreseen)).not.toContain("plan:");
    const changed = await ok(stack.up());
    expect(stepsOf(changed)).toContain("update back");
    expect(await names()).toEqual([restoreName]);
    const drilled = outputsOf(first, "drill");
    expect(drilled["verified"]).toBe(9);
    expect(outputsOf(changed, "drill")).toMatchObject({ restoreName: drilled["restoreName"], verified: 9 });
    expect(await contentsOf(east, `${shop}-drill`)).toBeUndefined();

    await east.kubernetes.delete(restorePath(restoreName));
    await waitUntil("the Restore object is gone", async () => (await names()).length === 0 || undefined);
    stack.change(program({ more: `${others} verify: true` }));
    expect(complaintsIn(await stack.up())).toEqual([
      expect.stringMatching(/^verify: 1 of \d+ objects .*configmaps \S+\/app-2 is not there/),
    ]);
    const renamed: Program = { more: others, names: ["returned", "renamed"] };
    stack.change(program(renamed));
    const moved = await ok(stack.up());
    expect(stepsOf(moved)).toEqual(expect.arrayContaining(["update returned", "update renamed"]));
    expect(stepsOf(moved)).not.toContainEqual(expect.stringContaining("repla"));
    const { backupName } = outputsOf(first, "back");
    expect(outputsOf(moved, "returned")).toMatchObject({ health: "Healthy", restoreName, backupName });
    await ok(stack.up({ refresh: true, expectNoChanges: true }));
    expect(await names()).toEqual([]);
    expect(await contentsOf(east, back)).not.toContain("configmaps app-2");

    stack.change(program({ ...renamed, triggers: 2 }));
    const preview = await ok(stack.preview());
    expect(stepsOf(preview)).toContain("replace returned");
    expect(preview.outputs["plan"]).toEqual({
      create: 1,
      exists: 8,
      update: 0,
      notRestorable: 0,
      missingKinds: [],
    });
    const again = outputsOf(await ok(stack.up()), "returned");
    expect(again).toMatchObject({ phase: "Completed", created: 1 });
    expect(await names()).toEqual([again["restoreName"]]);
    expect(again["restoreName"]).not.toBe(restoreName);
    expect(await contentsOf(east, back)).toContain("configmaps app-2");

    await ok(stack.destroy());
    expect([await restoresOf(east, stack), await modifiersOf(east, stack)]).toEqual([[], []]);
    expect(await contentsOf(east, back)).toHaveLength(8);
  }, 300_000);
});
