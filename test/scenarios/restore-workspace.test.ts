import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { apiGate } from "./api-gate.ts";
import { clusterGate } from "./cluster-gate.ts";
import { complaintsIn } from "./complaints.ts";
import { passingStack } from "./observe.ts";
import { configMap, ok, outputsOf, pathOf, restoresOf } from "./restore-stack.ts";
import { messagesOf, stepsOf } from "./stack.ts";

const base = `
  const location = new velero.BackupLocation("primary", {
    storage, clusters: { east: { ...east, reads: ["west"] }, west: { ...west, reads: ["east"] } },
  });
  const payments = new velero.WorkspaceBackup("payments", {
    location, clusters: "all", includedNamespaces: [process.env.SHOP], volumes: "none",
  });
  const swapped = { east: "west", west: "east" };
  const restore = (name, clusterMapping) => new velero.Restore(name, {
    backup: payments, clusterMapping, namespaceMapping: { "*": "*-" + name },
  });
`;

type Parts = Record<string, Record<string, unknown>>;

describeOnSandbox("A Restore of a workspace", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  test("brings each cluster's backup to where it is mapped; where one cannot be reached the others are restored, and then that one alone", async () => {
    const shop = uniqueName("shop");
    for (const { name, kubernetes } of [east, west]) {
      await kubernetes.create("/api/v1/namespaces", {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: shop },
      });
      await kubernetes.create(pathOf("configmaps", shop), configMap("origin", { origin: name }));
    }
    const originIn = async ({ kubernetes }: SandboxCluster, name: string) =>
      (await kubernetes.get(pathOf("configmaps", `${shop}-${name}`, "origin")))?.["data"];
    const [toEast, toWest] = [await clusterGate(east), await apiGate(west)];
    const stack = await passingStack(sandbox, base, {
      env: { SHOP: shop, EAST_KUBECONFIG: toEast.kubeconfig, WEST_KUBECONFIG: toWest.kubeconfig },
    });
    const backups = outputsOf(await ok(stack.up()), "payments")["byCluster"] as Parts;

    const both = `${base} restore("swapped", swapped); restore("same", "same");`;
    stack.change(both);
    const up = await ok(stack.up());
    expect(await originIn(west, "swapped")).toEqual({ origin: "east" });
    expect(await originIn(east, "swapped")).toEqual({ origin: "west" });
    expect(await originIn(west, "same")).toEqual({ origin: "west" });
    expect(await originIn(east, "same")).toEqual({ origin: "east" });
    for (const [name, into] of Object.entries({
      swapped: { east: west, west: east },
      same: { east, west },
    })) {
      const { byCluster, ...outputs } = outputsOf(up, name);
      expect(outputs).toMatchObject({ phase: "Completed", health: "Healthy", created: 4, failed: 0 });
      expect(outputs).not.toHaveProperty("backupName");
      for (const [source, target] of Object.entries(into)) {
        const part = (byCluster as Parts)[source];
        expect(part).toMatchObject({
          phase: "Completed",
          health: "Healthy",
          backupName: backups[source]?.["backupName"],
          created: 2,
        });
        const restores = await restoresOf(target, stack);
        expect(restores.map(({ metadata }) => metadata.name)).toContain(part?.["restoreName"]);
      }
    }

    await toEast.shut();
    stack.change(`${both} restore("partly", swapped);`);
    const failed = await stack.up();
    expect(complaintsIn(failed)).toEqual([
      expect.stringMatching(/^clusters\.east\.kubeconfig: cluster "east" does not answer at https:\S+/),
    ]);
    const { byCluster, ...outputs } = outputsOf(failed, "partly");
    expect(outputs).toMatchObject({ phase: "PartiallyFailed", health: "Unhealthy", created: 2 });
    expect(String(outputs["message"])).toMatch(/^west: .*cluster "east" does not answer/);
    expect(byCluster).toMatchObject({
      east: { phase: "Completed", health: "Healthy", created: 2 },
      west: { health: "Unhealthy", message: expect.stringContaining('cluster "east" does not answer') },
    });
    expect((byCluster as Parts)["west"]).not.toHaveProperty("restoreName");
    expect(await originIn(west, "partly")).toEqual({ origin: "east" });
    expect((await stack.preview({ expectNoChanges: true })).ok).toBe(false);

    await toEast.open();
    const versions = async () =>
      (await restoresOf(west, stack)).map(
        ({ metadata }) => `${metadata.uid} ${String(metadata["resourceVersion"])}`,
      );
    const before = await versions();
    toWest.requests.length = 0;
    const again = await ok(stack.up());
    expect(stepsOf(again)).toContain("update partly");
    expect(outputsOf(again, "partly")).toMatchObject({ phase: "Completed", health: "Healthy", created: 4 });
    expect(outputsOf(again, "partly")).not.toHaveProperty("message");
    expect(await originIn(east, "partly")).toEqual({ origin: "west" });
    expect(toWest.requests).toEqual([]);
    expect(await versions()).toEqual(before);

    await ok(stack.up({ refresh: true, expectNoChanges: true }));
    const destroy = await ok(stack.destroy());
    expect(messagesOf(destroy)).not.toContain("warning: ");
    expect([await restoresOf(east, stack), await restoresOf(west, stack)]).toEqual([[], []]);
    expect(await originIn(east, "partly")).toEqual({ origin: "west" });
  }, 300_000);
});
