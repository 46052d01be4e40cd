import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { passingStack } from "./observe.ts";
import { messagesOf, resourceIn, type Stack, stepsOf } from "./stack.ts";

const base = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east, west: { ...west, reads: ["east"] } } });
  const shop = new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "none" });`;

describeOnSandbox("A Restore", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  async function begin(program: string, objects = 8): Promise<{ stack: Stack; shop: string }> {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects });
    const stack = await passingStack(sandbox, base + program, { env: { SHOP: shop } });
    return { stack, shop };
  }

  async function upWith(stack: Stack, program?: string) {
    if (program !== undefined) stack.change(base + program);
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    return up;
  }

  async function namespaceGone(shop: string): Promise<void> {
    await east.kubernetes.delete(`/api/v1/namespaces/${shop}`);
    await waitUntil("the namespace is gone", async () =>
      (await east.kubernetes.get(`/api/v1/namespaces/${shop}`)) ? undefined : true,
    );
  }

  const configMapsIn = async (cluster: typeof east, namespace: string) =>
    (await cluster.kubernetes.list(`/api/v1/namespaces/${namespace}/configmaps`))
      .map(({ metadata }) => metadata.name)
      .filter((name) => name.startsWith("app-"))
      .sort();

  test("into the same cluster brings a lost namespace back, and never does so again by itself", async () => {
    const { stack, shop } = await begin("");
    await upWith(stack);
    await namespaceGone(shop);
    const restore = `new velero.Restore("back", { backup: shop, cluster: "east" });`;
    stack.change(base + restore);
    const preview = await stack.preview();
    expect(preview.ok, messagesOf(preview)).toBe(true);
    const up = await upWith(stack, restore);
    const { outputs = {} } = resourceIn(up, "back");
    expect(outputs).toMatchObject({ phase: "Completed", health: "Healthy", failed: 0 });
    expect(Number(outputs["created"])).toBeGreaterThanOrEqual(9);
    expect(await configMapsIn(east, shop)).toEqual(["app-1", "app-2"]);
    await namespaceGone(shop);
    const again = await stack.up({ expectNoChanges: true });
    expect(again.ok, messagesOf(again)).toBe(true);
    const refresh = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(refresh.ok, messagesOf(refresh)).toBe(true);
    expect(await east.kubernetes.get(`/api/v1/namespaces/${shop}`)).toBeUndefined();
    expect(stepsOf(again)).toContain("same back");
  });

  test("into another cluster, under another name, as a drill that leaves nothing behind", async () => {
    const { stack, shop } = await begin("");
    await upWith(stack);
    const up = await upWith(
      stack,
      `new velero.Restore("copy", { backup: shop, cluster: "west", namespaceMapping: { [process.env.SHOP]: process.env.SHOP + "-copy" }, verify: true });
       new velero.Restore("drill", { backup: shop, cluster: "west", namespaceMapping: { "*": "*-drill" }, drill: true });`,
    );
    expect(resourceIn(up, "copy").outputs).toMatchObject({ phase: "Completed", failed: 0 });
    expect(Number(resourceIn(up, "copy").outputs?.["verified"])).toBeGreaterThanOrEqual(8);
    expect(await configMapsIn(west, `${shop}-copy`)).toEqual(["app-1", "app-2"]);
    expect(Number(resourceIn(up, "drill").outputs?.["verified"])).toBeGreaterThanOrEqual(8);
    expect(await west.kubernetes.get(`/api/v1/namespaces/${shop}-drill`)).toBeUndefined();
  });
});
