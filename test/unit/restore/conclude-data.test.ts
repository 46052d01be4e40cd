import { gzipSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import {
  persistentVolumeClaims,
  namespaces,
  persistentVolumes,
  podVolumeRestores,
  restores,
} from "../../../provider/kubernetes/resources.ts";
import { conclude } from "../../../provider/resources/restore/conclude.ts";
import type { RestoreOutputs, RestorePart } from "../../../provider/resources/restore/outputs.ts";
import { beginRestore } from "../../../provider/resources/restore/run-restore.ts";
import type { Restore } from "../../../provider/velero/types.ts";
import { StoreError } from "../../../provider/storage/store-error.ts";
import { NOW } from "../backup/state.ts";
import { servedDocuments } from "../kubernetes/served.ts";
import { storage } from "../resources/declared.ts";
import { captured } from "./captured.ts";
import { contents, opened, setStage } from "./stage.ts";
import { BACKUP, partWith } from "./state.ts";

vi.mock("../../../provider/lifecycle/open-way.ts", () => ({
  openWay: (way: object | undefined) => way && opened.store,
}));
vi.spyOn(console, "log").mockImplementation(() => undefined);

const SETTLED = "pulumi-velero.io/settled";
const drill: Partial<RestoreOutputs> = { drill: true, namespaceMapping: { "*": "*-drill" } };
const mounts = { spec: { volumes: [{ persistentVolumeClaim: { claimName: "data" } }] } };
const held = [
  ...contents,
  captured("persistentvolumeclaims", "shop/data", { spec: { storageClassName: "now" } }),
  captured("pods", "shop/db-0", mounts),
];
const copied = {
  pvcName: "data",
  pvcNamespace: "shop",
  backupMethod: "PodVolumeBackup",
  result: "succeeded",
  pvbInfo: { snapshotHandle: "1", podName: "db-0", podNamespace: "shop", volumeName: "v" },
};

/** A drill of a backup with one file copy, which Velero has ended. */
async function ended(changes: Partial<RestoreOutputs> = drill, phase = "Completed") {
  const stage = await setStage({ phase, items: held });
  const { resources } = servedDocuments["/api/v1"] as { resources: object[] };
  const claims = {
    name: "persistentvolumeclaims",
    kind: "PersistentVolumeClaim",
    namespaced: true,
    verbs: ["list"],
  };
  stage.serve("/api/v1", { resources: [...resources, claims] });
  const key = `east/backups/${BACKUP}/${BACKUP}-volumeinfo.json.gz`;
  stage.store.objects.set(key, gzipSync(JSON.stringify([copied])));
  const part = partWith({ storage, ...changes });
  const { metadata } = await beginRestore(stage.client, part, {
    backupName: BACKUP,
    namespaces: ["shop"],
    now: NOW,
    report: () => undefined,
  });
  stage.put(persistentVolumeClaims, {
    metadata: { name: "data", namespace: "shop-drill" },
    spec: { storageClassName: "now" },
    status: { phase: "Bound" },
  });
  return {
    ...stage,
    live: () => stage.at(restores, metadata.name) as Restore,
    /** Velero's node agent brings the files back. */
    bringBack: () =>
      stage.put(podVolumeRestores, {
        metadata: { name: "pvr", labels: { "velero.io/restore-name": metadata.name } },
        spec: { pod: { name: "db-0", namespace: "shop-drill" }, volume: "v" },
        status: { phase: "Completed" },
      }),
    async conclude(): Promise<{ reported: Partial<RestorePart>; failed: string | undefined }> {
      let reported: Partial<RestorePart> = {};
      const failed = await conclude(stage.client, part, stage.at(restores, metadata.name) as Restore, {
        deadline: { name: "timeouts.create (1m)", signal: AbortSignal.timeout(90_000) },
        progress: { report: () => undefined, stop: () => undefined },
        report: (found) => (reported = { ...reported, ...found }),
      }).then(() => undefined, String);
      return { reported, failed };
    },
  };
}

const WHY = "shop/data: its file copy comes back with pod db-0, and no PodVolumeRestore was made for that";

describe("A drill of a backup with data", () => {
  test("is good where that came back, and says how much", async () => {
    const { conclude, bringBack, live } = await ended();
    bringBack();
    expect(await conclude()).toMatchObject({
      failed: undefined,
      reported: { verified: 4, volumesProven: 1, volumesUnproven: [], drilled: [] },
    });
    expect(live().metadata.labels).toMatchObject({ [SETTLED]: "true" });
  });

  test("fails where it did not, though Velero calls it Completed, and is looked at again", async () => {
    const { conclude, bringBack, live, namesOf } = await ended();
    const { failed, reported } = await conclude();
    expect(failed).toContain(
      `Problem: drill: the data of 1 of 1 claims that Backup ${BACKUP} holds did not come back in Restore velero/${live().metadata.name} in cluster "east": ${WHY}.`,
    );
    expect(reported).toMatchObject({ volumesProven: 0, volumesUnproven: [WHY], drilled: ["shop-drill"] });
    expect(live().metadata.labels).not.toHaveProperty([SETTLED]);
    expect(namesOf(namespaces)).toEqual(["shop-drill"]);
    bringBack();
    expect(await conclude()).toMatchObject({ failed: undefined, reported: { volumesProven: 1 } });
  });

  test("fails where nobody can say which claims have data, unless objects are enough", async () => {
    const volumeInfo = `east/backups/${BACKUP}/${BACKUP}-volumeinfo.json.gz`;
    const { conclude, bringBack, store } = await ended();
    bringBack();
    store.objects.delete(volumeInfo);
    expect((await conclude()).failed).toContain(
      `nobody can say of which claims Backup ${BACKUP} holds the data`,
    );
    const objects = await ended({ ...drill, drill: { data: "objectsOnly" } });
    objects.store.objects.delete(volumeInfo);
    expect(await objects.conclude()).toMatchObject({ failed: undefined });
  });

  test("is good without, where objects are enough, and says so", async () => {
    const { conclude } = await ended({ ...drill, drill: { data: "objectsOnly" } });
    expect(await conclude()).toMatchObject({
      failed: undefined,
      reported: { verified: 4, volumesProven: 0, volumesUnproven: [WHY] },
    });
  });

  test("tells of objects that differ and of data that is missing at once", async () => {
    const { conclude, remove } = await ended();
    remove({ apiVersion: "v1", kind: "ConfigMap", plural: "configmaps" }, "rates");
    const { failed } = await conclude();
    expect(failed).toContain("configmaps shop-drill/rates is not there");
    expect(failed).toContain("[velero:NotAsBackedUp]");
    expect(failed).toContain(WHY);
    expect(failed).toContain("[velero:DataNotProven]");
  });

  test("that Velero calls PartiallyFailed says what of the data there is, too", async () => {
    const { conclude, bringBack } = await ended(drill, "PartiallyFailed");
    expect(await conclude()).toMatchObject({ reported: { volumesProven: 0, volumesUnproven: [WHY] } });
    bringBack();
    expect(await conclude()).toMatchObject({ reported: { volumesProven: 1, volumesUnproven: [] } });
  });

  test("is not looked at again where a run was killed after it was settled", async () => {
    const { conclude, bringBack, client, remove } = await ended();
    bringBack();
    const { delete: whole } = client;
    client.delete = () => Promise.reject(new Error("killed"));
    expect((await conclude()).failed).toContain("killed");
    client.delete = whole;
    remove(podVolumeRestores, "pvr");
    expect(await conclude()).toMatchObject({
      failed: undefined,
      reported: { verified: 4, volumesProven: 1, volumesUnproven: [] },
    });
  });

  test("names what it has left outside of its namespaces", async () => {
    const { conclude, bringBack, put, store, live } = await ended();
    bringBack();
    const { name } = live().metadata;
    const list = {
      "v1/Namespace": ["shop-drill(created)"],
      "v1/ConfigMap": ["shop-drill/prices(created)", "elsewhere/x(created)", "kept/y(skipped)"],
      "rbac.authorization.k8s.io/v1/ClusterRole": ["reader(created)", "writer(failed)"],
      "snapshot.storage.k8s.io/v1/VolumeSnapshotContent": ["vsc(created)"],
    };
    store.objects.set(
      `east/restores/${name}/restore-${name}-resource-list.json.gz`,
      gzipSync(JSON.stringify(list)),
    );
    put(persistentVolumes, {
      metadata: { name: "pv-1" },
      spec: { persistentVolumeReclaimPolicy: "Retain", claimRef: { namespace: "shop-drill" } },
    });
    // Storage has had its minute.
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    vi.spyOn(AbortSignal, "timeout").mockImplementation((limit) =>
      limit === 60_000 ? AbortSignal.abort() : timeout(limit),
    );
    const { reported, failed } = await conclude();
    expect([failed, reported.left]).toEqual([
      undefined,
      [
        "PersistentVolume pv-1",
        "v1/ConfigMap elsewhere/x",
        "rbac.authorization.k8s.io/v1/ClusterRole reader",
      ],
    ]);
  });
});

describe("A restore of a backup with data", () => {
  test("is not settled while the store does not answer, and is looked at again", async () => {
    const { conclude, store, live } = await ended({});
    const { get } = store;
    const isVolumeInfo = (key: string) => key.endsWith("-volumeinfo.json.gz");
    const slow = new StoreError({ code: "StoreFailed", vendorCode: "SlowDown", what: "503 Slow Down" });
    store.get = (key) => (isVolumeInfo(key) ? Promise.reject(slow) : get(key));
    const { failed } = await conclude();
    expect(failed).toContain("whether the data of its volumes came back cannot be seen");
    expect(failed).toContain("503 Slow Down");
    expect(live().metadata.labels).not.toHaveProperty([SETTLED]);
    store.get = get;
    expect((await conclude()).failed).toBeUndefined();
    expect(live().metadata.labels).toHaveProperty([SETTLED]);
  });

  test("is settled with a warning where the store certainly has no list of volumes", async () => {
    const { conclude, store, live } = await ended({});
    store.objects.delete(`east/backups/${BACKUP}/${BACKUP}-volumeinfo.json.gz`);
    expect((await conclude()).failed).toBeUndefined();
    expect(live().metadata.labels).toHaveProperty([SETTLED]);
    expect(vi.mocked(console.log).mock.calls.join()).toContain("whether the data of its volumes came back");
  });
});
