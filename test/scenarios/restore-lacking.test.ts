import { afterAll, beforeAll, expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { complaintsIn } from "./complaints.ts";
import { passingStack } from "./observe.ts";
import { configMap, contentsOf, ok, outputsOf, pathOf, restoresOf } from "./restore-stack.ts";
import { messagesOf } from "./stack.ts";

const locationOf = (clusters: string) =>
  `const location = new velero.BackupLocation("primary", { storage, clusters: { ${clusters} } });`;
const backupOf = (more = "") =>
  `const backup = new velero.ClusterBackup("shop", {
     location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "none", ${more}
   });`;

// A sandbox of its own: kinds come and go there, which others would be asked to back up.
describeOnSandbox("A target that lacks what the backup takes for granted", () => {
  let sandbox: Sandbox;
  let east: SandboxCluster;
  let shop: string;

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ["east"] });
    east = sandbox.cluster("east");
    shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    await createKind(east, "Widget", "v1");
    await createKind(east, "Gadget", "v1beta1");
    for (const [path, kind] of [
      ["v1", "Widget"],
      ["v1beta1", "Gadget"],
    ] as const) {
      await east.kubernetes.create(`/apis/example.com/${path}/namespaces/${shop}/${plural(kind)}`, {
        apiVersion: `example.com/${path}`,
        kind,
        metadata: { name: "one" },
      });
    }
    await east.kubernetes.create(pathOf("persistentvolumeclaims", shop), {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "ledger" },
      spec: {
        storageClassName: "premium",
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "1Gi" } },
      },
    });
    // It learns of new kinds when it starts, and every five minutes.
    await east.velero.restart();
  });
  afterAll(() => sandbox.stop());

  test("is told all of it at once, in the preview and before anything is begun", async () => {
    const stack = await passingStack(sandbox, locationOf("east") + backupOf(), { env: { SHOP: shop } });
    await ok(stack.up());
    await kindGone(east, "Widget");
    await kindGone(east, "Gadget");
    await createKind(east, "Gadget", "v1");
    // Another kind of the group is served in the version that the backup has of gadgets.
    await createKind(east, "Gizmo", "v1beta1");
    const held = await stuckNamespace(east, `${shop}-held`);

    const restore = (args: string) => `${locationOf("east")} ${backupOf()}
      exports.plan = new velero.Restore("back", {
        backup, cluster: "east", namespaceMapping: { [process.env.SHOP]: process.env.SHOP + "-held" }, ${args}
      }).plan;`;
    const ofShop = "includedNamespaces: [process.env.SHOP],";
    const widgets = "it does not know widgets.example.com in version example.com/v1 (";
    const gadgets = "it does not know gadgets.example.com in version example.com/v1beta1 (";
    const others = [
      'cluster "east" cannot take up what the backup holds, and nothing was restored: ',
      'it has no storage class "premium" (',
      `namespace "${shop}-held" is being deleted there (`,
    ];

    stack.change(restore(ofShop));
    const preview = await ok(stack.preview());
    expect(preview.outputs["plan"]).toMatchObject({
      missingKinds: ["gadgets.example.com", "widgets.example.com"],
    });
    const failed = await stack.up();
    expect(complaintsIn(failed)).toHaveLength(1);
    for (const words of [messagesOf(preview), complaintsIn(failed).join()])
      for (const part of [...others, widgets, gadgets]) expect(words).toContain(part);

    // A restore of everything brings definitions along, where there is none yet.
    stack.change(restore(""));
    const whole = complaintsIn(await stack.up()).join();
    for (const part of [...others, gadgets]) expect(whole).toContain(part);
    expect(whole).not.toContain("widgets.example.com");
    expect(await restoresOf(east, stack)).toEqual([]);
    expect(await contentsOf(east, `${shop}-held`)).toEqual(["configmaps held"]);

    await held.release();
    stack.change(restore(`excludedResources: ["gadgets.example.com"], restorePVs: false`));
    const up = await ok(stack.up());
    expect(outputsOf(up, "back")).toMatchObject({ phase: "Completed", errors: 0 });
    expect(await contentsOf(east, `${shop}-held`)).toContain("persistentvolumeclaims ledger");
    const restored = `/apis/example.com/v1/namespaces/${shop}-held/widgets`;
    expect((await east.kubernetes.list(restored)).map(({ metadata }) => metadata.name)).toEqual(["one"]);
  }, 180_000);
});

const plural = (kind: string): string => `${kind.toLowerCase()}s`;
const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** A kind in one version. */
async function createKind({ kubernetes }: SandboxCluster, kind: string, version: string): Promise<void> {
  await kubernetes.create(DEFINITIONS, {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural(kind)}.example.com` },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { kind, plural: plural(kind) },
      versions: [
        { name: version, storage: true, served: true, schema: { openAPIV3Schema: { type: "object" } } },
      ],
    },
  });
  await waitUntil(`${kind} is served`, async () => {
    const found = await kubernetes.list(`/apis/example.com/${version}/${plural(kind)}`);
    return found.length === 0 ? true : undefined;
  });
}

async function kindGone({ kubernetes }: SandboxCluster, kind: string): Promise<void> {
  const path = `${DEFINITIONS}/${plural(kind)}.example.com`;
  await kubernetes.delete(path);
  await waitUntil(`${kind} is gone`, async () => ((await kubernetes.get(path)) ? undefined : true));
}

/** A namespace that is being deleted, and cannot go: something in it has a finalizer of nobody's. */
async function stuckNamespace({ kubernetes }: SandboxCluster, name: string) {
  await seedNamespace({ kubernetes }, name, { objects: 0 });
  const held = configMap("held", {});
  await kubernetes.create(pathOf("configmaps", name), {
    ...held,
    metadata: { ...held.metadata, finalizers: ["example.com/nobody"] },
  });
  await kubernetes.delete(`/api/v1/namespaces/${name}`);
  return {
    release: async () => {
      await kubernetes.patch(pathOf("configmaps", name, "held"), { metadata: { finalizers: null } });
      await waitUntil(`namespace ${name} is gone`, async () =>
        (await kubernetes.get(`/api/v1/namespaces/${name}`)) ? undefined : true,
      );
    },
  };
}
