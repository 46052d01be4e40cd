import { expect, test } from "vitest";
import { rbac } from "../../sdk/index.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { complaintsOf } from "./complaints.ts";
import { dataKeys, passingStack, resourceList } from "./observe.ts";
import { contentsOf, namespaceIn, ok, outputsOf } from "./restore-stack.ts";
import { veleroWith } from "./velero-with.ts";

const program = (more: string) => `
  const { SHOP, NAMESPACE } = process.env;
  const clusters = { east: { ...east, namespace: NAMESPACE } };
  const location = new velero.BackupLocation("primary", { storage, clusters });
  const common = { location, cluster: "east", includedNamespaces: [SHOP], volumes: "none" };
  const whole = new velero.ClusterBackup("whole", common);
  ${more}`;

const restore = (trigger: string) => `new velero.Restore("copied", {
    backup: whole, cluster: "east", namespaceMapping: { "*": "*-copy" }, verify: true, triggers: ["${trigger}"],
  });`;

describeOnSandbox("A Velero with the rights of rbac.server", (sandbox) => {
  const east = sandbox.cluster("east");

  test("backs up what it may read, and what it may not is an error in the backup; it restores the kinds that are added", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 6 });
    const reads = [{ apiGroups: [""], resources: ["configmaps"] }];
    const { namespace, allow } = await veleroWith(sandbox, east, rbac.server({ reads }));
    // An administrator's kubeconfig: that of other scenarios has rights in the first Velero's namespace alone.
    const env = { SHOP: shop, NAMESPACE: namespace, EAST_KUBECONFIG: east.kubeconfig };
    const narrow = 'new velero.ClusterBackup("narrow", { ...common, includedResources: ["configmaps"] });';
    const stack = await passingStack(sandbox, program(narrow), { env });
    const partly = await stack.up({ continueOnError: true });
    expect(outputsOf(partly, "narrow")).toMatchObject({ phase: "Completed", health: "Healthy" });
    expect(complaintsOf(partly, "narrow")).toEqual([]);
    expect(complaintsOf(partly, "whole").join("\n")).toMatch(/forbidden/);

    await allow(rbac.server());
    stack.change(program(restore("first")));
    const refused = await stack.up({ continueOnError: true });
    expect(outputsOf(refused, "whole")).toMatchObject({ phase: "Completed", warnings: 0, health: "Healthy" });
    const name = outputsOf(refused, "whole")["backupName"];
    expect(await dataKeys(sandbox, stack.bucket, `east/backups/${String(name)}/`)).not.toEqual([]);
    const stored = await resourceList(sandbox, stack.bucket, "east", name);
    expect(stored["v1/Namespace"]).toEqual([shop]);
    expect(Object.values(stored).flat().length).toBeGreaterThanOrEqual(7);
    expect(complaintsOf(refused, "copied").join("\n")).toMatch(/forbidden/);
    expect(await namespaceIn(east, `${shop}-copy`)).toBeUndefined();

    await allow(rbac.server({ restores: [{ apiGroups: ["", "apps", "batch"], resources: ["*"] }] }));
    stack.change(program(restore("second")));
    const restored = await ok(stack.up());
    expect(outputsOf(restored, "copied")).toMatchObject({ phase: "Completed", failed: 0, health: "Healthy" });
    expect((await contentsOf(east, `${shop}-copy`))?.length).toBeGreaterThanOrEqual(6);
  }, 420_000);
});
