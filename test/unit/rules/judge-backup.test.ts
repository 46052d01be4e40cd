import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { connect } from "../../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../../provider/kubernetes/connection.ts";
import type { ClusterBackupInputs } from "../../../provider/schemas/cluster-backup.ts";
import { judgeBackup } from "../../../provider/rules/judge-backup.ts";
import type { VolumeAction } from "../../../provider/velero/selection-entries.ts";
import type { Backup, BackupSpec, BackupStatus } from "../../../provider/velero/types.ts";
import { closedPort, serve } from "../../contract/fronts.ts";
import { startFakeApiServer } from "../kubernetes/fake-api-server.ts";
import { captured } from "../kinds/restore/captured.ts";
import { tarballOf } from "../kinds/restore/tarball.ts";
import { fakeStore } from "../store/fake-store.ts";
import { testSession } from "../session.ts";

const file = (content: unknown): Buffer =>
  Buffer.isBuffer(content) ? content : gzipSync(JSON.stringify(content));

const SAVED = { pvcNamespace: "shop", pvcName: "data", backupMethod: "NativeSnapshot", result: "succeeded" };
const SKIPPED = {
  pvcNamespace: "shop",
  pvcName: "ledger",
  skipped: true,
  skippedReason:
    "podvolume: opted out due to annotation in pod web;volumeSnapshot: no applicable volumesnapshotter found;",
};
const claimed = (name: string) =>
  captured("persistentvolumeclaims", `shop/${name}`, {
    spec: { volumeName: `pv-${name}`, storageClassName: "dir" },
    status: { phase: "Bound" },
  });
const volume = (name: string) => captured("persistentvolumes", `pv-${name}`, { spec: { local: {} } });
const ONE = await tarballOf([claimed("data"), volume("data")]);
const BOTH = await tarballOf([claimed("data"), claimed("ledger"), volume("data"), volume("ledger")]);
const results = { errors: { namespaces: { shop: ["no such pod"] } } };

/** Files of a backup by their kinds, as DownloadRequests name them. */
type Files = Partial<
  Record<"BackupContents" | "BackupVolumeInfos" | "BackupResults" | "BackupItemOperations", unknown>
>;
const KEYS: Record<keyof Files, string> = {
  BackupContents: "b.tar.gz",
  BackupVolumeInfos: "b-volumeinfo.json.gz",
  BackupResults: "b-results.gz",
  BackupItemOperations: "b-itemoperations.json.gz",
};

beforeEach(() => void vi.stubEnv("HTTP_PROXY", ""));

interface Where {
  /** At URLs that Velero signs, which lead nowhere without. */
  signed?: Files;
  /** In the store; without it the program has no way there. "broken": it gives nothing. */
  stored?: Files | "broken";
  copies?: unknown;
  spec?: BackupSpec;
}

async function judged(
  status: BackupStatus,
  {
    signed,
    stored,
    copies,
    spec = { defaultVolumesToFsBackup: false },
    ...more
  }: Where & Partial<ClusterBackupInputs>,
) {
  const port =
    signed &&
    (await serve(
      createServer((request, response) => {
        const content = signed[request.url?.slice(1) as keyof Files];
        response.statusCode = content === undefined ? 404 : 200;
        response.end(content === undefined ? "" : file(content));
      }),
    ));
  const base = port === undefined ? await closedPort() : `http://127.0.0.1:${port}`;
  const server = await startFakeApiServer({
    statusOfNew: (object) => {
      const { target } = (object as { spec: { target: { kind: string } } }).spec;
      return { phase: "Processed", downloadURL: `${base}/${target.kind}` };
    },
  });
  const client = await connect(testSession(), { kubeconfig: server.kubeconfig }, clusterLabel("east"));
  const store =
    stored === "broken"
      ? fakeStore({ get: () => Promise.reject(new Error("access denied")) })
      : stored && fakeStore();
  for (const [kind, content] of Object.entries(typeof stored === "object" ? stored : {}))
    store?.objects.set(`east/backups/b/${KEYS[kind as keyof Files]}`, file(content));
  if (copies !== undefined) store?.objects.set("east/backups/b/b-podvolumebackups.json.gz", file(copies));
  const location = { owner: "o", locationName: "primary", namespace: "velero", storePrefix: "east" };
  const inputs = { cluster: "east", location, ...more } as ClusterBackupInputs;
  const backup: Backup = { metadata: { name: "b" }, spec, status };
  const { problem, volumesBackedUp, notices } = await judgeBackup(backup, inputs, { client, store });
  return { said: problem?.message, code: problem?.code, volumesBackedUp, notices, requests: server.requests };
}

const partial = { phase: "PartiallyFailed", errors: 1 };
const completed = { phase: "Completed" };

// The first one loads the Kubernetes client, which takes a while on a busy machine.
describe("A backup that ended PartiallyFailed", { timeout: 30_000 }, () => {
  test.each<[string, Where]>([
    ["by the URL", { signed: { BackupResults: results }, stored: { BackupResults: { errors: {} } } }],
    ["from the store, where the URL leads nowhere", { stored: { BackupResults: results } }],
  ])("is told in Velero's own words %s", async (_how, where) => {
    const { said, volumesBackedUp } = await judged(partial, where);
    expect(said).toMatch(
      /^Backup velero\/b in cluster "east" ended PartiallyFailed \(1 errors, 0 warnings\): shop: no such pod\. .*allowPartialFailure/,
    );
    expect(volumesBackedUp).toBeUndefined();
  });

  test("is told even where nobody has the words", async () => {
    const { said } = await judged(partial, {});
    expect(said).toMatch(/ended PartiallyFailed \(1 errors, 0 warnings\)\. Mend/);
  });

  test("names the claims that it holds no data of", async () => {
    const stored = { BackupContents: BOTH, BackupVolumeInfos: [SAVED, SKIPPED], BackupResults: results };
    expect((await judged(partial, { stored })).said).toMatch(
      /shop: no such pod\. It holds no data of shop\/ledger \(its PersistentVolume is of no CSI driver/,
    );
  });

  test("is looked at like any other where such are allowed, and rejected for a claim that Velero failed to store at all", async () => {
    const allowed = { allowPartialFailure: true };
    const good = { BackupContents: ONE, BackupVolumeInfos: [SAVED] };
    const found = await judged(partial, { ...allowed, stored: good });
    expect(found).toMatchObject({ said: undefined, volumesBackedUp: 1 });
    const bad = { BackupContents: BOTH, BackupVolumeInfos: [SAVED, SKIPPED] };
    expect((await judged(partial, { ...allowed, stored: bad })).said).toContain(
      "is PartiallyFailed, and yet holds no data of 1 of 2 claims: shop/ledger (",
    );
    const words =
      " name: /idle message: /Error backing up item error: /error executing custom action (groupResource=persistentvolumeclaims, namespace=shop, name=idle): rpc error: code = Unknown desc = the driver refuses";
    const stored = { ...good, BackupResults: { errors: { velero: [words] } } };
    const { said, code } = await judged(partial, { ...allowed, stored });
    expect(code).toBe("VolumesMissed");
    expect(said).toContain(
      "holds no data of 1 of 2 claims: shop/idle (Velero failed to store it: rpc error: code = Unknown desc = the driver refuses)",
    );
  });

  test("names the node agent that moving data needs", async () => {
    const words =
      "error executing custom action (groupResource=persistentvolumeclaims, namespace=shop, name=data): CSI PVC BIA cannot proceed: node-agent is not ready for snapshot data movement";
    const stored = {
      BackupContents: await tarballOf([]),
      BackupVolumeInfos: null,
      BackupResults: { errors: { velero: [words] } },
    };
    const { said } = await judged(partial, { allowPartialFailure: true, volumes: "moveData", stored });
    expect(said).toMatch(/1 of 1 claim: shop\/data .*Install Velero's node agent/);
  });

  test("tells which copies of volumes that are no claims failed, and is good for all that where such are allowed", async () => {
    const scratch = {
      backupMethod: "PodVolumeBackup",
      result: "failed",
      pvbInfo: { volumeName: "scratch", podName: "web", podNamespace: "shop", Phase: "Failed" },
    };
    const stored = { BackupContents: ONE, BackupVolumeInfos: [SAVED, scratch] };
    const found = await judged(partial, { allowPartialFailure: true, stored });
    expect(found).toMatchObject({ said: undefined, volumesBackedUp: 1 });
    expect(found.notices).toEqual([
      'warning: Backup velero/b in cluster "east": of these volumes, which are no claims, no copy was made: scratch of pod shop/web',
    ]);
  });
});

describe("A backup that is Completed", () => {
  test("tells how many claims it holds data of, from the store, without a write to the cluster", async () => {
    const scratch = {
      backupMethod: "PodVolumeBackup",
      result: "succeeded",
      pvbInfo: { volumeName: "scratch" },
    };
    const found = await judged(completed, {
      stored: { BackupContents: ONE, BackupVolumeInfos: [SAVED, scratch] },
      signed: { BackupVolumeInfos: [SKIPPED] },
    });
    expect(found).toEqual({
      said: undefined,
      code: undefined,
      volumesBackedUp: 1,
      notices: [],
      requests: [],
    });
  });

  test("holds no data of a claim that Velero calls opted out, and nobody has opted out, or of which it says nothing", async () => {
    const { said, code, volumesBackedUp } = await judged(completed, {
      signed: { BackupContents: BOTH, BackupVolumeInfos: [SAVED, SKIPPED] },
    });
    expect(code).toBe("VolumesMissed");
    expect(said).toMatch(
      /^volumes: Backup velero\/b .* is Completed, and yet holds no data of 1 of 2 claims: shop\/ledger \(its PersistentVolume is of no CSI driver/,
    );
    expect(volumesBackedUp).toBe(1);
    const stored = { BackupContents: BOTH, BackupVolumeInfos: [SAVED] };
    expect((await judged(completed, { stored })).said).toContain("no data of 1 of 2 claims: shop/ledger (");
  });

  test("is read by Velero's URL where the store refuses it", async () => {
    const found = await judged(completed, {
      stored: "broken",
      signed: { BackupContents: ONE, BackupVolumeInfos: [SAVED] },
    });
    expect(found).toMatchObject({ said: undefined, volumesBackedUp: 1, notices: [] });
  });

  test("is not called good in silence where nobody can look", async () => {
    const cannot =
      'warning: Backup velero/b in cluster "east": whether it holds the data of its volumes cannot be seen: ';
    const found = await judged(completed, {});
    expect(found).toMatchObject({ said: undefined, volumesBackedUp: undefined });
    expect(found.notices).toEqual([
      `${cannot}this program has no way to the store, and no URL that Velero signs leads to it from here`,
    ]);
    expect((await judged(completed, { stored: "broken" })).notices).toEqual([
      `${cannot}the store does not give it, and no URL that Velero signs leads to it from here (access denied)`,
    ]);
  });

  test("is judged by Velero's lines where only its tarball cannot be read, and those are not believed either", async () => {
    const signed = { BackupVolumeInfos: [SAVED, SKIPPED] };
    const found = await judged(completed, { signed });
    expect(found.said).toContain(
      "1 of 2 claims: shop/ledger (volumeSnapshot: no applicable volumesnapshotter found)",
    );
    expect(found.notices).toEqual([expect.stringContaining("judged by Velero's words alone")]);
    const byDefault = await judged(completed, { signed, spec: { defaultVolumesToFsBackup: true } });
    expect(byDefault).toMatchObject({ said: undefined, volumesBackedUp: 1 });
    expect(byDefault.notices).toContainEqual(
      expect.stringContaining(
        "whether it holds the data of these claims cannot be told: shop/ledger (whether a pod's annotation leaves it out)",
      ),
    );
  });

  test.each([
    ["gone", {}, "NoTarball"],
    ["damaged", { BackupContents: gzipSync("no tar") }, "BadTarball"],
  ])("is none where its tarball is %s", async (_what, stored, code) => {
    expect(await judged(completed, { stored: { ...stored, BackupVolumeInfos: [SAVED] } })).toMatchObject({
      code,
    });
  });

  test("is not looked at where volumes are left out, unless a volume policy saves some", async () => {
    const none = await judged(completed, { volumes: "none", signed: { BackupVolumeInfos: [SKIPPED] } });
    expect(none).toMatchObject({ said: undefined, volumesBackedUp: undefined, notices: [], requests: [] });
    const stored = { BackupContents: BOTH, BackupVolumeInfos: [SAVED] };
    const saidWith = async (type: VolumeAction) => {
      const resourcePolicy = { volumePolicies: [{ conditions: {}, action: { type } }] };
      return (await judged(completed, { volumes: "none", stored, resourcePolicy })).said;
    };
    expect(await saidWith("fs-backup")).toContain("shop/ledger (no pod in the backup mounts it)");
    expect(await saidWith("skip")).toBeUndefined();
  });

  test("and holds no object is none, whatever is said of volumes", async () => {
    const progress = {};
    const { said, code, requests } = await judged({ ...completed, progress }, { volumes: "none" });
    expect(code).toBe("NothingBackedUp");
    expect(said).toMatch(
      /^Backup velero\/b .* is Completed, and holds no object at all\. See what the filters leave/,
    );
    expect(requests).toEqual([]);
    const some = await judged({ ...completed, progress: { itemsBackedUp: 1 } }, { volumes: "none" });
    expect(some.said).toBeUndefined();
  });

  test("and holds namespaces alone is none where certain objects were asked for", async () => {
    const stored = {
      BackupContents: await tarballOf([captured("namespaces", "shop")]),
      BackupVolumeInfos: null,
    };
    const labelSelector = { matchLabels: { app: "none" } };
    for (const volumes of ["none", undefined] as const) {
      const { code, said } = await judged(completed, { stored, labelSelector, volumes });
      expect(code).toBe("NothingBackedUp");
      expect(said).toContain("holds no object that was selected, but namespaces alone");
    }
    const all = [{}, { includedResources: ["namespaces"] }, { includedNamespaces: ["shop"] }];
    for (const selection of all)
      expect((await judged(completed, { stored, ...selection })).said).toBeUndefined();
    const some = { ...stored, BackupContents: ONE };
    expect((await judged(completed, { stored: some, labelSelector, volumes: "none" })).said).toBeUndefined();
  });
});

test("A backup that Failed is told by its reason alone", async () => {
  const failed = { phase: "Failed", failureReason: "object storage is full" };
  const { said, requests } = await judged(failed, { signed: { BackupResults: results } });
  expect(said).toMatch(/^location: Backup velero\/b .* ended Failed: object storage is full\. Mend/);
  expect(requests).toEqual([]);
});
