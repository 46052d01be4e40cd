import { expect, onTestFinished, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { passingStack } from "./observe.ts";
import { contentsOf, modifiersOf, ok, outputsOf, pathOf } from "./restore-stack.ts";

const base = `
  const { SHOP, OLD, NEW } = process.env;
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const backup = new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [SHOP], volumes: "none" });`;

describeOnSandbox("A Restore", (sandbox) => {
  const east = sandbox.cluster("east");
  const { kubernetes } = east;

  test("changes objects on their way in, by its own rules and by its mapping of storage classes, in a ConfigMap that goes with it", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 1 });
    const [old, fresh] = [await createClass("old"), await createClass("new")];
    await kubernetes.create(pathOf("persistentvolumeclaims", shop), claim("ledger", old));
    await kubernetes.create(pathOf("persistentvolumeclaims", shop), claim("archive", fresh));
    await kubernetes.create(pathOf("statefulsets", shop), {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "database" },
      spec: {
        replicas: 0,
        serviceName: "database",
        selector: { matchLabels: { app: "database" } },
        template: {
          metadata: { labels: { app: "database" } },
          spec: { containers: [{ name: "database", image: "database" }] },
        },
        volumeClaimTemplates: [claim("data", old), claim("log", fresh), claim("cache", "")],
      },
    });
    const rules = [
      {
        conditions: { groupResource: "configmaps", resourceNameRegex: "^app-", namespaces: [shop] },
        patches: [{ operation: "replace", path: "/data/greeting", value: "hello from the other side" }],
      },
      {
        conditions: { groupResource: "statefulsets.apps" },
        mergePatches: [{ patchData: '{"metadata":{"annotations":{"moved":"true"}}}' }],
      },
    ];
    const stack = await passingStack(
      sandbox,
      `${base}
       new velero.Restore("moved", {
         backup, cluster: "east", namespaceMapping: { [SHOP]: SHOP + "-moved" },
         storageClassMapping: { [OLD]: NEW, [NEW]: OLD }, resourceModifiers: ${JSON.stringify(rules)},
       });`,
      { env: { SHOP: shop, OLD: old, NEW: fresh } },
    );
    const up = await ok(stack.up());
    expect(outputsOf(up, "moved")).toMatchObject({ phase: "Completed", created: 5, failed: 0 });
    const moved = `${shop}-moved`;
    const classOf = async (name: string) =>
      (await kubernetes.get(pathOf("persistentvolumeclaims", moved, name)))?.spec?.["storageClassName"];
    expect(await classOf("ledger")).toBe(fresh);
    expect(await classOf("archive")).toBe(old);
    const database = await kubernetes.get(pathOf("statefulsets", moved, "database"));
    const templates = database?.spec?.["volumeClaimTemplates"] as { spec: { storageClassName: string } }[];
    expect(templates.map(({ spec }) => spec.storageClassName)).toEqual([fresh, old, ""]);
    expect(database?.metadata["annotations"]).toMatchObject({ moved: "true" });
    expect(await kubernetes.get(pathOf("configmaps", moved, "app-1"))).toMatchObject({
      data: { greeting: "hello from the other side" },
    });
    expect(await kubernetes.get(pathOf("configmaps", shop, "app-1"))).toMatchObject({
      data: { greeting: "hello from app-1" },
    });

    expect(await modifiersOf(east, stack)).toHaveLength(1);
    stack.change(base);
    await ok(stack.up());
    expect(await modifiersOf(east, stack)).toEqual([]);
    expect(await contentsOf(east, moved)).toHaveLength(4);
  }, 180_000);

  /** A storage class by hand, gone after the test: others list them, too. */
  async function createClass(prefix: string): Promise<string> {
    const name = uniqueName(prefix);
    const classes = "/apis/storage.k8s.io/v1/storageclasses";
    await kubernetes.create(classes, {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name },
      provisioner: "example.com/nobody",
    });
    onTestFinished(() => kubernetes.delete(`${classes}/${name}`));
    return name;
  }
});

const claim = (name: string, storageClassName: string) => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name },
  spec: { storageClassName, accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
});
