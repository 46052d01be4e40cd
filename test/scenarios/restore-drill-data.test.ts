import { afterAll, beforeAll, expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import {
  breakConversion,
  createKind,
  kindGone,
  plural,
  stuckNamespace,
  takeServerDown,
} from "./broken-kinds.ts";
import { complaintsIn } from "./complaints.ts";
import { createDatabase } from "./database.ts";
import { playNode, volumesOf } from "./play-node.ts";
import {
  configMap,
  contentsOf,
  namespaceIn,
  ok,
  outputsOf,
  pathOf,
  restorePath,
  restoresOf,
  upAll,
} from "./restore-stack.ts";
import { createSnapshotContent, serveSnapshotContents, SNAPSHOT_CONTENTS } from "./snapshot-contents.ts";
import { messagesOf, stackOn } from "./stack.ts";
import { type Saved, sayItHolds } from "./with-data.ts";

// A sandbox of their own: whether Velero has a node agent counts for all that run in it, and kinds come, go and break there.
describeOnSandbox("Where only a cluster of its own can say what comes back,", () => {
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

  test("a drill proves the data of volumes by pods in which nothing runs but Velero's own, leaves nothing outside of its namespaces, and is refused, or fails, where data cannot or did not come back", async () => {
    const files = await createDatabase(east);
    const snapshot = await createDatabase(east);
    const moved = await createNamespace(east, "moved");
    await east.kubernetes.create(pathOf("configmaps", moved), configMap("settings", { size: "3" }));
    await east.kubernetes.create("/apis/velero.io/v2alpha1/namespaces/velero/datauploads", {
      apiVersion: "velero.io/v2alpha1",
      kind: "DataUpload",
      metadata: { name: "moved" },
      spec: {
        snapshotType: "CSI",
        sourcePVC: "data",
        sourceNamespace: moved,
        backupStorageLocation: "x",
        operationTimeout: "1m",
      },
      status: { phase: "Completed", snapshotID: "1", progress: {} },
    });
    const base = `
      const { FILES, SNAPSHOT, MOVED } = process.env;
      const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
      const backup = (name, args) => new velero.ClusterBackup(name, { location, cluster: "east", volumes: "none", ...args });
      const files = backup("files", { includedNamespaces: [FILES] });
      const snapshot = backup("snapshot", { includedNamespaces: [SNAPSHOT] });
      const moved = backup("moved", {
        includedNamespaces: [MOVED, "velero"], includedResources: ["configmaps", "datauploads.velero.io"],
      });
      const restore = (name, backup, args) => new velero.Restore(name, {
        backup, cluster: "east", namespaceMapping: { "*": "*-" + name }, timeouts: { create: "90s" }, ...args,
      });
      const drill = (name, backup, args) => restore(name, backup, { drill: true, ...args });`;
    const stack = await stackOn(sandbox, base, {
      env: { FILES: files.shop, SNAPSHOT: snapshot.shop, MOVED: moved },
    });
    const backups = await ok(stack.up());
    const backupOf = (name: string) => String(outputsOf(backups, name)["backupName"]);
    for (const [name, { shop, volume }, how] of [
      ["files", files, { by: "fileCopy", pod: "db-0", mount: "store" }],
      ["snapshot", snapshot, { by: "snapshot" }],
    ] as const) {
      const saved = { namespace: shop, claim: "data", volume, ...how } as Saved;
      await sayItHolds(sandbox, east, stack, { backup: backupOf(name), prefix: "east", saved });
    }

    // Nobody is there to bring files back.
    const { shop } = files;
    stack.change(`${base}
      drill("copied", files);
      drill("objects", files, { drill: { keep: true, data: "objectsOnly" } });
      drill("uploads", moved, { drill: { keep: true } });
      restore("uploaded", moved);`);
    const without = await upAll(stack);
    expect(complaintsIn(without)).toEqual([
      expect.stringContaining(
        `${shop}/data: Velero's node agent has to bring it back, and none is installed there. Mend what keeps it`,
      ),
    ]);
    expect(await namespaceIn(east, `${shop}-copied`)).toBeUndefined();
    expect(outputsOf(without, "objects")).toMatchObject({
      phase: "Completed",
      health: "Healthy",
      volumesProven: 0,
      volumesUnproven: [
        `${shop}/data: its file copy comes back with pod db-0, and no PodVolumeRestore was made for that`,
      ],
    });
    expect(await podIn(`${shop}-objects`, "db-0")).toBeUndefined();
    // What moves data into the store makes no namespace of Velero's own.
    expect(outputsOf(without, "uploads")).toMatchObject({
      phase: "Completed",
      health: "Healthy",
      created: 1,
      verified: 2,
    });
    const ofUploads = await east.kubernetes.get(restorePath(outputsOf(without, "uploads")["restoreName"]));
    expect(ofUploads?.spec).toMatchObject({
      namespaceMapping: { [moved]: `${moved}-uploads` },
      excludedNamespaces: ["velero"],
    });
    for (const name of ["velero-uploads", "velero-uploaded"])
      expect(await namespaceIn(east, name), name).toBeUndefined();
    expect(await namespaceIn(east, `${moved}-uploads`)).toBeDefined();

    const [into, anew] = [`${shop}-copied`, `${snapshot.shop}-anew`];
    await playNode(east, [into, anew]);
    await serveSnapshotContents(east);
    stack.change(`${base}
      drill("copied", files, { drill: { keep: true }, triggers: ["November"] });
      drill("podless", files, { excludedResources: ["pods"] });
      drill("anew", snapshot);`);
    const up = await upAll(stack);
    expect(outputsOf(up, "copied")).toMatchObject({
      phase: "Completed",
      health: "Healthy",
      volumesProven: 1,
      volumesUnproven: [],
      failed: 0,
    });
    const restoreName = String(outputsOf(up, "copied")["restoreName"]);
    const { metadata, spec } = (await east.kubernetes.get(restorePath(restoreName))) ?? {};
    expect(spec).toMatchObject({ includeClusterResources: false, namespaceMapping: { [shop]: into } });
    expect(spec?.["includedResources"]).toContain("pods");
    expect(spec?.["excludedResources"]).not.toContain("pods");
    const db = await podIn(into, "db-0");
    expect(db?.metadata.labels).toEqual({
      "sidecar.istio.io/inject": "false",
      "velero.io/backup-name": backupOf("files"),
      "velero.io/restore-name": restoreName,
    });
    expect(db?.metadata["annotations"]).toEqual({ "linkerd.io/inject": "disabled" });
    const waiting = { image: "velero", command: ["/velero-restore-helper"], args: [metadata?.uid] };
    const mount = (name: string, mountPath: string) => ({ volumeMounts: [{ name, mountPath }] });
    expect(db?.spec).toMatchObject({
      initContainers: [{ ...waiting, name: "restore-wait", ...mount("store", "/restores/store") }],
      containers: [{ ...waiting, name: "drill", ...mount("pulumi-velero-drill", "/restores") }],
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

    // Velero has made an empty volume instead of the snapshot's, and calls that Completed.
    const why = `${snapshot.shop}/data: it was made anew, without its snapshot: see that Velero there has --features=EnableCSI`;
    expect(outputsOf(up, "anew")).toMatchObject({ phase: "Completed", volumesUnproven: [why] });
    const podless = `${shop}/data: it was copied as files, which come back only with pod ${shop}/db-0, and a filter leaves that pod out, or the backup does not hold it`;
    expect(complaintsIn(up).toSorted()).toEqual(
      [
        `drill: the data of 1 of 1 claims that Backup ${backupOf("snapshot")} holds did not come back in ` +
          `Restore velero/${String(outputsOf(up, "anew")["restoreName"])} in cluster "east": ${why}. What there is stays to be looked at until the next drill. ` +
          'The next up looks again. A drill of objects alone is drill: { data: "objectsOnly" }.',
        `drill: the data of 1 of 1 claims of Backup ${backupOf("files")} cannot come back in a drill in ` +
          `cluster "east", and nothing was restored: ${podless}. Mend what keeps it, or leave the claims out. ` +
          'A drill of objects alone is drill: { data: "objectsOnly" }.',
      ].toSorted(),
    );
    expect(await namespaceIn(east, `${shop}-podless`)).toBeUndefined();
    const begun = (await restoresOf(east, stack)).map((restore) => restore.metadata.name.split("-")[0]);
    expect(begun).not.toContain("podless");
    // Its class waits for a pod, which is scheduled, and never starts.
    const ofSnapshot = await podIn(anew, "db-0");
    expect(ofSnapshot?.spec).toMatchObject({
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
    expect(ofSnapshot?.spec).not.toHaveProperty("initContainers");
    expect((await podIn(anew, "web-0"))?.spec).not.toHaveProperty("nodeName");

    await createSnapshotContent(east, "of-the-drill", { namespace: into, restore: restoreName });
    await createSnapshotContent(east, "of-others", { namespace: shop, restore: "another" });
    stack.change(`${base} drill("copied", files, { triggers: ["December"] });`);
    const again = await ok(stack.up());
    expect(outputsOf(again, "copied")).toMatchObject({ volumesProven: 1, volumesUnproven: [], left: [] });
    expect(await namespaceIn(east, into)).toBeUndefined();
    expect(await volumesOf(east, into)).toEqual([]);
    const contents = await east.kubernetes.list(SNAPSHOT_CONTENTS);
    expect(contents.map((each) => each.metadata.name)).toEqual(["of-others"]);
    // What lives keeps its own.
    expect(await volumesOf(east, shop)).toHaveLength(1);
  }, 420_000);

  test("a target that lacks what the backup takes for granted, or behind whose kinds something is down, is told all of it at once, in the preview and before anything is begun, and costs nothing of the rest once that is left out", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const [broken, down] = ["broken.example.com", "down.example.com"];
    const kinds: [group: string, kind: string, versions: string[]][] = [
      ["example.com", "Widget", ["v1"]],
      ["example.com", "Gadget", ["v1beta1"]],
      // Stored in the older version, and listed in the newer one.
      [broken, "Gizmo", ["v1", "v1beta1"]],
      [down, "Lamp", ["v1", "v1beta1"]],
    ];
    for (const [group, kind, versions] of kinds) {
      await createKind(east, group, kind, versions);
      const apiVersion = `${group}/${versions[0]}`;
      const path = `/apis/${apiVersion}/namespaces/${shop}/${plural(kind)}`;
      await east.kubernetes.create(path, { apiVersion, kind, metadata: { name: "one" } });
    }
    const ledger = {
      storageClassName: "premium",
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "1Gi" } },
    };
    await east.kubernetes.create(pathOf("persistentvolumeclaims", shop), {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "ledger" },
      spec: ledger,
    });
    // It learns of new kinds when it starts, and every five minutes.
    await east.velero.restart();
    const base = `
      const { SHOP } = process.env;
      const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
      const backup = new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [SHOP], volumes: "none" });
      const restore = (name, args) =>
        new velero.Restore(name, { backup, cluster: "east", namespaceMapping: { "*": "*-held" }, ...args });`;
    const stack = await stackOn(sandbox, base, { env: { SHOP: shop } });
    await ok(stack.up());

    await kindGone(east, "example.com", "Widget");
    await kindGone(east, "example.com", "Gadget");
    await createKind(east, "example.com", "Gadget", ["v1"]);
    // Another kind of the group is served in the version that the backup has of gadgets.
    await createKind(east, "example.com", "Gear", ["v1beta1"]);
    await breakConversion(east, broken);
    await takeServerDown(east, down, shop);
    await stuckNamespace(east, `${shop}-held`);

    const widgets = "it does not know widgets.example.com in version example.com/v1 (";
    const others = [
      "it does not know gadgets.example.com in version example.com/v1beta1 (",
      'it has no storage class "premium" (',
      `namespace "${shop}-held" is being deleted there (`,
      `the server of ${down}/v1 does not answer there`,
      `gizmos.${broken} cannot be listed there (clusters.east: cluster "east" cannot carry out GET /apis/${broken}/v1/gizmos`,
      `conversion webhook for ${broken}/v1beta1, Kind=Gizmo failed`,
    ];
    const nothing = 'cluster "east" cannot take up what the backup holds, and nothing was restored: ';
    // A restore of everything brings definitions along, where there is none yet.
    const ofShop = `${base} exports.plan = restore("back", { includedNamespaces: [SHOP] }).plan;`;
    stack.change(ofShop);
    const preview = await ok(stack.preview());
    expect(preview.outputs["plan"]).toMatchObject({
      missingKinds: ["gadgets.example.com", "widgets.example.com"],
    });
    expect(messagesOf(preview)).toMatch(/plan: \d+ objects to create/);
    stack.change(`${ofShop} restore("whole", {});`);
    const failed = await upAll(stack);
    const [back = "", whole = ""] = ["back", "whole"].map((name) =>
      failed.diagnostics
        .filter(({ severity, urn }) => severity === "error" && urn?.endsWith(`::${name}`))
        .map(({ message }) => message)
        .join("\n"),
    );
    for (const words of [messagesOf(preview), back])
      for (const part of [...others, widgets]) expect(words).toContain(part);
    for (const words of [back, whole]) for (const part of [...others, nothing]) expect(words).toContain(part);
    expect(whole).not.toContain("widgets.example.com");
    expect(await restoresOf(east, stack)).toEqual([]);
    expect(await contentsOf(east, `${shop}-held`)).toEqual(["configmaps held"]);

    stack.change(`${base}
      const left = ["gadgets.example.com", "gizmos.${broken}", "lamps.${down}"];
      const into = (name, excludedResources, args) => restore(name, {
        namespaceMapping: { "*": "*-" + name }, restorePVs: false, excludedResources, ...args,
      });
      into("rest", left);
      into("compared", [...left, "widgets.example.com"], { includedNamespaces: [SHOP], verify: true });`);
    const up = await ok(stack.up());
    expect(outputsOf(up, "rest")).toMatchObject({ phase: "Completed", errors: 0 });
    expect(outputsOf(up, "compared")).toMatchObject({ phase: "Completed", health: "Healthy", verified: 6 });
    expect(await contentsOf(east, `${shop}-rest`)).toEqual([
      "configmaps app-1",
      "deployments app-1",
      "persistentvolumeclaims ledger",
      "secrets app-1",
      "services app-1",
    ]);
    const restored = await east.kubernetes.list(`/apis/example.com/v1/namespaces/${shop}-rest/widgets`);
    expect(restored.map(({ metadata }) => metadata.name)).toEqual(["one"]);
  }, 300_000);
});
