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
import { type Stack, stepsOf } from "./stack.ts";

const base = `
  const { SHOP, BILLING, LEDGER } = process.env;
  const location = new velero.BackupLocation("primary", { storage, clusters: { east, west: { ...west, reads: ["east"] } } });
  const backup = new velero.ClusterBackup("all", {
    location, cluster: "east", includedNamespaces: [SHOP, BILLING, LEDGER], volumes: "none",
  });`;

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

describeOnSandbox("A Restore", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  /** Three namespaces in east, of which one label, one node port and one status are to be known again. */
  async function begin() {
    const names = await Promise.all(["shop", "billing", "ledger"].map((name) => createNamespace(east, name)));
    await Promise.all(names.map((name) => seedNamespace(east, name, { objects: 4 })));
    const [shop = "", billing = "", ledger = ""] = names;
    const { kubernetes } = east;
    await kubernetes.create(pathOf("configmaps", shop), configMap("prices", { apple: "1" }, { tier: "web" }));
    await kubernetes.create(
      pathOf("configmaps", billing),
      configMap("rates", { vat: "19" }, { tier: "data" }),
    );
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
    const stack = await passingStack(sandbox, base, {
      env: { SHOP: shop, BILLING: billing, LEDGER: ledger },
    });
    return { stack, shop, billing, ledger };
  }

  const upWith = (stack: Stack, program: string) => {
    stack.change(base + program);
    return ok(stack.up());
  };

  test("into the same cluster brings a lost namespace back as it was, and leaves the others alone", async () => {
    const { stack, shop, ledger } = await begin();
    await ok(stack.up());
    await namespaceGone(east, shop);
    await east.kubernetes.delete(pathOf("secrets", ledger, "app-1"));
    const up = await upWith(
      stack,
      `new velero.Restore("back", { backup, cluster: "east", includedNamespaces: [SHOP] });`,
    );
    expect(await contentsOf(east, shop)).toEqual([...seeded, "configmaps prices"].toSorted());
    const live = await east.kubernetes.get(pathOf("configmaps", shop, "prices"));
    expect(live).toMatchObject({ data: { apple: "1" }, metadata: { labels: { tier: "web" } } });
    expect(await contentsOf(east, ledger)).not.toContain("secrets app-1");
    expect(outputsOf(up, "back")).toMatchObject({
      phase: "Completed",
      health: "Healthy",
      backupName: outputsOf(up, "all")["backupName"],
      created: 6,
      updated: 0,
      skipped: 0,
      failed: 0,
      errors: 0,
    });
    await namespaceGone(east, shop);
    const again = await ok(stack.up({ refresh: true, expectNoChanges: true }));
    expect(stepsOf(again)).toContain("same back");
    expect(await namespaceIn(east, shop)).toBeUndefined();
  });

  test("into another cluster takes what its filters leave, under the names that it maps, as Velero is told to", async () => {
    const { stack, shop, billing, ledger } = await begin();
    const up = await upWith(
      stack,
      `
      const restore = (name, args) => new velero.Restore(name, { backup, cluster: "west", ...args });
      const onto = (name, args) => restore(name, { namespaceMapping: { "*": "*-" + name }, ...args });
      restore("plain", { excludedNamespaces: [LEDGER] });
      restore("renamed", { namespaceMapping: { [SHOP]: SHOP + "-other", "shop-*": "no-*", "bill*": "*-bill" }, includedNamespaces: [SHOP, BILLING], verify: true });
      onto("web", { labelSelector: { matchLabels: { tier: "web" } } });
      onto("tiers", { orLabelSelectors: [{ matchLabels: { tier: "web" } }, { matchExpressions: [{ key: "tier", operator: "In", values: ["data"] }] }] });
      onto("only", { includedResources: ["cm", "deployments"], includedNamespaces: [SHOP] });
      onto("without", { excludedResources: ["configmaps", "services"], includedNamespaces: [SHOP] });
      onto("told", { includedNamespaces: [LEDGER], ...${JSON.stringify(spec)} });
      onto("untold", { includedNamespaces: [LEDGER] });
      onto("drill", { drill: true });
      `,
    );
    const inWest = (namespace: string) => contentsOf(west, namespace);
    const [shops, bills] = [
      [...seeded, "configmaps prices"],
      [...seeded, "configmaps rates"],
    ];
    expect(await inWest(shop)).toEqual(shops.toSorted());
    expect(await inWest(billing)).toEqual(bills.toSorted());
    expect(await inWest(ledger)).toBeUndefined();

    expect(await inWest(`${shop}-other`)).toEqual(shops.toSorted());
    expect(await inWest(`${billing.replace("bill", "")}-bill`)).toEqual(bills.toSorted());
    expect(outputsOf(up, "renamed")).toMatchObject({
      phase: "Completed",
      created: 12,
      failed: 0,
      verified: 12,
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

    expect(Number(outputsOf(up, "drill")["verified"])).toBeGreaterThanOrEqual(18);
    expect(await inWest(`${shop}-drill`)).toBeUndefined();

    const told = await west.kubernetes.get(restorePath(outputsOf(up, "told")["restoreName"]));
    expect(told?.spec).toMatchObject({
      ...spec,
      backupName: outputsOf(up, "all")["backupName"],
      namespaceMapping: { [ledger]: `${ledger}-told` },
    });
    const original = await portOf(east, ledger);
    expect(await portOf(west, `${ledger}-told`)).toBe(original);
    expect(await portOf(west, `${ledger}-untold`)).not.toBe(original);
    const statusIn = async (namespace: string) =>
      (await west.kubernetes.get(pathOf("deployments", namespace, "app-1")))?.status;
    expect(await statusIn(`${ledger}-told`)).toMatchObject({ conditions: [progressing] });
    expect(await statusIn(`${ledger}-untold`)).not.toHaveProperty("conditions");
  }, 180_000);
});

const progressing = { type: "Progressing", status: "True", reason: "Written", message: "by hand" };

async function portOf({ kubernetes }: SandboxCluster, namespace: string): Promise<number | undefined> {
  const service = await kubernetes.get(pathOf("services", namespace, "outside"));
  return (service?.spec?.["ports"] as { nodePort: number }[] | undefined)?.[0]?.nodePort;
}
