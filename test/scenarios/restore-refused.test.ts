import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { complaintsIn } from "./complaints.ts";
import { passingStack } from "./observe.ts";
import { configMap, contentsOf, namespaceIn, ok, outputsOf, pathOf, restoresOf } from "./restore-stack.ts";
import { messagesOf, resourceIn, type Stack, stepsOf } from "./stack.ts";
import { createUnhookablePod } from "./unhookable-pod.ts";

const locationOf = (clusters: string) =>
  `const location = new velero.BackupLocation("primary", { storage, clusters: { ${clusters} } });`;
const backupOf = (more = "") =>
  `const backup = new velero.ClusterBackup("shop", {
     location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "none", ${more}
   });`;

async function expectRefused(run: Promise<RunResult>, words: RegExp): Promise<void> {
  const failed = await run;
  expect(failed.ok).toBe(false);
  expect(complaintsIn(failed)).toEqual([expect.stringMatching(words)]);
}

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
    console.log(complaintsIn(failed));
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

describeOnSandbox("A Restore is refused", (sandbox) => {
  const east = sandbox.cluster("east");

  async function begin(program: string): Promise<{ stack: Stack; shop: string }> {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    return { stack: await passingStack(sandbox, program, { env: { SHOP: shop } }), shop };
  }

  test("where its cluster does not read the source, where there is no such backup, and where a schedule has made none", async () => {
    const { stack } = await begin(
      `${locationOf("east, west")} ${backupOf()} new velero.Restore("unread", { backup, cluster: "west" });`,
    );
    const unread =
      /^clusters.west.reads: does not name "east", whose backup is to be restored there: add it in the BackupLocation/;
    await expectRefused(stack.preview(), unread);
    expect(await restoresOf(east, stack)).toEqual([]);

    const never = `schedule: "0 3 29 2 *", skipImmediately: true`;
    const scheduled = `${locationOf("east")} ${backupOf(never)}`;
    stack.change(scheduled);
    await ok(stack.up());
    const place = /cluster "east" below east\/ in minio bucket "[\w-]+" at http:\S+\d\. /.source;
    for (const [source, words] of [
      [
        "backup",
        `there is no good backup of ${place}ClusterBackup "shop" makes its first .*\`runNow: true\``,
      ],
      [
        '{ location, from: "east", schedule: "shop" }',
        `there is no good backup of ${place}Schedule "shop" makes its first .*\`runNow: true\``,
      ],
      [
        '{ location, from: "east", backupName: "nightly-1" }',
        `there is no Backup nightly-1 of ${place}Mend its name`,
      ],
    ] as const) {
      stack.change(`${scheduled} new velero.Restore("back", { backup: ${source}, cluster: "east" });`);
      await expectRefused(stack.up(), new RegExp(`^backup: ${words}`));
    }
    expect(await restoresOf(east, stack)).toEqual([]);
  }, 120_000);

  test("where its backup is PartiallyFailed, unless that is allowed", async () => {
    const { stack, shop } = await begin("");
    await createUnhookablePod(east, shop);
    const restore = (more = "") => `${locationOf("east")} ${backupOf("allowPartialFailure: true")}
      new velero.Restore("back", { backup, cluster: "east", namespaceMapping: { "*": "*-back" }, ${more} });`;
    stack.change(restore());
    await expectRefused(
      stack.up(),
      /^backup: Backup shop-east-\S+ of cluster "east" is PartiallyFailed: Velero: .*pod database does not have a host assigned\. .*allowPartialFailure: true/,
    );
    expect(await restoresOf(east, stack)).toEqual([]);
    expect(await namespaceIn(east, `${shop}-back`)).toBeUndefined();

    stack.change(restore("allowPartialFailure: true"));
    const up = await ok(stack.up());
    expect(outputsOf(up, "back")).toMatchObject({ phase: "Completed", created: 5 });
    expect(await contentsOf(east, `${shop}-back`)).toHaveLength(4);
  }, 120_000);

  test("where it ends PartiallyFailed, in Velero's words for each namespace, until that is allowed: it is not run again", async () => {
    const { stack, shop } = await begin("");
    const billing = await createNamespace(east, "billing");
    for (const namespace of [shop, billing]) {
      await east.kubernetes.create(pathOf("services", namespace), {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "outside" },
        spec: { type: "NodePort", ports: [{ port: 80 }] },
      });
    }
    const restore = (more = "") => `${locationOf("east")}
      const backup = new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: ${JSON.stringify([shop, billing])}, volumes: "none" });
      new velero.Restore("back", { backup, cluster: "east", namespaceMapping: { "*": "*-back" }, preserveNodePorts: true, ${more} });`;
    stack.change(restore());
    const words = new RegExp(
      '^Restore velero/back-east-\\S+ in cluster "east" ended PartiallyFailed \\(2 errors, \\d+ warnings\\): ' +
        [billing, shop]
          .map((name) => `${name}-back: .*outside.*provided port is already allocated`)
          .join("; ") +
        "\\. What it could restore is there\\..*`triggers`.*allowPartialFailure: true",
    );
    await expectRefused(stack.up(), words);
    const [restored, ...others] = await restoresOf(east, stack);
    expect(others).toEqual([]);
    const refreshed = await ok(stack.refresh());
    expect(resourceIn(refreshed, "back").outputs).toMatchObject({
      health: "Unhealthy",
      phase: "PartiallyFailed",
    });

    await east.kubernetes.delete(pathOf("configmaps", `${shop}-back`, "app-1"));
    await expectRefused(stack.up(), words);
    stack.change(restore("allowPartialFailure: true"));
    const accepted = await ok(stack.up());
    expect(stepsOf(accepted)).toContain("update back");
    expect(outputsOf(accepted, "back")).toMatchObject({
      phase: "PartiallyFailed",
      health: "Healthy",
      restoreName: restored?.metadata.name,
      errors: 2,
      failed: 2,
    });
    await ok(stack.up({ refresh: true, expectNoChanges: true }));
    expect(await restoresOf(east, stack)).toHaveLength(1);
    expect(await contentsOf(east, `${shop}-back`)).toEqual([
      "deployments app-1",
      "secrets app-1",
      "services app-1",
    ]);
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
