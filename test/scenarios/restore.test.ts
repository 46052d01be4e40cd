import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { freeNodePort } from "../sandbox/free-node-port.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { passingStack } from "./observe.ts";
import {
  configMap,
  contentsOf,
  namespaceGone,
  namespaceIn,
  ok,
  outputsOf,
  pathOf,
  restorePath,
} from "./restore-stack.ts";
import { stepsOf } from "./stack.ts";

/** What `seedNamespace` makes of four objects. */
const seeded = ["configmaps app-1", "deployments app-1", "secrets app-1", "services app-1"];

const spec = {
  restoreStatus: { includedResources: ["deployments.apps"] },
  preserveNodePorts: true,
  restorePVs: false,
  includeClusterResources: false,
  itemOperationTimeout: "1h30m0s",
  uploaderConfig: { writeSparseFiles: true, parallelFilesDownload: 3 },
  hooks: {
    resources: [
      {
        name: "warm",
        includedNamespaces: ["shop-*"],
        includedResources: ["pods"],
        labelSelector: { matchLabels: { app: "database" } },
        postHooks: [
          {
            exec: {
              container: "database",
              command: ["/bin/warm", "up"],
              onError: "Fail",
              waitTimeout: "5m0s",
            },
          },
          { init: { initContainers: [{ name: "prepare", image: "prepare", command: ["/bin/prepare"] }] } },
        ],
      },
    ],
  },
};

const elsewhere = `
  const { SHOP, BILLING, LEDGER } = process.env;
  const location = new velero.BackupLocation("primary", { storage, clusters: { east, west: { ...west, reads: ["east"] } } });
  const backup = new velero.ClusterBackup("all", {
    location, cluster: "east", includedNamespaces: [SHOP, BILLING, LEDGER], volumes: "none",
  });
  const restore = (name, args) => new velero.Restore(name, { backup, cluster: "west", ...args });
  const onto = (name, args) => restore(name, { namespaceMapping: { "*": "*-" + name }, ...args });
  restore("plain", { excludedNamespaces: [BILLING] });
  restore("renamed", {
    namespaceMapping: { [SHOP]: SHOP + "-other", "shop-*": "no-*", "bill*": "*-bill" },
    includedNamespaces: [SHOP, BILLING], verify: true,
  });
  onto("web", { labelSelector: { matchLabels: { tier: "web" } } });
  onto("tiers", { orLabelSelectors: [
    { matchLabels: { tier: "web" } }, { matchExpressions: [{ key: "tier", operator: "In", values: ["data"] }] },
  ] });
  onto("only", { includedResources: ["cm", "deployments"], includedNamespaces: [SHOP] });
  onto("without", { excludedResources: ["configmaps", "services"], includedNamespaces: [SHOP] });
  onto("told", { includedNamespaces: [LEDGER], ...${JSON.stringify(spec)} });`;
const home = `${elsewhere}
  restore("back", { cluster: "east", includedNamespaces: [SHOP] });
  restore("left", { cluster: "east", includedNamespaces: [BILLING] });`;
const patched = `${home}
  restore("patched", { cluster: "east", includedNamespaces: [BILLING], existingResourcePolicy: "update", verify: true });`;

describeOnSandbox("A Restore", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];
  const { kubernetes } = east;

  test("takes what its filters leave into another cluster, under the names that it maps and as Velero is told to; brings a lost namespace back; and leaves what is there, unless existingResourcePolicy is update", async () => {
    const names = await Promise.all(["shop", "billing", "ledger"].map((name) => createNamespace(east, name)));
    const [shop = "", billing = "", ledger = ""] = names;
    for (const name of names) await seedNamespace(east, name, { objects: name === billing ? 8 : 4 });
    await kubernetes.create(pathOf("configmaps", shop), configMap("prices", { apple: "1" }, { tier: "web" }));
    const rates = configMap("rates", { vat: "19" }, { tier: "data" });
    await kubernetes.create(pathOf("configmaps", billing), rates);
    await kubernetes.patch(`/api/v1/namespaces/${billing}`, { metadata: { labels: { team: "a" } } });
    const outside = await kubernetes.create(pathOf("services", ledger), {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "outside" },
      spec: { type: "NodePort", ports: [{ port: 80, nodePort: await freeNodePort(east, west) }] },
    });
    // As if it had been given away: Velero keeps a node port that somebody declares.
    await kubernetes.patch(pathOf("services", ledger, outside.metadata.name), {
      metadata: { managedFields: [{}] },
    });
    await kubernetes.patch(`${pathOf("deployments", ledger, "app-1")}/status`, {
      status: { observedGeneration: 1, conditions: [progressing] },
    });
    const stack = await passingStack(sandbox, elsewhere, {
      env: { SHOP: shop, BILLING: billing, LEDGER: ledger },
    });

    const up = await ok(stack.up());
    const inWest = (namespace: string) => contentsOf(west, namespace);
    const shops = [...seeded, "configmaps prices"].toSorted();
    expect(await inWest(shop)).toEqual(shops);
    expect(await inWest(billing)).toBeUndefined();
    expect(await inWest(`${shop}-other`)).toEqual(shops);
    expect(await inWest(`${billing.replace("bill", "")}-bill`)).toHaveLength(9);
    expect(outputsOf(up, "renamed")).toMatchObject({
      phase: "Completed",
      created: 16,
      failed: 0,
      verified: 16,
    });
    expect(await inWest(`${shop}-web`)).toEqual(["configmaps prices"]);
    expect(await inWest(`${billing}-web`)).toBeUndefined();
    expect(await inWest(`${shop}-tiers`)).toEqual(["configmaps prices"]);
    expect(await inWest(`${billing}-tiers`)).toEqual(["configmaps rates"]);
    expect(await inWest(`${ledger}-tiers`)).toBeUndefined();
    expect(await inWest(`${shop}-only`)).toEqual([
      "configmaps app-1",
      "configmaps prices",
      "deployments app-1",
    ]);
    expect(await inWest(`${shop}-without`)).toEqual(["deployments app-1", "secrets app-1"]);
    const told = await west.kubernetes.get(restorePath(outputsOf(up, "told")["restoreName"]));
    expect(told?.spec).toMatchObject({
      ...spec,
      backupName: outputsOf(up, "all")["backupName"],
      namespaceMapping: { [ledger]: `${ledger}-told` },
    });
    const original = await portOf(east, ledger);
    expect(await portOf(west, `${ledger}-told`)).toBe(original);
    expect(await portOf(west, ledger)).not.toBe(original);
    const statusIn = async (namespace: string) =>
      (await west.kubernetes.get(pathOf("deployments", namespace, "app-1")))?.status;
    expect(await statusIn(`${ledger}-told`)).toMatchObject({ conditions: [progressing] });
    expect(await statusIn(ledger)).not.toHaveProperty("conditions");

    await namespaceGone(east, shop);
    await kubernetes.delete(pathOf("secrets", ledger, "app-1"));
    const [changed, scaled] = [
      pathOf("configmaps", billing, "app-1"),
      pathOf("deployments", billing, "app-1"),
    ];
    await kubernetes.patch(`/api/v1/namespaces/${billing}`, { metadata: { labels: { team: "b" } } });
    await kubernetes.patch(changed, { data: { greeting: "hello from somebody else" } });
    await kubernetes.patch(scaled, { spec: { replicas: 3 } });
    await kubernetes.delete(pathOf("secrets", billing, "app-2"));
    await kubernetes.create(pathOf("configmaps", billing), configMap("extra", { only: "here" }));
    stack.change(home);
    const second = await ok(stack.up());
    expect(await contentsOf(east, shop)).toEqual(shops);
    const live = await kubernetes.get(pathOf("configmaps", shop, "prices"));
    expect(live).toMatchObject({ data: { apple: "1" }, metadata: { labels: { tier: "web" } } });
    expect(await contentsOf(east, ledger)).not.toContain("secrets app-1");
    expect(outputsOf(second, "back")).toMatchObject({
      phase: "Completed",
      health: "Healthy",
      backupName: outputsOf(up, "all")["backupName"],
      created: 6,
      updated: 0,
      skipped: 0,
      failed: 0,
      errors: 0,
    });
    expect(await kubernetes.get(changed)).toMatchObject({ data: { greeting: "hello from somebody else" } });
    expect(await kubernetes.get(scaled)).toMatchObject({ spec: { replicas: 3 } });
    // The two Services differ always, as Velero compares: their addresses are left out on the way in.
    expect(outputsOf(second, "left")).toMatchObject({
      phase: "Completed",
      created: 1,
      updated: 0,
      skipped: 4,
      failed: 4,
      warnings: 4,
      errors: 0,
    });

    await namespaceGone(east, shop);
    stack.change(patched);
    const third = await ok(stack.up({ refresh: true }));
    expect(outputsOf(third, "patched")).toMatchObject({ phase: "Completed", failed: 0, errors: 0 });
    expect(outputsOf(third, "patched")).toMatchObject({ created: 0, updated: 4, skipped: 5 });
    expect(await kubernetes.get(changed)).toMatchObject({ data: { greeting: "hello from app-1" } });
    expect(await kubernetes.get(scaled)).toMatchObject({ spec: { replicas: 0 } });
    expect(await kubernetes.get(pathOf("configmaps", billing, "extra"))).toMatchObject({
      data: { only: "here" },
    });
    // Velero changes no namespace that exists, and verify does not say otherwise.
    expect(outputsOf(third, "patched")).toMatchObject({ verified: 10 });
    expect((await namespaceIn(east, billing))?.metadata.labels).toMatchObject({ team: "b" });
    // What was restored once is not restored again.
    expect(stepsOf(third)).toEqual(expect.arrayContaining(["same back", "same left", "same plain"]));
    expect(await namespaceIn(east, shop)).toBeUndefined();
  }, 300_000);
});

const progressing = { type: "Progressing", status: "True", reason: "Written", message: "by hand" };

async function portOf({ kubernetes }: SandboxCluster, namespace: string): Promise<number | undefined> {
  const service = await kubernetes.get(pathOf("services", namespace, "outside"));
  return (service?.spec?.["ports"] as { nodePort: number }[] | undefined)?.[0]?.nodePort;
}
