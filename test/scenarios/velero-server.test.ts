import { expect } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { testWithKubernetes } from "../engine/test-with-kubernetes.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { passingStack } from "./observe.ts";
import { ok } from "./restore-stack.ts";
import { resourceIn, stepsOf, veleroObjects } from "./stack.ts";

/** A backup of one cluster; and of another one, whose kubeconfig is known only once it exists, with its Velero. */
const program = (withWest: boolean) => `
  const k8s = require("@pulumi/kubernetes");
  const clusters = { east };
  if (${withWest}) {
    class Cluster extends pulumi.dynamic.Resource {
      constructor(name) {
        super({ create: async () => ({ id: "late", outs: { kubeconfig: process.env.WEST_KUBECONFIG } }) }, name, { kubeconfig: undefined });
      }
    }
    const provider = new k8s.Provider("west", { kubeconfig: new Cluster("made").kubeconfig });
    const server = new velero.VeleroServer("server", { stores: ["minio"], rights: {}, chart: { path: "chart" } }, { provider });
    clusters.west = server.cluster;
  }
  const location = new velero.BackupLocation("primary", { storage, clusters });
  for (const cluster of Object.keys(clusters))
    new velero.ClusterBackup("of-" + cluster, { location, cluster, includedNamespaces: [process.env.SHOP], volumes: "none" });`;

/** It stands for Velero's own, which is in a registry, and installs what values it was given. */
const chart = {
  "chart/Chart.yaml": "apiVersion: v2\nname: velero\nversion: 12.1.0\n",
  "chart/templates/values.yaml": `apiVersion: v1
kind: ConfigMap
metadata: { name: values-of-velero }
data: { values: {{ toJson .Values | quote }} }
`,
};

/** What a run did, in its order, with what is not ours. */
const allSteps = ({ steps }: RunResult) => steps.map(({ op, name }) => `${op} ${name}`);

describeOnSandbox("A Velero that the same program installs", (sandbox) => {
  testWithKubernetes(
    "is there before its location, changes nothing of all others in the preview, and goes last",
    async () => {
      const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];
      const shop = await createNamespace(east, "shop");
      await seedNamespace(east, shop, { objects: 3 });
      await seedNamespace(west, shop, { objects: 3 });
      // An administrator's: it makes cluster roles.
      const env = { SHOP: shop, WEST_KUBECONFIG: west.kubeconfig };
      const stack = await passingStack(sandbox, program(false), { env });
      stack.write(chart);
      await ok(stack.up());

      stack.change(program(true));
      const preview = await ok(stack.preview());
      const expected = [
        "create of-west",
        "create primary-west",
        "create server",
        "same of-east",
        "same primary",
        "same primary-east",
      ];
      expect(stepsOf(preview).toSorted()).toEqual(expected);

      const up = await ok(stack.up());
      expect(stepsOf(up).toSorted()).toEqual(expected);
      const order = allSteps(up);
      const release = up.steps.findIndex(({ type }) => type.endsWith(":Release"));
      expect(release).toBeGreaterThan(order.indexOf("create server-rights"));
      expect(release).toBeLessThan(order.indexOf("create primary-west"));
      expect(resourceIn(up, "primary-west").outputs).toMatchObject({ phase: "Available" });
      expect(resourceIn(up, "of-west").outputs).toMatchObject({ phase: "Completed" });
      const installed = await west.kubernetes.get("/api/v1/namespaces/velero/configmaps/values-of-velero");
      const data = installed?.["data"] as Record<string, string> | undefined;
      expect(JSON.parse(String(data?.["values"]))).toMatchObject({
        rbac: { create: true, clusterAdministrator: false },
        initContainers: [{ name: "velero-plugin-for-aws" }],
      });
      await ok(stack.up({ expectNoChanges: true }));

      const destroy = await ok(stack.destroy());
      const gone = destroy.steps.findIndex(({ type }) => type.endsWith(":Release"));
      expect(gone).toBeGreaterThan(allSteps(destroy).indexOf("delete primary-west"));
      expect(gone).toBeLessThan(allSteps(destroy).indexOf("delete server-rights"));
      expect(await veleroObjects(west, "backupstoragelocations", stack)).toEqual([]);
    },
    180_000,
  );
});
