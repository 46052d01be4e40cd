import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  configMaps,
  namespaces,
  persistentVolumeClaims,
  persistentVolumes,
  podVolumeRestores,
  restores,
} from "../../../../provider/kubernetes/resources.ts";
import { finalize } from "../../../../provider/kinds/restore/finalize.ts";
import type { RestoreOutputs, RestorePartOutputs } from "../../../../provider/schemas/restore.ts";
import { beginRestore } from "../../../../provider/kinds/restore/run-restore.ts";
import type { Restore } from "../../../../provider/velero/types.ts";
import { StoreError } from "../../../../provider/store/store-error.ts";
import { NOW } from "../backup/state.ts";
import { servedDocuments } from "../../kubernetes/served.ts";
import { urnOf } from "../arbitrary-inputs.ts";
import { storage } from "../declared.ts";
import { captured } from "./captured.ts";
import { contents, hide, setStage, stageSession } from "./stage.ts";
import { BACKUP, partWith } from "./state.ts";

const session = stageSession();

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const SETTLED = "pulumi-velero.io/accepted";
const DRILL = "pulumi-velero.io/drill";
const TARBALL = `east/backups/${BACKUP}/${BACKUP}.tar.gz`;
const VOLUMES = `east/backups/${BACKUP}/${BACKUP}-volumeinfo.json.gz`;
const drill: Partial<RestoreOutputs> = { drill: true, namespaceMapping: { "*": "*-drill" } };

/** A restore that an up has begun, and Velero has ended. */
async function ended(changes: Partial<RestoreOutputs> = {}, phase = "Completed", items = contents) {
  const stage = await setStage({ phase, items });
  const part = partWith({ storage, ...changes });
  const { metadata } = await beginRestore(stage.client, part, {
    backupName: BACKUP,
    namespaces: ["shop"],
    now: NOW,
    report: () => undefined,
  });
  const live = () => stage.at(restores, metadata.name) as Restore;
  const begun = stage.writes.length;
  return {
    ...stage,
    list: `east/restores/${metadata.name}/restore-${metadata.name}-resource-list.json.gz`,
    live,
    settled: () => live().metadata.labels?.[SETTLED],
    /** What has been written since it ended. */
    written: () => stage.writes.slice(begun),
    /** As an up does it, whichever; what it reports, and how it fails. */
    async conclude(
      by = part,
    ): Promise<{ reported: Partial<RestorePartOutputs>; failed: string | undefined }> {
      let reported: Partial<RestorePartOutputs> = {};
      const failed = await finalize(session, stage.client, by, live(), {
        deadline: { name: "timeouts.create (1m)", signal: AbortSignal.timeout(90_000) },
        progress: { report: () => undefined, stop: () => undefined },
        report: (found) => (reported = { ...reported, ...found }),
      }).then(() => undefined, String);
      return { reported, failed };
    },
    forget: (key: string) => stage.store.objects.delete(key),
    /** Lets the store fail for some keys, until that is taken back. */
    failFor(part: string, error: Error): () => void {
      const { get } = stage.store;
      stage.store.get = (key) => (key.includes(part) ? Promise.reject(error) : get(key));
      return () => void (stage.store.get = get);
    },
  };
}

describe("A restore that ended", () => {
  test("well is settled by the last write, with its counts, though its backup is gone by then", async () => {
    const { conclude, live, settled, written, forget } = await ended();
    forget(TARBALL);
    expect(await conclude()).toEqual({
      reported: { created: 3, updated: 0, skipped: 0, failed: 0, verified: undefined },
      failed: undefined,
    });
    expect(settled()).toBe("true");
    expect(live().metadata.annotations).not.toHaveProperty("pulumi-velero.io/verified");
    expect(written()).toEqual([`patch Restore ${live().metadata.name}`]);
  });

  test.each(["PartiallyFailed", "Failed", "FailedValidation"])(
    "%s is rejected, and not verified",
    async (phase) => {
      const { conclude, settled } = await ended({ verify: true }, phase);
      const { failed, reported } = await conclude();
      expect(failed).toContain(`ended ${phase}`);
      expect(reported).toMatchObject({ created: 3 });
      expect(reported).not.toHaveProperty("verified");
      expect(settled()).toBe("rejected");
    },
  );
});

describe("A restore that is verified", () => {
  test.each<[string, Partial<RestoreOutputs>]>([
    ["verify", { verify: true }],
    ["drill", drill],
  ])(
    "by %s is neither good nor bad where not all may be seen, and compared when it may be",
    async (property, changes) => {
      const stage = await ended(changes);
      const { list } = stage.client;
      hide(stage, configMaps);
      const { failed, reported } = await stage.conclude();
      expect(failed).toContain(`${property}: what Restore velero/${stage.live().metadata.name} in cluster`);
      expect(failed).toContain(
        "these credentials may not list configmaps there. The next up compares again.",
      );
      expect(reported).not.toHaveProperty("verified");
      expect(stage.settled()).toBeUndefined();
      stage.client.list = list;
      expect((await stage.conclude()).reported).toMatchObject({ verified: 3 });
    },
  );

  test("tells how many objects are as they were, and is not looked at again where a run was killed then", async () => {
    const { conclude, live, at, put, remove, forget } = await ended({ verify: true });
    const prices = at(configMaps, "prices")!;
    // What Velero itself changes does not count.
    const labels = { "velero.io/backup-name": BACKUP, "velero.io/restore-name": "r" };
    put(configMaps, { ...prices, metadata: { ...prices.metadata, labels } });
    expect(await conclude()).toMatchObject({ reported: { verified: contents.length }, failed: undefined });
    expect(live().metadata).toMatchObject({
      labels: { [SETTLED]: "true" },
      annotations: { "pulumi-velero.io/verified": String(contents.length) },
    });
    remove(configMaps, "prices");
    forget(TARBALL);
    expect(await conclude()).toMatchObject({ failed: undefined, reported: { verified: 3 } });
  });

  test("cannot be where the backup is gone, and that is told", async () => {
    const { conclude, settled, forget } = await ended({ verify: true });
    forget(TARBALL);
    expect((await conclude()).failed).toContain(`the tarball of Backup ${BACKUP} is not there`);
    expect(settled()).toBeUndefined();
  });
});

describe("A drill", () => {
  test("is verified, settled, and then cleared away; the next run takes no namespace that came by that name since", async () => {
    const { conclude, live, namesOf, written, put, at } = await ended(drill);
    expect(await conclude()).toMatchObject({ failed: undefined, reported: { verified: 3, drilled: [] } });
    expect(namesOf(namespaces)).toEqual([]);
    expect(written()).toEqual([
      "patch Namespace shop-drill",
      `patch Restore ${live().metadata.name}`,
      "delete Namespace shop-drill",
    ]);
    put(namespaces, { metadata: { name: "shop-drill", labels: { team: "theirs" } } });
    expect((await conclude()).failed).toBeUndefined();
    expect(at(namespaces, "shop-drill")?.metadata.labels).toEqual({ team: "theirs" });
  });

  test.each<[string, RegExp, string[]]>([
    ["Completed", /^Problem: drill: what Restore .*: the store is down\. The next up/, []],
    ["PartiallyFailed", /ended Part/, ["shop-drill"]],
  ])(
    "of which nobody can say what it has made is looked at again, whatever came of it: %s",
    async (phase, words, left) => {
      const { conclude, settled, namesOf, failFor, at } = await ended(drill, phase);
      const mend = failFor("resource-list", new Error("the store is down"));
      expect((await conclude()).failed).toMatch(words);
      expect(settled()).toBeUndefined();
      mend();
      await conclude();
      expect(settled()).toBeDefined();
      expect(namesOf(namespaces)).toEqual(left);
      for (const name of left) expect(at(namespaces, name)?.metadata.labels).toHaveProperty([DRILL]);
    },
  );

  test.each<[string, string, string | undefined]>([
    ["Completed", "is not known, so nothing of it can be removed: its list is not", undefined],
    ["PartiallyFailed", "ended PartiallyFailed", undefined],
    // It may have made all of it, and have failed to store that.
    ["Failed", "ended Failed", undefined],
    ["FailedValidation", "ended FailedValidation", "rejected"],
  ])(
    "of which there is no list is settled only where it has made nothing: %s",
    async (phase, words, expected) => {
      const { conclude, settled, forget, list } = await ended(drill, phase);
      forget(list);
      expect((await conclude()).failed).toContain(words);
      expect(settled()).toBe(expected);
    },
  );
});

/** The same of a backup with one file copy. */
async function endedWithData(changes: Partial<RestoreOutputs> = drill, phase = "Completed") {
  const mounts = { spec: { volumes: [{ persistentVolumeClaim: { claimName: "data" } }] } };
  const spec = { storageClassName: "now" };
  const stage = await ended(changes, phase, [
    ...contents,
    captured("persistentvolumeclaims", "shop/data", { spec }),
    captured("pods", "shop/db-0", mounts),
  ]);
  const { resources } = servedDocuments["/api/v1"] as { resources: object[] };
  const { plural: name, kind } = persistentVolumeClaims;
  stage.serve("/api/v1", { resources: [...resources, { name, kind, namespaced: true, verbs: ["list"] }] });
  const copied = {
    pvcName: "data",
    pvcNamespace: "shop",
    backupMethod: "PodVolumeBackup",
    result: "succeeded",
    pvbInfo: { snapshotHandle: "1", podName: "db-0", podNamespace: "shop", volumeName: "v" },
  };
  stage.store.objects.set(VOLUMES, gzipSync(JSON.stringify([copied])));
  const metadata = { name: "data", namespace: "shop-drill" };
  stage.put(persistentVolumeClaims, { metadata, spec, status: { phase: "Bound" } });
  return {
    ...stage,
    /** Velero's node agent brings the files back. */
    bringBack: () =>
      stage.put(podVolumeRestores, {
        metadata: { name: "pvr", labels: { "velero.io/restore-name": stage.live().metadata.name } },
        spec: { pod: { name: "db-0", namespace: "shop-drill" }, volume: "v" },
        status: { phase: "Completed" },
      }),
  };
}

const WHY = "shop/data: its file copy comes back with pod db-0, and no PodVolumeRestore was made for that";

describe("A drill of a backup with data", () => {
  test("fails where that did not come back, though Velero calls it Completed; is looked at again, and good once it did", async () => {
    const { conclude, bringBack, live, settled, namesOf } = await endedWithData();
    const { failed, reported } = await conclude();
    expect(failed).toContain(
      `Problem: drill: the data of 1 of 1 claims that Backup ${BACKUP} holds did not come back in Restore velero/${live().metadata.name} in cluster "east": ${WHY}.`,
    );
    expect(reported).toMatchObject({ volumesProven: 0, volumesUnproven: [WHY], drilled: ["shop-drill"] });
    expect(settled()).toBeUndefined();
    expect(namesOf(namespaces)).toEqual(["shop-drill"]);
    bringBack();
    expect(await conclude()).toMatchObject({
      failed: undefined,
      reported: { verified: 4, volumesProven: 1, volumesUnproven: [], drilled: [] },
    });
    expect(settled()).toBe("true");
  });

  test("fails where nobody can say which claims have data, unless objects are enough, and then says so", async () => {
    const { conclude, bringBack, forget } = await endedWithData();
    bringBack();
    forget(VOLUMES);
    expect((await conclude()).failed).toContain(
      `nobody can say of which claims Backup ${BACKUP} holds the data`,
    );
    const objects = await endedWithData({ ...drill, drill: { data: "objectsOnly" } });
    expect(await objects.conclude()).toMatchObject({
      failed: undefined,
      reported: { verified: 4, volumesProven: 0, volumesUnproven: [WHY] },
    });
    const unsaid = await endedWithData({ ...drill, drill: { data: "objectsOnly" } });
    unsaid.forget(VOLUMES);
    expect(await unsaid.conclude()).toMatchObject({ failed: undefined });
  });

  test("tells of objects that differ and of data that is missing at once", async () => {
    const { conclude, remove } = await endedWithData();
    remove(configMaps, "rates");
    const { failed } = await conclude();
    const both = [
      "configmaps shop-drill/rates is not there",
      "[velero:NotAsBackedUp]",
      WHY,
      "[velero:DataNotProven]",
    ];
    for (const words of both) expect(failed).toContain(words);
  });

  test("that Velero calls PartiallyFailed says what of the data there is, too", async () => {
    const { conclude, bringBack } = await endedWithData(drill, "PartiallyFailed");
    expect(await conclude()).toMatchObject({ reported: { volumesProven: 0, volumesUnproven: [WHY] } });
    bringBack();
    expect(await conclude()).toMatchObject({ reported: { volumesProven: 1, volumesUnproven: [] } });
  });

  test("names what it has left outside of its namespaces", async () => {
    const { conclude, bringBack, put, store, list } = await endedWithData();
    bringBack();
    const made = {
      "v1/Namespace": ["shop-drill(created)"],
      "v1/ConfigMap": ["shop-drill/prices(created)", "elsewhere/x(created)", "kept/y(skipped)"],
      "rbac.authorization.k8s.io/v1/ClusterRole": ["reader(created)", "writer(failed)"],
      "snapshot.storage.k8s.io/v1/VolumeSnapshotContent": ["vsc(created)"],
    };
    store.objects.set(list, gzipSync(JSON.stringify(made)));
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
    vi.mocked(AbortSignal.timeout).mockRestore();
    expect(failed).toBeUndefined();
    expect(reported.left).toEqual([
      "PersistentVolume pv-1",
      "v1/ConfigMap elsewhere/x",
      "rbac.authorization.k8s.io/v1/ClusterRole reader",
    ]);
  });
});

describe("A restore of a backup with data", () => {
  test("is not settled while the store does not answer, and is looked at again", async () => {
    const { conclude, failFor, settled } = await endedWithData({});
    const mend = failFor(
      "-volumeinfo.json.gz",
      new StoreError({ code: "StoreFailed", vendorCode: "SlowDown", what: "503 Slow Down" }),
    );
    expect((await conclude()).failed).toMatch(
      /whether the data of its volumes came back cannot be seen.*503 Slow Down/,
    );
    expect(settled()).toBeUndefined();
    mend();
    expect((await conclude()).failed).toBeUndefined();
    expect(settled()).toBe("true");
  });

  test("is settled with a warning where the store certainly has no list of volumes", async () => {
    // A warning is printed once for each resource.
    const { conclude, forget, settled } = await endedWithData({ owner: urnOf("Restore", "warned") });
    forget(VOLUMES);
    expect((await conclude()).failed).toBeUndefined();
    expect(settled()).toBe("true");
    expect(vi.mocked(console.log).mock.calls.join()).toContain("whether the data of its volumes came back");
  });
});
