import { expect, onTestFinished, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { freeNodePort } from "../sandbox/free-node-port.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { passingStack, resourceList } from "./observe.ts";
import { configMap, namespaceIn, ok, outputsOf, pathOf } from "./restore-stack.ts";

const base = `
  const { SHOP } = process.env;
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const backup = new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [SHOP], volumes: "none" });
  const drill = (name, args) =>
    new velero.Restore(name, { backup, cluster: "east", namespaceMapping: { "*": "*-" + name }, drill: true, ...args });
`;

/** Nobody takes it off. */
const FINALIZER = "example.com/never";

describeOnSandbox("A drill of a sound backup", (sandbox) => {
  const east = sandbox.cluster("east");
  const instances = (namespace: string) =>
    `/apis/velero.io/v1/namespaces/${namespace}/volumesnapshotlocations`;
  const accounts = (namespace: string) => `/api/v1/namespaces/${namespace}/serviceaccounts`;

  async function seed(): Promise<string> {
    const shop = await createNamespace(east, "shop");
    await east.kubernetes.create(pathOf("configmaps", shop), configMap("app", { price: "3" }, { of: shop }));
    return shop;
  }

  test("passes beside a Service whose node ports were declared, which Velero would keep", async () => {
    const shop = await seed();
    await east.kubernetes.create(pathOf("services", shop), {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "app" },
      spec: {
        type: "NodePort",
        externalTrafficPolicy: "Local",
        selector: { app: "app" },
        ports: [
          { name: "web", port: 80, nodePort: await freeNodePort(east) },
          { name: "dns", port: 53, protocol: "UDP" },
        ],
      },
    });
    const program = `${base}
      drill("plain", {});
      drill("kept", { preserveNodePorts: true, drill: { keep: true } });`;
    const stack = await passingStack(sandbox, program, { env: { SHOP: shop } });
    const up = await ok(stack.up());
    for (const name of ["plain", "kept"])
      expect(outputsOf(up, name)).toMatchObject({
        phase: "Completed",
        health: "Healthy",
        created: 2,
        verified: 3,
      });
    const copy = await east.kubernetes.get(pathOf("services", `${shop}-kept`, "app"));
    expect(copy?.spec).toMatchObject({
      type: "ClusterIP",
      ports: [{ port: 80 }, { port: 53, protocol: "UDP" }],
    });
    expect(JSON.stringify(copy?.spec)).not.toContain("nodePort");
    expect(await east.kubernetes.get(pathOf("services", shop, "app"))).toMatchObject({
      spec: { type: "NodePort" },
    });
  }, 300_000);

  test("is cleared whatever held its objects, and takes custom resources where these are wanted", async () => {
    const shop = await seed();
    const held = { finalizers: [FINALIZER] };
    await east.kubernetes.create(pathOf("configmaps", shop), {
      ...configMap("held", {}),
      metadata: { name: "held", ...held },
    });
    await east.kubernetes.create(instances(shop), {
      apiVersion: "velero.io/v1",
      kind: "VolumeSnapshotLocation",
      metadata: { name: "app", ...held },
      spec: { provider: "aws", config: { region: "nowhere" } },
    });
    onTestFinished(async () => {
      for (const path of [pathOf("configmaps", shop, "held"), `${instances(shop)}/app`])
        await east.kubernetes.patch(path, { metadata: { finalizers: null } });
    });
    const program = (whole: string) => `${base}
      drill("plain", { timeouts: { create: "90s" } });
      drill("whole", { includedResources: ["*"], timeouts: { create: "90s" }, ${whole} });`;
    const stack = await passingStack(sandbox, program("drill: { keep: true }"), { env: { SHOP: shop } });
    const up = await ok(stack.up());
    expect(outputsOf(up, "plain")).toMatchObject({
      phase: "Completed",
      health: "Healthy",
      created: 2,
      verified: 3,
    });
    expect(outputsOf(up, "whole")).toMatchObject({
      phase: "Completed",
      health: "Healthy",
      created: 3,
      verified: 4,
    });
    expect(await namespaceIn(east, `${shop}-plain`)).toBeUndefined();
    const into = `${shop}-whole`;
    for (const path of [pathOf("configmaps", into, "held"), `${instances(into)}/app`]) {
      const copy = await east.kubernetes.get(path);
      expect(copy?.metadata.name, path).toEqual(expect.any(String));
      expect(copy?.metadata, path).not.toHaveProperty("finalizers");
    }
    stack.change(program("triggers: [2]"));
    const again = await ok(stack.up());
    expect(outputsOf(again, "whole")).toMatchObject({ phase: "Completed", verified: 4, left: [] });
    expect(await namespaceIn(east, into)).toBeUndefined();
  }, 400_000);

  test("is passed by a restore into a namespace that has a ServiceAccount of its own, which Velero merges", async () => {
    const shop = await seed();
    const into = await createNamespace(east, "merged");
    const account = (name: string, metadata: object = {}) => ({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "app", ...metadata },
      imagePullSecrets: [{ name }],
    });
    await east.kubernetes.create(accounts(shop), account("registry"));
    await east.kubernetes.create(accounts(into), account("theirs", { annotations: { by: "somebody" } }));
    const stack = await passingStack(
      sandbox,
      `${base} new velero.Restore("merged", {
        backup, cluster: "east", namespaceMapping: { [SHOP]: process.env.INTO }, verify: true,
      });`,
      { env: { SHOP: shop, INTO: into } },
    );
    expect(outputsOf(await ok(stack.up()), "merged")).toMatchObject({ health: "Healthy", updated: 1 });
    expect(await east.kubernetes.get(`${accounts(into)}/app`)).toMatchObject({
      imagePullSecrets: [{ name: "theirs" }, { name: "registry" }],
    });
  }, 300_000);

  test("is in no pattern, no backup of the whole cluster and no drift, as long as it is kept", async () => {
    const shop = await seed();
    const program = `${base}
      drill("kept", { drill: { keep: true } });
      new velero.ClusterBackup("pattern", {
        location, cluster: "east", includedNamespaces: ["/^" + SHOP + "/"], volumes: "none", schedule: "0 3 29 2 *",
      });`;
    const stack = await passingStack(sandbox, program, { env: { SHOP: shop } });
    await ok(stack.up());
    const kept = `${shop}-kept`;
    expect((await namespaceIn(east, kept))?.status).toMatchObject({ phase: "Active" });
    await ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));

    stack.change(`${program}
      const common = { location, cluster: "east", volumes: "none" };
      new velero.ClusterBackup("again", { ...common, includedNamespaces: ["/^" + SHOP + "/"] });
      new velero.ClusterBackup("glob", { ...common, includedNamespaces: [SHOP + "*"] });
      new velero.ClusterBackup("all", { ...common, labelSelector: { matchLabels: { of: SHOP } } });`);
    const up = await ok(stack.up());
    expect(outputsOf(up, "again")["resolvedNamespaces"]).toEqual([shop]);
    for (const name of ["again", "glob", "all"]) {
      const kinds = await resourceList(sandbox, stack.bucket, "east", outputsOf(up, name)["backupName"]);
      expect(kinds["v1/ConfigMap"], name).toContain(`${shop}/app`);
      expect(JSON.stringify(kinds), name).not.toContain(kept);
    }
    await ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));
  }, 400_000);
});
