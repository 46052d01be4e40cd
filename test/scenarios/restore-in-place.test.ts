import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { complaintsIn } from "./complaints.ts";
import { passingStack } from "./observe.ts";
import { configMap, contentsOf, ok, outputsOf, pathOf, restorePath, restoresOf } from "./restore-stack.ts";
import { messagesOf, stepsOf } from "./stack.ts";

const program = (more = "") => `
  const { SHOP } = process.env;
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const backup = new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [SHOP], volumes: "none" });
  new velero.Restore("back", {
    backup, cluster: "east", namespaceMapping: { [SHOP]: SHOP + "-back" }, ${more}
  });`;

describeOnSandbox("A Restore that is done", (sandbox) => {
  const east = sandbox.cluster("east");

  test("is compared where it is when that is asked for, and no option that changes nothing of it restores again", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 8 });
    const stack = await passingStack(sandbox, program(), { env: { SHOP: shop } });
    const { restoreName } = outputsOf(await ok(stack.up()), "back");
    const names = async () => (await restoresOf(east, stack)).map(({ metadata }) => metadata.name);
    const back = `${shop}-back`;
    const original = await east.kubernetes.get(pathOf("configmaps", back, "app-1"));
    await east.kubernetes.delete(pathOf("configmaps", back, "app-1"));

    stack.change(program("verify: true"));
    const preview = await ok(stack.preview());
    expect(stepsOf(preview)).toContain("update back");
    expect(messagesOf(preview)).not.toContain("plan:");
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
    expect(outputsOf(await ok(stack.refresh()), "back")).toMatchObject({ health: "Unhealthy" });

    // Mended by hand, as the message says.
    await east.kubernetes.create(
      pathOf("configmaps", back),
      configMap("app-1", original?.["data"] as Record<string, string>),
    );
    const compared = outputsOf(await ok(stack.up()), "back");
    expect(compared).toMatchObject({ restoreName, health: "Healthy", phase: "Completed" });
    expect(compared["verified"]).toBeGreaterThanOrEqual(8);
    await ok(stack.up({ refresh: true, expectNoChanges: true }));

    const others = `allowPartialFailure: true, timeouts: { create: "2h" }, itemOperationTimeout: "8h",
      uploaderConfig: { parallelFilesDownload: 2 }, existingResourcePolicy: "none",`;
    await east.kubernetes.delete(pathOf("configmaps", back, "app-2"));
    stack.change(program(others));
    expect(stepsOf(await ok(stack.preview()))).toContain("update back");
    expect(stepsOf(await ok(stack.up()))).toContain("update back");
    expect(await names()).toEqual([restoreName]);

    await east.kubernetes.delete(restorePath(restoreName));
    await waitUntil("the Restore object is gone", async () =>
      (await names()).length === 0 ? true : undefined,
    );
    stack.change(program(`${others} verify: true`));
    expect(complaintsIn(await stack.up())).toEqual([
      expect.stringMatching(/^verify: 1 of \d+ objects .*configmaps \S+\/app-2 is not there/),
    ]);
    stack.change(program(`${others} verify: false`));
    expect(outputsOf(await ok(stack.up()), "back")).toMatchObject({ health: "Healthy", restoreName });
    await ok(stack.up({ refresh: true, expectNoChanges: true }));
    expect(await names()).toEqual([]);
    expect(await contentsOf(east, back)).not.toContain("configmaps app-2");
  }, 360_000);

  test("leaves a drill that was kept, and clears it away once it is not to be kept any more", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const stack = await passingStack(sandbox, program("drill: { keep: true }"), { env: { SHOP: shop } });
    const kept = outputsOf(await ok(stack.up()), "back");
    expect(await contentsOf(east, `${shop}-back`)).toHaveLength(4);
    stack.change(program("drill: true"));
    expect(stepsOf(await ok(stack.preview()))).toContain("update back");
    const cleared = outputsOf(await ok(stack.up()), "back");
    expect(cleared).toMatchObject({ restoreName: kept["restoreName"], verified: kept["verified"] });
    expect(await contentsOf(east, `${shop}-back`)).toBeUndefined();
    expect(await restoresOf(east, stack)).toHaveLength(1);
    await ok(stack.up({ refresh: true, expectNoChanges: true }));
  }, 240_000);
});
