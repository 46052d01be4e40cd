import { afterAll, beforeAll, expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { complaintsIn } from "./complaints.ts";
import { createDatabase } from "./database.ts";
import { passingStack } from "./observe.ts";
import { playNode, volumesOf } from "./play-node.ts";
import { configMap, namespaceIn, ok, outputsOf, pathOf, restorePath, restoresOf } from "./restore-stack.ts";
import type { Stack } from "./stack.ts";
import { createSnapshotContent, serveSnapshotContents, SNAPSHOT_CONTENTS } from "./snapshot-contents.ts";
import { type Saved, sayItHolds } from "./with-data.ts";

const base = `
  const { SHOP } = process.env;
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const backup = new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [SHOP], volumes: "none" });
  const drill = (name, args) => new velero.Restore(name, {
    backup, cluster: "east", namespaceMapping: { "*": "*-" + name }, drill: true, timeouts: { create: "90s" }, ...args,
  });
`;

// A sandbox of their own: whether Velero has a node agent counts for all that run in it.
describeOnSandbox("A drill of a backup that holds the data of volumes", () => {
  let sandbox: Sandbox;
  let east: SandboxCluster;
  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ["east"] });
    east = sandbox.cluster("east");
    await east.kubernetes.create("/apis/storage.k8s.io/v1/storageclasses", {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: "late" },
      provisioner: "played.csi.example.com",
      volumeBindingMode: "WaitForFirstConsumer",
    });
  });
  afterAll(() => sandbox.stop());

  const podIn = (namespace: string, name: string) =>
    east.kubernetes.get(`/api/v1/namespaces/${namespace}/pods/${name}`);

  /** A stack with a backup of it, which says that it has saved the claim so. */
  async function backedUp(
    how: (shop: string) => Partial<Saved> & Pick<Saved, "by">,
  ): Promise<{ shop: string; stack: Stack }> {
    const { shop, volume } = await createDatabase(east);
    const stack = await passingStack(sandbox, base, { env: { SHOP: shop } });
    const up = await ok(stack.up());
    const saved = { namespace: shop, claim: "data", volume, ...how(shop) } as Saved;
    const name = String(outputsOf(up, "shop")["backupName"]);
    await sayItHolds(sandbox, east, stack, { backup: name, prefix: "east", saved });
    return { shop, stack };
  }

  const byFiles = () => ({ by: "fileCopy" as const, pod: "db-0", mount: "store" });

  test("as files is proven by its pod, in which nothing runs but Velero's own, and leaves nothing outside of its namespaces", async () => {
    const { shop, stack } = await backedUp(byFiles);
    const into = `${shop}-files`;
    await playNode(east, into);
    await serveSnapshotContents(east);
    stack.change(`${base} drill("files", { drill: { keep: true }, triggers: ["November"] });`);
    const up = await ok(stack.up());
    expect(outputsOf(up, "files")).toMatchObject({
      phase: "Completed",
      health: "Healthy",
      volumesProven: 1,
      volumesUnproven: [],
      failed: 0,
    });
    const restoreName = String(outputsOf(up, "files")["restoreName"]);
    const { spec } = (await east.kubernetes.get(restorePath(restoreName))) as KubernetesObject;
    expect(spec).toMatchObject({ includeClusterResources: false, namespaceMapping: { [shop]: into } });
    expect(spec?.["includedResources"]).toContain("pods");
    expect(spec?.["excludedResources"]).not.toContain("pods");

    const db = await podIn(into, "db-0");
    expect(db?.metadata.labels).toEqual({
      "sidecar.istio.io/inject": "false",
      "velero.io/backup-name": outputsOf(up, "shop")["backupName"],
      "velero.io/restore-name": restoreName,
    });
    expect(db?.metadata["annotations"]).toEqual({ "linkerd.io/inject": "disabled" });
    const waiting = {
      image: "velero",
      command: ["/velero-restore-helper"],
      args: [(await east.kubernetes.get(restorePath(restoreName)))?.metadata.uid],
    };
    expect(db?.spec).toMatchObject({
      initContainers: [
        { ...waiting, name: "restore-wait", volumeMounts: [{ name: "store", mountPath: "/restores/store" }] },
      ],
      containers: [
        {
          ...waiting,
          name: "drill",
          volumeMounts: [{ name: "pulumi-velero-drill", mountPath: "/restores" }],
        },
      ],
      volumes: [
        { name: "store", persistentVolumeClaim: { claimName: "data" } },
        { name: "pulumi-velero-drill", emptyDir: {} },
      ],
      nodeSelector: { "kubernetes.io/os": "linux" },
      restartPolicy: "Never",
    });
    expect(JSON.stringify(db?.spec)).not.toMatch(/PASSWORD|containerPort|migrate|disk/);
    // No data hangs on this one.
    const web = await podIn(into, "web-0");
    expect(web?.spec).toMatchObject({ nodeSelector: { "pulumi-velero.io/drill": "nowhere" } });
    expect(web?.spec).not.toHaveProperty("nodeName");
    expect(await volumesOf(east, into)).toMatchObject([
      { spec: { persistentVolumeReclaimPolicy: "Retain" } },
    ]);

    await createSnapshotContent(east, "of-the-drill", { namespace: into, restore: restoreName });
    await createSnapshotContent(east, "of-others", { namespace: shop, restore: "another" });
    stack.change(`${base} drill("files", { triggers: ["December"] });`);
    const again = await ok(stack.up());
    expect(outputsOf(again, "files")).toMatchObject({ volumesProven: 1, volumesUnproven: [], left: [] });
    expect(await namespaceIn(east, into)).toBeUndefined();
    expect(await volumesOf(east, into)).toEqual([]);
    expect((await east.kubernetes.list(SNAPSHOT_CONTENTS)).map(({ metadata }) => metadata.name)).toEqual([
      "of-others",
    ]);
    // What lives keeps its own.
    expect(await volumesOf(east, shop)).toHaveLength(1);
  }, 400_000);

  test("as files is refused where nobody would bring them back, and passes as a drill of objects", async () => {
    const { shop, stack } = await backedUp(byFiles);
    stack.change(`${base} drill("files"); drill("objects", { drill: { keep: true, data: "objectsOnly" } });`);
    const up = await stack.up();
    expect(complaintsIn(up)).toEqual([
      expect.stringContaining(
        `${shop}/data: Velero's node agent has to bring it back, and none is installed there. Mend what keeps it`,
      ),
    ]);
    expect(await namespaceIn(east, `${shop}-files`)).toBeUndefined();
    expect(outputsOf(up, "objects")).toMatchObject({
      phase: "Completed",
      health: "Healthy",
      volumesProven: 0,
      volumesUnproven: [
        `${shop}/data: its file copy comes back with pod db-0, and no PodVolumeRestore was made for that`,
      ],
    });
    expect(await podIn(`${shop}-objects`, "db-0")).toBeUndefined();
  }, 300_000);

  test("as a snapshot fails where Velero has made an empty volume instead, though it calls that Completed", async () => {
    const { shop, stack } = await backedUp(() => ({ by: "snapshot" as const }));
    await playNode(east, `${shop}-snapshot`);
    stack.change(`${base} drill("snapshot");`);
    const failed = await stack.up();
    const { restoreName, phase, volumesUnproven } = outputsOf(failed, "snapshot");
    expect(phase).toBe("Completed");
    const why = `${shop}/data: it was made anew, without its snapshot: see that Velero there has --features=EnableCSI`;
    expect(volumesUnproven).toEqual([why]);
    expect(complaintsIn(failed)).toEqual([
      `drill: the data of 1 of 1 claims that Backup ${String(outputsOf(failed, "shop")["backupName"])} holds did not come back in ` +
        `Restore velero/${String(restoreName)} in cluster "east": ${why}. What there is stays to be looked at until the next drill. ` +
        'The next up looks again. A drill of objects alone is drill: { data: "objectsOnly" }.',
    ]);
    // Its class waits for a pod, which is scheduled, and never starts.
    const db = await podIn(`${shop}-snapshot`, "db-0");
    expect(db?.spec).toMatchObject({
      nodeName: expect.any(String),
      containers: [
        {
          name: "drill",
          image: "db:1",
          imagePullPolicy: "Never",
          command: ["/pulumi-velero-drill-runs-nothing"],
        },
      ],
      volumes: [{ persistentVolumeClaim: { claimName: "data" } }],
    });
    expect(db?.spec).not.toHaveProperty("initContainers");
    expect((await podIn(`${shop}-snapshot`, "web-0"))?.spec).not.toHaveProperty("nodeName");
  }, 300_000);

  test("is refused, and begins nothing, where that cannot come back in a drill", async () => {
    const { shop, stack } = await backedUp(byFiles);
    stack.change(`${base} drill("podless", { excludedResources: ["pods"] });`);
    const said = `${shop}/data: it was copied as files, which come back only with pod ${shop}/db-0, and a filter leaves that pod out, or the backup does not hold it`;
    const refused = await stack.up();
    expect(complaintsIn(refused)).toEqual([
      `drill: the data of 1 of 1 claims of Backup ${String(outputsOf(refused, "shop")["backupName"])} cannot come back in a drill in ` +
        `cluster "east", and nothing was restored: ${said}. Mend what keeps it, or leave the claims out. ` +
        'A drill of objects alone is drill: { data: "objectsOnly" }.',
    ]);
    expect(await restoresOf(east, stack)).toEqual([]);
    expect(await namespaceIn(east, `${shop}-podless`)).toBeUndefined();
  }, 200_000);

  test("moved into the store makes no namespace of Velero's own", async () => {
    const shop = await createNamespace(east, "shop");
    await east.kubernetes.create(pathOf("configmaps", shop), configMap("settings", { size: "3" }));
    await east.kubernetes.create("/apis/velero.io/v2alpha1/namespaces/velero/datauploads", {
      apiVersion: "velero.io/v2alpha1",
      kind: "DataUpload",
      metadata: { name: "moved" },
      spec: {
        snapshotType: "CSI",
        sourcePVC: "data",
        sourceNamespace: shop,
        backupStorageLocation: "x",
        operationTimeout: "1m",
      },
      status: { phase: "Completed", snapshotID: "1", progress: {} },
    });
    const stack = await passingStack(
      sandbox,
      `const { SHOP } = process.env;
      const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
      const backup = new velero.ClusterBackup("shop", {
        location, cluster: "east", volumes: "none", includedNamespaces: [SHOP, "velero"],
        includedResources: ["configmaps", "datauploads.velero.io"],
      });
      new velero.Restore("drill", {
        backup, cluster: "east", namespaceMapping: { "*": "*-moved" }, drill: { keep: true },
      });
      new velero.Restore("copy", {
        backup, cluster: "east", namespaceMapping: { "*": "*-copied" },
      });`,
      { env: { SHOP: shop } },
    );
    const up = await ok(stack.up());
    expect(outputsOf(up, "drill")).toMatchObject({
      phase: "Completed",
      health: "Healthy",
      created: 1,
      verified: 2,
    });
    const { spec } = (await east.kubernetes.get(
      restorePath(outputsOf(up, "drill")["restoreName"]),
    )) as KubernetesObject;
    expect(spec).toMatchObject({
      namespaceMapping: { [shop]: `${shop}-moved` },
      excludedNamespaces: ["velero"],
    });
    for (const name of ["velero-moved", "velero-copied"])
      expect(await namespaceIn(east, name), name).toBeUndefined();
    expect(await namespaceIn(east, `${shop}-moved`)).toBeDefined();
  }, 200_000);
});
