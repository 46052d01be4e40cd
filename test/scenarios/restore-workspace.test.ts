import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { passingStack } from "./observe.ts";
import { apiGate } from "./api-gate.ts";
import { clusterGate } from "./cluster-gate.ts";
import { complaintsIn } from "./complaints.ts";
import { configMap, namespaceIn, ok, outputsOf, pathOf, restoresOf, upAll } from "./restore-stack.ts";
import { messagesOf, stepsOf } from "./stack.ts";

const base = `
  const { SHOP, PAY } = process.env;
  const location = new velero.BackupLocation("primary", {
    storage, clusters: { east: { ...east, reads: ["west"] }, west: { ...west, reads: ["east"] } },
  });
  const payments = new velero.WorkspaceBackup("payments", {
    location, clusters: "all", includedNamespaces: [SHOP, PAY], volumes: "none",
  });
  const swapped = { east: "west", west: "east" };
  const restore = (name, clusterMapping, namespaceMapping = { "*": "*-" + name }) =>
    new velero.Restore(name, { backup: payments, clusterMapping, namespaceMapping });
  restore("swapped", swapped);
  restore("same", "same");`;
const stray = `${base} restore("stray", "same", { [SHOP]: SHOP + "-stray", [PAY]: PAY + "-stray", shpo: "copy" });`;
const further = `${base}
  restore("partly", swapped);
  restore("back", "same", { [SHOP]: SHOP + "-back", [PAY]: PAY + "-back" });`;

type Parts = Record<string, Record<string, unknown>>;

describeOnSandbox("A Restore of a workspace", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  test("brings each cluster's backup to where it is mapped; where one cannot be reached the others are restored, and then that one alone; a mapping may fit in one cluster alone, is refused where it fits in none, and waits for a cluster that it may be meant for", async () => {
    const [shop, pay] = [uniqueName("shop"), uniqueName("pay")];
    const contents: [SandboxCluster, string][] = [
      [east, shop],
      [west, shop],
      [west, pay],
    ];
    for (const [cluster, name] of contents) {
      await seedNamespace(cluster, name, { objects: 0 });
      const origin = configMap("origin", { origin: cluster.name });
      await cluster.kubernetes.create(pathOf("configmaps", name), origin);
    }
    const originIn = async ({ kubernetes }: SandboxCluster, namespace: string) =>
      (await kubernetes.get(pathOf("configmaps", namespace, "origin")))?.["data"];
    const [toEast, toWest] = [await apiGate(east), await clusterGate(west)];
    const stack = await passingStack(sandbox, stray, {
      env: { SHOP: shop, PAY: pay, EAST_KUBECONFIG: toEast.kubeconfig, WEST_KUBECONFIG: toWest.kubeconfig },
    });
    const begun = async () =>
      (await Promise.all([east, west].map((cluster) => restoresOf(cluster, stack)))).flat().length;

    const up = await upAll(stack);
    expect(complaintsIn(up)).toEqual([
      expect.stringMatching(
        /^namespaceMapping: .*"shpo" fits no namespace of what is restored into any cluster \("east": /,
      ),
    ]);
    expect(await begun()).toBe(4);
    const backups = outputsOf(up, "payments")["byCluster"] as Parts;
    expect(await originIn(west, `${shop}-swapped`)).toEqual({ origin: "east" });
    expect(await originIn(east, `${shop}-swapped`)).toEqual({ origin: "west" });
    expect(await originIn(west, `${shop}-same`)).toEqual({ origin: "west" });
    expect(await originIn(east, `${shop}-same`)).toEqual({ origin: "east" });
    for (const [name, into] of Object.entries({
      swapped: { east: west, west: east },
      same: { east, west },
    })) {
      const { byCluster, ...outputs } = outputsOf(up, name);
      expect(outputs).toMatchObject({ phase: "Completed", health: "Healthy", created: 6, failed: 0 });
      expect(outputs).not.toHaveProperty("backupName");
      for (const [source, target] of Object.entries(into)) {
        const part = (byCluster as Parts)[source];
        expect(part).toMatchObject({
          phase: "Completed",
          health: "Healthy",
          backupName: backups[source]?.["backupName"],
          created: source === "east" ? 2 : 4,
        });
        const restores = await restoresOf(target, stack);
        expect(restores.map(({ metadata }) => metadata.name)).toContain(part?.["restoreName"]);
      }
    }

    await toWest.shut();
    stack.change(further);
    const unfit = new RegExp(`"${pay}" fits no namespace .* without "west"`);
    expect(messagesOf(await ok(stack.preview()))).toMatch(unfit);
    const failed = await upAll(stack);
    const complaints = complaintsIn(failed);
    expect(complaints).toContainEqual(
      expect.stringMatching(/^clusters\.west\.kubeconfig: cluster "west" does not answer at https:\S+/),
    );
    expect(complaints.join("\n")).toMatch(unfit);
    const { byCluster, ...outputs } = outputsOf(failed, "partly");
    expect(outputs).toMatchObject({ phase: "PartiallyFailed", health: "Unhealthy", created: 4 });
    expect(String(outputs["message"])).toMatch(/^east: .*cluster "west" does not answer/);
    expect(byCluster).toMatchObject({
      west: { phase: "Completed", health: "Healthy", created: 4 },
      east: { health: "Unhealthy", message: expect.stringContaining('cluster "west" does not answer') },
    });
    expect((byCluster as Parts)["east"]).not.toHaveProperty("restoreName");
    expect(await originIn(east, `${shop}-partly`)).toEqual({ origin: "west" });
    expect(await begun()).toBe(5);
    expect(await namespaceIn(east, `${shop}-back`)).toBeUndefined();

    await toWest.open();
    const versions = async () =>
      (await restoresOf(east, stack))
        .filter(({ metadata }) => metadata.name.startsWith("partly-"))
        .map(({ metadata }) => `${metadata.uid} ${String(metadata["resourceVersion"])}`);
    const before = await versions();
    toEast.requests.length = 0;
    const again = await ok(stack.up());
    expect(stepsOf(again)).toContain("update partly");
    expect(outputsOf(again, "partly")).toMatchObject({ phase: "Completed", health: "Healthy", created: 6 });
    expect(outputsOf(again, "partly")).not.toHaveProperty("message");
    expect(await originIn(west, `${shop}-partly`)).toEqual({ origin: "east" });
    expect(toEast.requests.filter(({ path, body }) => (path + body).includes("partly"))).toEqual([]);
    expect([before.length, await versions()]).toEqual([1, before]);
    expect(outputsOf(again, "back")).toMatchObject({ phase: "Completed", health: "Healthy" });
    for (const [cluster, name] of contents)
      expect(await originIn(cluster, `${name}-back`), name).toEqual({ origin: cluster.name });

    await ok(stack.up({ refresh: true, expectNoChanges: true }));
    const destroy = await ok(stack.destroy());
    expect(messagesOf(destroy)).not.toContain("warning: ");
    expect(await begun()).toBe(0);
    expect(await originIn(east, `${shop}-partly`)).toEqual({ origin: "west" });
  }, 300_000);
});
