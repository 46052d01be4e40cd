import { describe, expect, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { clusterGate } from "./cluster-gate.ts";
import { complaintsIn } from "./complaints.ts";
import { passingStack } from "./observe.ts";
import { configMap, namespaceIn, ok, outputsOf, pathOf, restoresOf } from "./restore-stack.ts";
import { messagesOf } from "./stack.ts";

const pricesIn = async ({ kubernetes }: SandboxCluster, namespace: string) =>
  (await kubernetes.get(pathOf("configmaps", namespace, "prices")))?.["data"];

async function expectRefused(runs: Promise<RunResult>[], words: RegExp): Promise<void> {
  for (const run of runs) {
    const failed = await run;
    expect(failed.ok).toBe(false);
    expect(complaintsIn(failed)).toEqual([expect.stringMatching(words)]);
  }
}

describeOnSandbox("A mapping of namespaces", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  describe("of a workspace", () => {
    test("may fit in one cluster alone, is refused where it fits in none, and waits for a cluster that it may be meant for", async () => {
      const [shop, pay] = [uniqueName("shop"), uniqueName("pay")];
      const contents: [SandboxCluster, string][] = [
        [east, shop],
        [west, shop],
        [west, pay],
      ];
      for (const [{ kubernetes }, name] of contents) {
        await kubernetes.create("/api/v1/namespaces", {
          apiVersion: "v1",
          kind: "Namespace",
          metadata: { name },
        });
        await kubernetes.create(pathOf("configmaps", name), configMap("prices", { eggs: "3" }));
      }
      const base = `
        const { SHOP, PAY } = process.env;
        const location = new velero.BackupLocation("primary", { storage, clusters: { east, west } });
        const backup = new velero.WorkspaceBackup("both", {
          location, clusters: "all", includedNamespaces: [SHOP, PAY], volumes: "none",
        });`;
      const mapped = (name: string, more = "") =>
        `${base} new velero.Restore("${name}", {
          backup, clusterMapping: "same", namespaceMapping: { [SHOP]: SHOP + "-${name}", [PAY]: PAY + "-${name}", ${more} },
        });`;
      const toWest = await clusterGate(west);
      const stack = await passingStack(sandbox, base, {
        env: { SHOP: shop, PAY: pay, WEST_KUBECONFIG: toWest.kubeconfig },
      });
      await ok(stack.up());
      const begun = async () =>
        (await Promise.all([east, west].map((cluster) => restoresOf(cluster, stack)))).flat().length;

      stack.change(mapped("stray", 'shpo: "copy"'));
      const stray =
        /^namespaceMapping: .*"shpo" fits no namespace of what is restored into any cluster \("east": /;
      await expectRefused([stack.preview()], stray);
      await expectRefused([stack.up()], stray);
      expect(await begun()).toBe(0);

      await toWest.shut();
      stack.change(mapped("back"));
      const preview = await ok(stack.preview());
      expect(messagesOf(preview)).toMatch(new RegExp(`"${pay}" fits no namespace .* without "west"`));
      const failed = await stack.up();
      expect(failed.ok).toBe(false);
      expect(complaintsIn(failed).join("\n")).toMatch(/cluster "west" does not answer/);
      expect(complaintsIn(failed).join("\n")).toMatch(
        new RegExp(`"${pay}" fits no namespace .* without "west"`),
      );
      expect(await begun()).toBe(0);
      expect(await namespaceIn(east, `${shop}-back`)).toBeUndefined();

      await toWest.open();
      expect(outputsOf(await ok(stack.up()), "back")).toMatchObject({
        phase: "Completed",
        health: "Healthy",
      });
      for (const [cluster, name] of contents)
        expect(await pricesIn(cluster, `${name}-back`), `${cluster.name} ${name}`).toEqual({ eggs: "3" });
      expect(await begun()).toBe(2);
      await ok(stack.up({ refresh: true, expectNoChanges: true }));
    }, 360_000);
  });
});
