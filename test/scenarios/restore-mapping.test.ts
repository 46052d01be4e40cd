import { describe, expect, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { clusterGate } from "./cluster-gate.ts";
import { complaintsIn } from "./complaints.ts";
import { passingStack } from "./observe.ts";
import { configMap, namespaceIn, ok, outputsOf, pathOf, restorePath, restoresOf } from "./restore-stack.ts";
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

describeOnSandbox("A mapping of namespaces, by a program that does not see into the backup,", (sandbox) => {
  const east = sandbox.cluster("east");

  /** The whole cluster is backed up, of which one object has the label. */
  const base = (access: string) => `
    const { SHOP } = process.env;
    const location = new velero.BackupLocation("primary", { storage, ${access} clusters: { east } });
    const whole = new velero.ClusterBackup("whole", {
      location, cluster: "east", labelSelector: { matchLabels: { scenario: SHOP } }, volumes: "none",
    });
    const other = velero.locationFrom("other", location.handle, { clusters: { east } });`;

  test.each([
    ['whose location has access: "none"', 'access: "none",', "whole"],
    [
      "that has the location from another",
      "",
      '{ location: other, from: "east", backupName: whole.backupName }',
    ],
  ])(
    "%s, is passed on or refused, and never dropped",
    async (_which, access, backup) => {
      const restore = (name: string, args: string) =>
        `new velero.Restore("${name}", { backup: ${backup}, cluster: "east", existingResourcePolicy: "update", ${args} });`;
      const shop = await createNamespace(east, "shop");
      const prices = configMap("prices", { eggs: "3" }, { scenario: shop });
      await east.kubernetes.create(pathOf("configmaps", shop), prices);
      const stack = await passingStack(sandbox, base(access), { env: { SHOP: shop } });
      await ok(stack.up());
      await east.kubernetes.patch(pathOf("configmaps", shop, "prices"), { data: { eggs: "4" } });

      stack.change(
        base(access) + restore("pattern", 'namespaceMapping: { "*": "*-pattern", [SHOP]: SHOP + "-copy" }'),
      );
      const nobody =
        /^namespaceMapping: .*nobody can say which namespaces are meant by "\*": Backup whole-\S+ does not name its own, .*`access`/;
      await expectRefused([stack.preview()], nobody);
      await expectRefused([stack.up()], nobody);
      expect(await restoresOf(east, stack)).toEqual([]);

      stack.change(
        base(access) +
          restore("named", 'namespaceMapping: { [SHOP]: SHOP + "-copy" }') +
          restore("said", 'namespaceMapping: { "*": "*-said" }, includedNamespaces: [SHOP]'),
      );
      const up = await ok(stack.up());
      for (const [name, into] of Object.entries({ named: `${shop}-copy`, said: `${shop}-said` })) {
        const { restoreName, phase } = outputsOf(up, name);
        expect(phase, name).toBe("Completed");
        const { spec } = (await east.kubernetes.get(restorePath(restoreName))) ?? {};
        expect(spec?.["namespaceMapping"], name).toEqual({ [shop]: into });
        expect(await pricesIn(east, into), name).toEqual({ eggs: "3" });
      }
      // What lives is as it was.
      expect(await pricesIn(east, shop)).toEqual({ eggs: "4" });
    },
    360_000,
  );
});

describeOnSandbox("A mapping of namespaces", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  test("that fits nothing, or leads to names that Kubernetes does not take, is refused before anything is restored", async () => {
    const shop = await createNamespace(east, "shop");
    await east.kubernetes.create(pathOf("configmaps", shop), configMap("prices", { eggs: "3" }));
    const base = `
      const { SHOP } = process.env;
      const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
      const backup = new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [SHOP], volumes: "none" });`;
    const mapped = (mapping: string) =>
      `${base} new velero.Restore("back", { backup, cluster: "east", existingResourcePolicy: "update", namespaceMapping: ${mapping} });`;
    const stack = await passingStack(sandbox, base, { env: { SHOP: shop } });
    await ok(stack.up());
    await east.kubernetes.patch(pathOf("configmaps", shop, "prices"), { data: { eggs: "4" } });

    const long = "a".repeat(50);
    for (const [mapping, words] of [
      [
        '{ [SHOP]: SHOP + "-copy", shpo: "copy" }',
        `.*"shpo" fits no namespace of what is restored \\(${shop}\\)`,
      ],
      [`{ "*": "*-${long}" }`, `.*names that Kubernetes does not take: "${shop}" → "${shop}-${long}" \\(`],
    ] as const) {
      stack.change(mapped(mapping));
      await expectRefused([stack.preview()], new RegExp(`^namespaceMapping: ${words}`));
      await expectRefused([stack.up()], new RegExp(`^namespaceMapping: ${words}`));
    }
    stack.change(mapped('{ [SHOP]: "Copy" }'));
    await expectRefused(
      [stack.preview()],
      /^namespaceMapping: "\S+" → "Copy": "Copy" can be the name of no namespace/,
    );
    expect(await restoresOf(east, stack)).toEqual([]);
    expect(await pricesIn(east, shop)).toEqual({ eggs: "4" });
    expect(await namespaceIn(east, `${shop}-copy`)).toBeUndefined();
  }, 240_000);

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
