import { expect, test } from "vitest";
import { rbac } from "../../sdk/index.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { complaintsIn } from "./complaints.ts";
import { dataKeys, passingStack, resourceList } from "./observe.ts";
import { contentsOf, namespaceIn, ok, outputsOf } from "./restore-stack.ts";
import { veleroWith } from "./velero-with.ts";

const program = (more: string) => `
  const { SHOP, NAMESPACE } = process.env;
  const clusters = { east: { ...east, namespace: NAMESPACE } };
  const location = new velero.BackupLocation("primary", { storage, clusters });
  const backup = new velero.ClusterBackup("once", {
    location, cluster: "east", includedNamespaces: [SHOP], volumes: "none",
  });
  ${more}`;

const restore = (trigger: string) => `new velero.Restore("copied", {
    backup, cluster: "east", namespaceMapping: { "*": "*-copy" }, verify: true, triggers: ["${trigger}"],
  });`;

describeOnSandbox("A Velero with the rights of rbac.server", (sandbox) => {
  const east = sandbox.cluster("east");
  /** An administrator's: those of other scenarios have rights in the first Velero's namespace alone. */
  const environment = (shop: string, namespace: string) => ({
    SHOP: shop,
    NAMESPACE: namespace,
    EAST_KUBECONFIG: east.kubeconfig,
  });

  test("takes whole backups, restores nothing, and restores all kinds that are added", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 6 });
    const { namespace, allow } = await veleroWith(sandbox, east, rbac.server());
    const stack = await passingStack(sandbox, program(""), { env: environment(shop, namespace) });

    const up = await ok(stack.up());
    expect(outputsOf(up, "once")).toMatchObject({ phase: "Completed", warnings: 0 });
    const name = outputsOf(up, "once")["backupName"];
    expect(await dataKeys(sandbox, stack.bucket, `east/backups/${String(name)}/`)).not.toEqual([]);
    const stored = await resourceList(sandbox, stack.bucket, "east", name);
    expect(stored["v1/Namespace"]).toEqual([shop]);
    expect(Object.values(stored).flat().length).toBeGreaterThanOrEqual(7);

    stack.change(program(restore("first")));
    const refused = await stack.up();
    expect(refused.ok).toBe(false);
    expect(complaintsIn(refused).join("\n")).toMatch(/forbidden/);
    expect(await namespaceIn(east, `${shop}-copy`)).toBeUndefined();

    await allow(rbac.server({ restores: [{ apiGroups: ["", "apps", "batch"], resources: ["*"] }] }));
    stack.change(program(restore("second")));
    const restored = await ok(stack.up());
    expect(outputsOf(restored, "copied")).toMatchObject({ phase: "Completed", failed: 0, health: "Healthy" });
    expect((await contentsOf(east, `${shop}-copy`))?.length).toBeGreaterThanOrEqual(6);
  }, 240_000);

  test("that reads some kinds backs up those, and what it may not read is an error in the backup", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 6 });
    const reads = [{ apiGroups: [""], resources: ["configmaps"] }];
    const { namespace } = await veleroWith(sandbox, east, rbac.server({ reads }));
    const narrow = program("").replace("volumes:", 'includedResources: ["configmaps"], volumes:');
    const stack = await passingStack(sandbox, narrow, { env: environment(shop, namespace) });
    const up = await ok(stack.up());
    expect(outputsOf(up, "once")).toMatchObject({ phase: "Completed" });

    stack.change(program("").replace('"once"', '"whole"'));
    const failed = await stack.up();
    expect(failed.ok).toBe(false);
    expect(complaintsIn(failed).join("\n")).toMatch(/forbidden/);
  }, 240_000);
});
