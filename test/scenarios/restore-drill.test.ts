import { expect, onTestFinished, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { freeNodePort } from "../sandbox/free-node-port.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { createBoundVolume } from "./bound-volume.ts";
import { complaintsIn } from "./complaints.ts";
import { createAll, mixture } from "./mixture.ts";
import { passingStack, resourceList } from "./observe.ts";
import {
  configMap,
  namespaceIn,
  ok,
  outputsOf,
  pathOf,
  restorePath,
  restoresOf,
  upAll,
} from "./restore-stack.ts";
import { stepsOf } from "./stack.ts";

/** What is drilled in this month; `whole` is kept until it is not any more. */
const program = (month: string, whole: string) => `
  const { SHOP, TILL } = process.env;
  const location = new velero.BackupLocation("primary", { storage, clusters: { east, west: { ...west, reads: ["east"] } } });
  const common = { location, cluster: "east", volumes: "none" };
  const backup = new velero.ClusterBackup("shop", { ...common, includedNamespaces: [SHOP, TILL] });
  const restore = (name, args) => new velero.Restore(name, {
    backup, cluster: "west", namespaceMapping: { "*": "*-" + name }, includedNamespaces: [SHOP], ...args,
  });
  const drill = (name, args) => restore(name, { drill: true, ...args });
  const keep = { drill: { keep: true } };
  drill("kept", { ...keep, triggers: ["${month}"] });
  drill("beside", { ...keep, cluster: "east", preserveNodePorts: true });
  // A claim is kept until its own controller lets it go, and there is none here.
  drill("gone", { excludedResources: ["persistentvolumeclaims"] });
  drill("whole", { cluster: "east", includedResources: ["*"], excludedResources: ["persistentvolumeclaims"], ${whole} });
  restore("copy", { verify: true });
  new velero.ClusterBackup("pattern", { ...common, includedNamespaces: ["/^" + SHOP + "/"], schedule: "0 3 29 2 *" });`;
const refused = `
  const till = (name, args) => drill(name, { includedNamespaces: [TILL], ...args });
  till("unmapped", { namespaceMapping: { "other-*": "*-drill" } });
  till("itself", { namespaceMapping: { "*": "*" } });
  till("taken");
  till("disk");
  till("nothing", { labelSelector: { matchLabels: { app: "typo" } } });
  till("unclaimed", { restorePVs: false, excludedResources: ["persistentvolumeclaims"] });`;
const backedUpAgain = `
  const again = new velero.ClusterBackup("again", { ...common, includedNamespaces: ["/^" + SHOP + "/"] });
  const glob = new velero.ClusterBackup("glob", { ...common, includedNamespaces: [SHOP + "*"] }, { dependsOn: again });
  new velero.ClusterBackup("all", { ...common, labelSelector: { matchLabels: { of: SHOP } } }, { dependsOn: glob });`;

describeOnSandbox("A drill", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];
  const live = (cluster: SandboxCluster, namespace: string, kind: string, name = "app") =>
    cluster.kubernetes.get(`${COLLECTIONS[kind] ?? "/api/v1"}/namespaces/${namespace}/${kind}/${name}`);
  const specOf = async (...where: Parameters<typeof live>) => (await live(...where))?.spec;

  /** One of every kind, what a drill has to change, and what it could not clear if it left it as it is. */
  async function createShop(): Promise<{ shop: string; volume: string }> {
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
    await east.kubernetes.create(pathOf("services", shop), {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "declared" },
      spec: {
        type: "NodePort",
        externalTrafficPolicy: "Local",
        selector: { app: "app" },
        ports: [
          { name: "web", port: 80, nodePort: await freeNodePort(east) },
          { name: "dns", port: 53, protocol: "UDP" },
        ],
      },
    });
    // Nobody takes the finalizer off.
    const metadata = { name: "held", labels: { of: shop }, finalizers: ["example.com/never"] };
    await east.kubernetes.create(pathOf("configmaps", shop), { ...configMap("held", {}), metadata });
    await east.kubernetes.create(instancesIn(shop), {
      apiVersion: "velero.io/v1",
      kind: "VolumeSnapshotLocation",
      metadata,
      spec: { provider: "aws", config: { region: "nowhere" } },
    });
    onTestFinished(async () => {
      for (const path of [pathOf("configmaps", shop, "held"), `${instancesIn(shop)}/held`])
        await east.kubernetes.patch(path, { metadata: { finalizers: null } });
    });
    return { shop, volume };
  }

  test("proves a backup of every kind elsewhere and beside what it was made of, runs nothing, clears what the last one left, and is refused where it would touch what lives or prove nothing; any restore that is verified fails with what differs, and is content once that was mended", async () => {
    const { shop, volume } = await createShop();
    const till = await createNamespace(east, "till");
    await seedNamespace(east, till, { objects: 4 });
    const disk = await createBoundVolume(east, till, "data");
    await west.kubernetes.create("/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: `${till}-taken`, labels: { "pulumi-velero.io/drill": "true" } },
    });
    const into = `${shop}-copy`;
    const changed = ["ConfigMap", "Deployment", "Role"];
    await createAll(west, [
      ...mixture(into, "app", { changed: true }).filter(({ kind }) => changed.includes(kind)),
      ...mixture(into, "app").filter(({ kind }) => kind === "Secret"),
    ]);
    // Velero merges accounts.
    const account = `/api/v1/namespaces/${into}/serviceaccounts`;
    await west.kubernetes.create(account, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "app", annotations: { by: "somebody" } },
      imagePullSecrets: [{ name: "theirs" }],
    });
    const stack = await passingStack(sandbox, program("November", "...keep") + refused, {
      env: { SHOP: shop, TILL: till },
    });
    const first = await upAll(stack);

    // The mixture but for its pod, its Ingress and its Lease, with a claim, a Service and a ConfigMap; without the instance.
    const whole = mixture(shop, "app").length - 3 + 3;
    // And the namespace, which the drill makes itself.
    const compared = whole + 1;
    const good = { phase: "Completed", health: "Healthy", failed: 0, errors: 0 };
    expect(outputsOf(first, "kept")).toMatchObject({ ...good, created: whole, verified: compared });
    expect(outputsOf(first, "beside")).toMatchObject({ ...good, created: whole, verified: compared });
    expect(outputsOf(first, "gone")).toMatchObject({ ...good, verified: compared - 2 });
    expect(outputsOf(first, "whole")).toMatchObject({ ...good, verified: compared - 2 + WANTED });
    expect(await namespaceIn(west, `${shop}-gone`)).toBeUndefined();
    for (const [cluster, room] of [
      [west, `${shop}-kept`],
      [east, `${shop}-beside`],
    ] as const) {
      expect((await namespaceIn(cluster, room))?.metadata.labels).toMatchObject({
        "pulumi-velero.io/drill": "true",
        "velero.io/exclude-from-backup": "true",
      });
      for (const kind of ["deployments", "statefulsets"])
        expect(await specOf(cluster, room, kind)).toMatchObject({ replicas: 0 });
      for (const kind of ["jobs", "cronjobs"])
        expect(await specOf(cluster, room, kind)).toMatchObject({ suspend: true });
      expect(await specOf(cluster, room, "daemonsets")).toHaveProperty("template.spec.nodeSelector");
      for (const name of ["app", "app-outside", "app-node", "declared"])
        expect(await specOf(cluster, room, "services", name)).toMatchObject({ type: "ClusterIP" });
      expect(await specOf(cluster, room, "services", "app-outside")).not.toHaveProperty("externalIPs");
      const declared = await specOf(cluster, room, "services", "declared");
      expect(declared).toMatchObject({ ports: [{ port: 80 }, { port: 53, protocol: "UDP" }] });
      expect(JSON.stringify(declared)).not.toContain("nodePort");
      const claim = await specOf(cluster, room, "persistentvolumeclaims", "bound");
      expect(claim).toHaveProperty("accessModes");
      expect(claim).not.toHaveProperty("volumeName");
      expect(await live(cluster, room, "ingresses")).toBeUndefined();
      expect(await live(cluster, room, "pods")).toBeUndefined();
      expect(await cluster.kubernetes.list(instancesIn(room))).toEqual([]);
      expect(await live(cluster, room, "secrets")).toMatchObject({ data: { password: "b25l" } });
    }
    for (const path of [
      pathOf("configmaps", `${shop}-whole`, "held"),
      `${instancesIn(`${shop}-whole`)}/held`,
    ]) {
      const copy = await east.kubernetes.get(path);
      expect(copy?.metadata.name, path).toBe("held");
      expect(copy?.metadata, path).not.toHaveProperty("finalizers");
    }
    expect(await west.kubernetes.get(`/api/v1/persistentvolumes/${volume}`)).toBeUndefined();
    // What lives is as it was.
    expect(await specOf(east, shop, "deployments")).toMatchObject({ replicas: 1 });
    expect(await specOf(east, shop, "services", "app-outside")).toMatchObject({ type: "LoadBalancer" });
    expect(await specOf(east, shop, "services", "declared")).toMatchObject({ type: "NodePort" });
    expect(await specOf(east, shop, "persistentvolumeclaims", "bound")).toMatchObject({ volumeName: volume });

    const copied = outputsOf(first, "copy");
    const differences =
      `verify: 3 of ${COPIED} objects in Restore velero/${String(copied["restoreName"])} in cluster "west" are not as the backup has them: ` +
      `${[
        `configmaps ${into}/app differs in data.price`,
        `deployments.apps ${into}/app differs in spec.replicas`,
        `roles.rbac.authorization.k8s.io ${into}/app differs in rules[0].verbs[0]`,
      ].join("; ")}. ` +
      'What was there before is left as it is, unless existingResourcePolicy is "update". Mend them, and the next up ' +
      "compares again; or change `triggers` to restore again.";
    expect(copied).toMatchObject({ phase: "Completed", health: "Unhealthy", updated: 1 });
    expect(await west.kubernetes.get(`${account}/app`)).toMatchObject({
      imagePullSecrets: [{ name: "theirs" }, { name: "one" }],
    });
    expect(complaintsIn(first).toSorted()).toEqual(
      [
        differences,
        `namespaceMapping: cluster "west": "other-*" fits no namespace of what is restored (${till}), and what no entry fits ` +
          "keeps its own name. Nothing is restored. Mend the name, or leave the entry out.",
        `namespaceMapping: cluster "west": maps ${till} nowhere, and a drill restores nothing into a namespace that lives. ` +
          'Map all of them, { "*": "*-drill" }, or leave some out with excludedNamespaces.',
        `namespaceMapping: leads into ${till}-taken of cluster "west", which is there already and was not made by this drill. ` +
          "Map to names that nobody uses; or remove it by hand, where a drill has left it that could not know what it made.",
        `cluster "west" cannot take up what the backup holds, and nothing was restored: volume "${disk}" has reclaim policy ` +
          "Retain, and the backup holds no data of it: it would be the source's own disk, which no drill may touch " +
          "(set restorePVs: false for a claim without it). Then run up again.",
        `drill: nothing of Backup ${String(outputsOf(first, "shop")["backupName"])} would be restored into cluster "west", ` +
          "which would prove nothing. See what the backup holds, and what includedNamespaces and the other filters leave of it.",
      ].toSorted(),
    );
    expect(outputsOf(first, "unclaimed")).toMatchObject({ phase: "Completed", verified: 5 });
    const namesIn = async (cluster: SandboxCluster) =>
      (await restoresOf(cluster, stack)).map(({ metadata }) => metadata.name.split("-")[0]).toSorted();
    expect(await namesIn(west)).toEqual(["copy", "gone", "kept", "unclaimed"]);
    for (const name of ["unmapped", "itself", "disk", "nothing"])
      expect(await namespaceIn(west, `${till}-${name}`)).toBeUndefined();
    expect((await namespaceIn(west, `${till}-taken`))?.metadata.uid).toEqual(expect.any(String));

    const kept = await namespaceIn(west, `${shop}-kept`);
    const beside = await namespaceIn(east, `${shop}-beside`);
    await west.kubernetes.create(pathOf("configmaps", `${shop}-kept`), configMap("left", { by: "somebody" }));
    await letGo(west, `${shop}-kept`);
    stack.change(program("December", "triggers: [2]") + backedUpAgain);
    const second = await upAll(stack);
    expect(complaintsIn(second)).toEqual([differences]);
    expect(stepsOf(second)).toContain("create-replacement kept");
    expect(outputsOf(second, "kept")).toMatchObject({ ...good, created: whole, verified: compared });
    const after = (await namespaceIn(west, `${shop}-kept`))?.metadata.uid;
    expect(after).toEqual(expect.any(String));
    expect(after).not.toBe(kept?.metadata.uid);
    expect(await live(west, `${shop}-kept`, "configmaps", "left")).toBeUndefined();
    expect((await namespaceIn(east, `${shop}-beside`))?.metadata.uid).toBe(beside?.metadata.uid);
    expect(outputsOf(second, "whole")).toMatchObject({ phase: "Completed", left: [] });
    expect(await namespaceIn(east, `${shop}-whole`)).toBeUndefined();
    // A drill that is kept is in no pattern and in no backup of the whole cluster.
    expect(outputsOf(second, "again")["resolvedNamespaces"]).toEqual([shop]);
    for (const name of ["again", "glob", "all"]) {
      const kinds = await resourceList(sandbox, stack.bucket, "east", outputsOf(second, name)["backupName"]);
      expect(kinds["v1/ConfigMap"], name).toContain(`${shop}/held`);
      expect(JSON.stringify(kinds), name).not.toContain(`${shop}-beside`);
    }

    for (const { collection, kind, object } of mixture(into, "app")) {
      if (!changed.includes(kind)) continue;
      const { metadata: _metadata, ...content } = object;
      await west.kubernetes.patch(`${collection}/app`, content as Record<string, unknown>);
    }
    const mended = outputsOf(await ok(stack.up()), "copy");
    expect(mended).toMatchObject({ health: "Healthy", verified: COPIED, restoreName: copied["restoreName"] });
    expect(mended).not.toHaveProperty("unfinished");
    // An up with failures deletes nothing: the Restores of what was replaced or taken out go with this one.
    expect(await namesIn(west)).toEqual(["copy", "gone", "kept"]);
    const settled = await west.kubernetes.get(restorePath(mended["restoreName"]));
    expect(settled?.metadata.labels).toMatchObject({ "pulumi-velero.io/accepted": "true" });
    await ok(stack.up({ refresh: true, expectNoChanges: true }));
  }, 600_000);
});

/** What `whole` takes beside: of pods, Ingress, Lease and the instance. */
const WANTED = 1;
/** The mixture and what stands beside it, as far as Velero restores it and it can be compared. */
const COPIED = 25;

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

/** As their controller would let claims go. */
async function letGo({ kubernetes }: SandboxCluster, namespace: string): Promise<void> {
  for (const { metadata } of await kubernetes.list(pathOf("persistentvolumeclaims", namespace))) {
    await kubernetes.patch(pathOf("persistentvolumeclaims", namespace, metadata.name), {
      metadata: { finalizers: null },
    });
  }
}
