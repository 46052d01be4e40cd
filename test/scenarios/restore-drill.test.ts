import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { createBoundVolume } from "./bound-volume.ts";
import { complaintsIn } from "./complaints.ts";
import { createAll, mixture } from "./mixture.ts";
import { passingStack } from "./observe.ts";
import { configMap, namespaceIn, ok, outputsOf, pathOf, restorePath, restoresOf } from "./restore-stack.ts";
import { stepsOf } from "./stack.ts";

const base = `
  const { SHOP } = process.env;
  const location = new velero.BackupLocation("primary", { storage, clusters: { east, west: { ...west, reads: ["east"] } } });
  const backup = new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [SHOP], volumes: "none" });
  const restore = (name, args) => new velero.Restore(name, { backup, cluster: "west", ...args });
  const drill = (name, args) => restore(name, { namespaceMapping: { "*": "*-" + name }, drill: true, ...args });
`;

describeOnSandbox("A drill", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];
  const live = (cluster: SandboxCluster, namespace: string, kind: string, name = "app") =>
    cluster.kubernetes.get(`${COLLECTIONS[kind] ?? "/api/v1"}/namespaces/${namespace}/${kind}/${name}`);
  const specOf = async (...where: Parameters<typeof live>) => (await live(...where))?.spec;

  test("proves a backup of every kind elsewhere and beside what it was made of, runs nothing, and clears what the last one left", async () => {
    const shop = uniqueName("shop");
    await createAll(east, mixture(shop, "app"));
    const volume = await createBoundVolume(east, shop, "bound");
    await east.kubernetes.patch(`/api/v1/persistentvolumes/${volume}`, {
      spec: { persistentVolumeReclaimPolicy: "Delete" },
    });
    // Its API server counts how often a template was changed.
    await east.kubernetes.patch(`/apis/apps/v1/namespaces/${shop}/daemonsets/app`, {
      spec: { template: { spec: { hostNetwork: true } } },
    });
    // An instance of a definition that both clusters have.
    await east.kubernetes.create(instancesIn(shop), {
      apiVersion: "velero.io/v1",
      kind: "VolumeSnapshotLocation",
      metadata: { name: "app" },
      spec: { provider: "aws", config: { region: "nowhere" } },
    });
    const program = (more = "") => `${base}
      drill("kept", { drill: { keep: true }, ${more} });
      drill("beside", { cluster: "east", drill: { keep: true } });
      drill("gone", { excludedResources: ["persistentvolumeclaims"] });`;
    const stack = await passingStack(sandbox, program(), { env: { SHOP: shop } });
    const up = await ok(stack.up());

    // The mixture but for its pod, its Ingress and its Lease, with a claim, and without the instance.
    const whole = mixture(shop, "app").length - 3 + 1;
    // And the namespace, which the drill makes itself.
    const compared = whole + 1;
    const good = { phase: "Completed", health: "Healthy", failed: 0, errors: 0 };
    expect(outputsOf(up, "kept")).toMatchObject({ ...good, created: whole, verified: compared });
    expect(outputsOf(up, "beside")).toMatchObject({ ...good, created: whole, verified: compared });
    expect(outputsOf(up, "gone")).toMatchObject({ ...good, verified: compared - 2 });
    expect(await namespaceIn(west, `${shop}-gone`)).toBeUndefined();

    for (const [cluster, into] of [
      [west, `${shop}-kept`],
      [east, `${shop}-beside`],
    ] as const) {
      expect((await namespaceIn(cluster, into))?.metadata.labels).toMatchObject({
        "pulumi-velero.io/drill": "true",
        "velero.io/exclude-from-backup": "true",
      });
      for (const kind of ["deployments", "statefulsets"])
        expect(await specOf(cluster, into, kind)).toMatchObject({ replicas: 0 });
      for (const kind of ["jobs", "cronjobs"])
        expect(await specOf(cluster, into, kind)).toMatchObject({ suspend: true });
      expect(await specOf(cluster, into, "daemonsets")).toHaveProperty("template.spec.nodeSelector");
      for (const name of ["app", "app-outside", "app-node"])
        expect(await specOf(cluster, into, "services", name)).toMatchObject({ type: "ClusterIP" });
      expect(await specOf(cluster, into, "services", "app-outside")).not.toHaveProperty("externalIPs");
      const claim = await specOf(cluster, into, "persistentvolumeclaims", "bound");
      expect(claim).toHaveProperty("accessModes");
      expect(claim).not.toHaveProperty("volumeName");
      expect(await live(cluster, into, "ingresses")).toBeUndefined();
      expect(await live(cluster, into, "pods")).toBeUndefined();
      expect(await cluster.kubernetes.list(instancesIn(into))).toEqual([]);
      expect(await live(cluster, into, "secrets")).toMatchObject({ data: { password: "b25l" } });
    }
    expect(await west.kubernetes.get(`/api/v1/persistentvolumes/${volume}`)).toBeUndefined();
    // What lives is as it was.
    expect(await specOf(east, shop, "deployments")).toMatchObject({ replicas: 1 });
    expect(await specOf(east, shop, "services", "app-outside")).toMatchObject({ type: "LoadBalancer" });
    expect(await specOf(east, shop, "persistentvolumeclaims", "bound")).toMatchObject({ volumeName: volume });

    const before = (await namespaceIn(west, `${shop}-kept`))?.metadata.uid;
    const beside = await namespaceIn(east, `${shop}-beside`);
    await west.kubernetes.create(pathOf("configmaps", `${shop}-kept`), configMap("left", { by: "somebody" }));
    await letGo(west, `${shop}-kept`);
    stack.change(program("triggers: [2]"));
    const again = await ok(stack.up());
    expect(stepsOf(again)).toContain("create-replacement kept");
    expect(outputsOf(again, "kept")).toMatchObject({ ...good, created: whole, verified: compared });
    const after = (await namespaceIn(west, `${shop}-kept`))?.metadata.uid;
    expect(after).toEqual(expect.any(String));
    expect(after).not.toBe(before);
    expect(await live(west, `${shop}-kept`, "configmaps", "left")).toBeUndefined();
    expect((await namespaceIn(east, `${shop}-beside`))?.metadata.uid).toBe(beside?.metadata.uid);
    const names = (await restoresOf(west, stack)).map(({ metadata }) => metadata.name);
    expect(names.toSorted()).toEqual(
      [outputsOf(again, "gone")["restoreName"], outputsOf(again, "kept")["restoreName"]].toSorted(),
    );
  }, 240_000);

  test("is refused, and begins nothing, where it would touch what lives or prove nothing", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const volume = await createBoundVolume(east, shop, "data");
    await west.kubernetes.create("/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: `${shop}-taken`, labels: { "pulumi-velero.io/drill": "true" } },
    });
    const stack = await passingStack(sandbox, base, { env: { SHOP: shop } });
    await ok(stack.up());
    stack.change(`${base}
      drill("unmapped", { namespaceMapping: { "other-*": "*-drill" } });
      drill("itself", { namespaceMapping: { "*": "*" } });
      drill("taken", {});
      drill("disk", {});
      drill("nothing", { labelSelector: { matchLabels: { app: "typo" } } });
      drill("unclaimed", { restorePVs: false, excludedResources: ["persistentvolumeclaims"] });`);
    const refused = await stack.up();
    expect(refused.ok).toBe(false);
    expect(complaintsIn(refused).toSorted()).toEqual(
      [
        `namespaceMapping: cluster "west": "other-*" fits no namespace of what is restored (${shop}), and what no entry fits ` +
          "keeps its own name. Nothing is restored. Mend the name, or leave the entry out.",
        `namespaceMapping: cluster "west": maps ${shop} nowhere, and a drill restores nothing into a namespace that lives. ` +
          'Map all of them, { "*": "*-drill" }, or leave some out with excludedNamespaces.',
        `namespaceMapping: leads into ${shop}-taken of cluster "west", which is there already and was not made by this drill. ` +
          "Map to names that nobody uses; or remove it by hand, where a drill has left it that could not know what it made.",
        `cluster "west" cannot take up what the backup holds, and nothing was restored: volume "${volume}" has reclaim policy ` +
          "Retain, and the backup holds no data of it: it would be the source's own disk, which no drill may touch " +
          "(set restorePVs: false for a claim without it). Then run up again.",
        `drill: nothing of Backup ${String(outputsOf(refused, "shop")["backupName"])} would be restored into cluster "west", ` +
          "which would prove nothing. See what the backup holds, and what includedNamespaces and the other filters leave of it.",
      ].toSorted(),
    );
    expect(outputsOf(refused, "unclaimed")).toMatchObject({ phase: "Completed", verified: 5 });
    expect((await restoresOf(west, stack)).map(({ metadata }) => metadata.name)).toEqual([
      outputsOf(refused, "unclaimed")["restoreName"],
    ]);
    for (const name of ["unmapped", "itself", "disk", "nothing"])
      expect(await namespaceIn(west, `${shop}-${name}`)).toBeUndefined();
    expect((await namespaceIn(west, `${shop}-taken`))?.metadata.uid).toEqual(expect.any(String));
  }, 180_000);

  test("or any restore that is verified fails with what differs from the backup, and is content once it was mended", async () => {
    const shop = uniqueName("shop");
    await createAll(east, mixture(shop, "app"));
    const into = `${shop}-copy`;
    const changed = ["ConfigMap", "Deployment", "Role"];
    const there = [
      ...mixture(into, "app", { changed: true }).filter(({ kind }) => changed.includes(kind)),
      ...mixture(into, "app").filter(({ kind }) => kind === "Secret"),
    ];
    await createAll(west, there);
    const stack = await passingStack(
      sandbox,
      `${base} restore("copy", { namespaceMapping: { "*": "*-copy" }, verify: true });`,
      { env: { SHOP: shop } },
    );
    for (const _ of [1, 2]) {
      const failed = await stack.up();
      const [restore] = await restoresOf(west, stack);
      expect(complaintsIn(failed)).toEqual([
        `verify: 3 of 21 objects in Restore velero/${restore?.metadata.name} in cluster "west" are not as the backup has them: ` +
          `${[
            `configmaps ${into}/app differs in data.price`,
            `deployments.apps ${into}/app differs in spec.replicas`,
            `roles.rbac.authorization.k8s.io ${into}/app differs in rules[0].verbs[0]`,
          ].join("; ")}. ` +
          'What was there before is left as it is, unless existingResourcePolicy is "update". Mend them, and the next up ' +
          "compares again; or change `triggers` to restore again.",
      ]);
      expect(outputsOf(failed, "copy")).toMatchObject({ phase: "Completed", health: "Unhealthy" });
    }
    for (const { collection, kind, object } of mixture(into, "app")) {
      if (!changed.includes(kind)) continue;
      const { metadata: _metadata, ...content } = object;
      await west.kubernetes.patch(`${collection}/app`, content as Record<string, unknown>);
    }
    const mended = await ok(stack.up());
    expect(outputsOf(mended, "copy")).toMatchObject({ health: "Healthy", verified: 21 });
    expect(outputsOf(mended, "copy")).not.toHaveProperty("unfinished");
    expect(await restoresOf(west, stack)).toHaveLength(1);
    const { metadata } = (await west.kubernetes.get(
      restorePath(outputsOf(mended, "copy")["restoreName"]),
    )) as KubernetesObject;
    expect(metadata.labels).toMatchObject({ "pulumi-velero.io/settled": "true" });
    await ok(stack.up({ refresh: true, expectNoChanges: true }));
  }, 180_000);
});

/** A kind whose definition both clusters have. */
const instancesIn = (namespace: string) =>
  `/apis/velero.io/v1/namespaces/${namespace}/volumesnapshotlocations`;

/** Where those kinds are served that are not in the core group. */
const COLLECTIONS: Record<string, string> = {
  deployments: "/apis/apps/v1",
  statefulsets: "/apis/apps/v1",
  daemonsets: "/apis/apps/v1",
  jobs: "/apis/batch/v1",
  cronjobs: "/apis/batch/v1",
  ingresses: "/apis/networking.k8s.io/v1",
};

/** A claim is kept until its own controller lets it go, and there is none here. */
async function letGo({ kubernetes }: SandboxCluster, namespace: string): Promise<void> {
  for (const { metadata } of await kubernetes.list(pathOf("persistentvolumeclaims", namespace))) {
    await kubernetes.patch(pathOf("persistentvolumeclaims", namespace, metadata.name), {
      metadata: { finalizers: null },
    });
  }
}
