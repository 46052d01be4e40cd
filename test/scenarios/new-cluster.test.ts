import { expect, test } from "vitest";
import { testWithKubernetes } from "../engine/test-with-kubernetes.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { messagesOf, resourceIn, stackOn, stepsOf } from "./stack.ts";

describeOnSandbox("A cluster that the same program makes", (sandbox) => {
  const EAST = `new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [process.env.SHOP] });`;
  // Its kubeconfig is known only once it exists, as that of any managed cluster.
  const MADE = `
    const provider = {
      async create() {
        return { id: "late", outs: { kubeconfig: process.env.WEST_KUBECONFIG } };
      },
    };
    class Cluster extends pulumi.dynamic.Resource {
      constructor(name) {
        super(provider, name, { kubeconfig: undefined });
      }
    }
    const made = new Cluster("made");
  `;

  test("changes nothing of all others in the preview, and comes with its backup in one up", async () => {
    const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 3 });
    await west.kubernetes.create("/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: shop },
    });
    const stack = await stackOn(
      sandbox,
      `const location = new velero.BackupLocation("primary", { storage, clusters: { east } }); ${EAST}`,
      { env: { SHOP: shop } },
    );
    const first = await stack.up();
    expect(first.ok, messagesOf(first)).toBe(true);

    stack.change(`
      ${MADE}
      const location = new velero.BackupLocation("primary", {
        storage,
        clusters: { east, west: { kubeconfig: made.kubeconfig } },
      });
      ${EAST}
      new velero.ClusterBackup("there", { location, cluster: "west", includedNamespaces: [process.env.SHOP] });
    `);
    const preview = await stack.preview();
    expect(preview.ok, messagesOf(preview)).toBe(true);
    expect(stepsOf(preview).toSorted()).toEqual([
      "create primary-west",
      "create there",
      "same primary",
      "same primary-east",
      "same shop",
    ]);

    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(stepsOf(up).toSorted()).toEqual(stepsOf(preview).toSorted());
    const { outputs } = resourceIn(up, "there");
    expect(outputs).toMatchObject({ phase: "Completed", cluster: "west" });
    const name = String(outputs?.["backupName"]);
    expect(await west.kubernetes.get(`/apis/velero.io/v1/namespaces/velero/backups/${name}`)).toBeDefined();

    const destroy = await stack.destroy();
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
  });

  testWithKubernetes(
    "can be given as a k8s.Provider, whose kubeconfig and context it takes and keeps secret",
    async () => {
      const shop = await createNamespace(sandbox.cluster("east"), "shop");
      const stack = await stackOn(
        sandbox,
        `
      const k8s = require("@pulumi/kubernetes");
      const provider = new k8s.Provider("east", { kubeconfig: process.env.EAST_KUBECONFIG });
      const location = new velero.BackupLocation("primary", { storage, clusters: { east: { provider } } });
      ${EAST}
      `,
        { env: { SHOP: shop } },
      );
      const up = await stack.up();
      expect(up.ok, messagesOf(up)).toBe(true);
      expect(resourceIn(up, "shop").outputs).toMatchObject({ phase: "Completed" });
      const ours = up.state.deployment.resources?.filter(({ type }) => type.includes("velero:"));
      expect(ours).toHaveLength(3);
      expect(JSON.stringify(ours)).not.toContain(sandbox.cluster("east").token);
      expect((await stack.up({ expectNoChanges: true })).ok).toBe(true);
      const destroy = await stack.destroy();
      expect(destroy.ok, messagesOf(destroy)).toBe(true);
    },
  );
});
