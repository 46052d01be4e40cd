import { expect, test } from "vitest";
import { describeOnNodes } from "../sandbox/describe-on-nodes.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { complaintsOf } from "../scenarios/complaints.ts";
import { passingStack } from "../scenarios/observe.ts";
import { namespaceIn, ok, outputsOf, upAll } from "../scenarios/restore-stack.ts";
import { messagesOf } from "../scenarios/stack.ts";
import { createShop } from "./shop.ts";

interface Case {
  shop?: Parameters<typeof createShop>[1];
  /** Arguments of the backup. */
  args: string;
  /** What the preview says of the claim. */
  foreseen: string;
  /** How many claims are saved, or what the up says of the one that is not. */
  result: number | string[];
}

const skips = `resourcePolicy: { volumePolicies: [
  { conditions: { csi: { driver: "directories.csi.test" } }, action: { type: "skip" } },
] }`;
const copied = 'volumes: "fileCopy"';
const missed = "is Completed, and yet holds no data of 1 of 1 claim";
const noPod = "no pod in the backup mounts it";

/** The rows of Velero's behaviour, as a user meets them: most backups are Completed, whatever became of the claim. */
const cases: Record<string, Case> = {
  mounted: { args: copied, foreseen: "saved would be 1 by file copy", result: 1 },
  idle: {
    shop: { replicas: 0 },
    args: copied,
    foreseen: `nothing saves SHOP/data (${noPod})`,
    result: [missed, noPod],
  },
  idleSnapshot: {
    shop: { replicas: 0 },
    args: 'volumes: "snapshot"',
    foreseen: "saved would be 1 by snapshot",
    result: 1,
  },
  idleMoved: {
    shop: { replicas: 0 },
    args: 'volumes: "moveData"',
    foreseen: "saved would be 1 by moved snapshot",
    result: 1,
  },
  optedOut: {
    shop: { annotations: { "backup.velero.io/backup-volumes-excludes": "data" } },
    args: copied,
    foreseen: "1 left out by what is declared",
    result: 0,
  },
  skipped: { args: `${copied}, ${skips}`, foreseen: "1 left out by what is declared", result: 0 },
  labelled: {
    shop: { labels: { "velero.io/exclude-from-backup": "true" } },
    args: copied,
    foreseen: "1 left out by what is declared",
    result: 0,
  },
  podPending: {
    shop: { pod: { nodeSelector: { place: "nowhere" } }, isOpen: false },
    args: copied,
    foreseen: "which mounts it, is not running (Pending)",
    result: [missed, "which mounts it, is not running (Pending)"],
  },
  unmounted: {
    shop: { container: { volumeMounts: [] } },
    args: copied,
    foreseen: "declares it, and none of its containers mounts it",
    result: [missed, "declares it, and none of its containers mounts it"],
  },
  claimPendingSnapshot: {
    shop: { storageClass: "first-consumer", replicas: 0, isOpen: false },
    args: 'volumes: "snapshot"',
    foreseen: "Velero ends a backup PartiallyFailed over SHOP/data (it has no volume yet",
    result: ["ended PartiallyFailed", "has no volume backing this claim"],
  },
  claimPendingLabelled: {
    shop: {
      storageClass: "first-consumer",
      labels: { "velero.io/exclude-from-backup": "true" },
      replicas: 0,
      isOpen: false,
    },
    args: 'volumes: "snapshot"',
    foreseen: "1 left out by what is declared",
    result: 0,
  },
  claimPending: {
    shop: { storageClass: "first-consumer", replicas: 0, isOpen: false },
    args: copied,
    foreseen: "1 without a volume so far",
    // Whatever the method: Velero's actions for CSI, which EnableCSI adds, want the volume of every claim.
    result: ["ended PartiallyFailed", "has no volume backing this claim"],
  },
};

const head = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const backup = (name, args) => new velero.ClusterBackup(name, {
    location, cluster: "east", includedNamespaces: [process.env[name]], ...args,
  });`;

await describeOnNodes("What is said of claims on a real node", ["east"], (sandbox) => {
  async function stackFor(shops: Record<string, string>, program: string) {
    return passingStack(sandbox(), head + program, { env: shops });
  }

  const shopsFor = async (east: SandboxCluster, wanted: Record<string, Case["shop"]>) =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(wanted).map(async ([name, shop]) => [name, await createShop(east, shop)] as const),
      ),
    );

  test("is true: in the preview, by the up, and after a refresh", async () => {
    const east = sandbox().cluster("east");
    const shops = await shopsFor(
      east,
      Object.fromEntries(Object.entries(cases).map(([name, { shop }]) => [name, shop])),
    );
    await waitUntil("claims are bound", async () => {
      const claims = await east.kubernetes.list(
        `/api/v1/namespaces/${shops["podPending"]}/persistentvolumeclaims`,
      );
      return claims[0]?.status?.["phase"] === "Bound" || undefined;
    });
    const program = (names: string[]) =>
      names.map((name) => `backup("${name}", { ${cases[name]?.args} });`).join("\n  ");
    const stack = await stackFor(shops, program(Object.keys(cases)));

    const foretold = messagesOf(await ok(stack.preview()));
    for (const [name, { foreseen }] of Object.entries(cases))
      expect(foretold, name).toContain(foreseen.replace("SHOP", shops[name] ?? ""));

    const up = await upAll(stack);
    const good = Object.entries(cases).filter(([, { result }]) => typeof result === "number");
    for (const [name, { result }] of Object.entries(cases)) {
      if (typeof result === "number") {
        expect(complaintsOf(up, name), name).toEqual([]);
        expect(outputsOf(up, name), name).toMatchObject({ volumesBackedUp: result, health: "Healthy" });
        continue;
      }
      const [complaint, ...others] = complaintsOf(up, name);
      expect(others, name).toEqual([]);
      expect(complaint, name).toContain(`${shops[name]}/data`);
      for (const words of result) expect(complaint, name).toContain(words);
    }
    stack.change(head + program(good.map(([name]) => name)));
    await ok(stack.up());
    await ok(stack.refresh({ expectNoChanges: true }));
  }, 400_000);

  test("names claims whose snapshot the driver refuses, mounted or not", async () => {
    const east = sandbox().cluster("east");
    const shops = await shopsFor(east, { mounted: {}, idle: { replicas: 0 } });
    await east.node?.refuseSnapshots("the array is out of space");
    const stack = await stackFor(
      shops,
      ["mounted", "idle"]
        .map((name) => `backup("${name}", { volumes: "snapshot", csiSnapshotTimeout: "20s" });`)
        .join("\n"),
    );
    const up = await upAll(stack);
    await east.node?.refuseSnapshots(undefined);
    for (const name of ["mounted", "idle"]) {
      const [complaint] = complaintsOf(up, name);
      expect(complaint, name).toContain("Velero failed to store it");
      expect(complaint, name).toContain("ended PartiallyFailed");
      expect(complaint, name).toContain(`${shops[name]}/data`);
    }
    // The same program mends itself.
    const second = await ok(stack.up());
    for (const name of ["mounted", "idle"])
      expect(outputsOf(second, name)).toMatchObject({ volumesBackedUp: 1 });
  }, 300_000);

  test("names what a backup and a restore lack without a node agent", async () => {
    const east = sandbox().cluster("east");
    const shops = await shopsFor(east, { kept: {}, copied: {}, moved: {} });
    const kept = `const kept = backup("kept", { ${copied} });`;
    const stack = await stackFor(shops, kept);
    await ok(stack.up());
    const agent = "/apis/apps/v1/namespaces/velero/daemonsets/node-agent";
    const { metadata, spec } = (await east.kubernetes.get(agent)) ?? {};
    await east.kubernetes.delete(agent);
    await waitUntil("its pod is gone", async () => {
      const pods = await east.kubernetes.list(
        "/api/v1/namespaces/velero/pods?labelSelector=role%3Dnode-agent",
      );
      return pods.length === 0 || undefined;
    });

    stack.change(`${head}${kept}
      backup("copied", { ${copied} });
      backup("moved", { volumes: "moveData" });
      new velero.Restore("back", { backup: kept, cluster: "east", namespaceMapping: { "*": "*-back" } });
      new velero.Restore("drill", {
        backup: kept, cluster: "east", namespaceMapping: { "*": "*-drill" }, drill: true,
      });`);
    const preview = messagesOf(await ok(stack.preview()));
    expect(preview).toContain('no node agent runs in namespace "velero" of cluster "east"');
    const up = await upAll(stack);
    for (const [name, words] of [
      ["copied", "daemonset pod not found in running state"],
      ["moved", "without running node-agent pods"],
      ["back", "node agent"],
      ["drill", "none is installed there"],
    ] as const) {
      expect(complaintsOf(up, name).join("\n"), name).toContain(words);
    }
    expect(await namespaceIn(east, `${shops["kept"]}-drill`)).toBeUndefined();
    await east.kubernetes.create("/apis/apps/v1/namespaces/velero/daemonsets", {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "node-agent", labels: metadata?.labels ?? {} },
      ...(spec && { spec }),
    });
  }, 300_000);
});
