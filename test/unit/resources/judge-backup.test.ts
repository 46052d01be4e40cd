import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { connect } from "../../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../../provider/kubernetes/connection.ts";
import type { ClusterBackupInputs } from "../../../provider/resources/cluster-backup/inputs.ts";
import { judgeBackup } from "../../../provider/resources/backup/judge-backup.ts";
import type { Backup, BackupStatus } from "../../../provider/velero/types.ts";
import { closedPort, serve } from "../../contract/fronts.ts";
import { startFakeApiServer } from "../kubernetes/fake-api-server.ts";
import { fakeStore } from "../storage/fake-store.ts";

const saved = { pvcNamespace: "shop", pvcName: "data", result: "succeeded" };
const skipped = { pvcNamespace: "shop", pvcName: "ledger", skipped: true, skippedReason: "no location" };
const results = { errors: { namespaces: { shop: ["no such pod"] } } };
const file = (content: unknown) => gzipSync(JSON.stringify(content));

beforeEach(() => void vi.stubEnv("HTTP_PROXY", ""));

/** Judges a backup of that status; Velero signs a URL at which `atUrl` is, and the store holds `inStore`. */
async function judged(
  status: BackupStatus,
  { atUrl, inStore, ...more }: { atUrl?: unknown; inStore?: unknown } & Partial<ClusterBackupInputs>,
) {
  const downloadURL =
    atUrl === undefined
      ? await closedPort()
      : `http://127.0.0.1:${await serve(createServer((_request, response) => void response.end(file(atUrl))))}`;
  const server = await startFakeApiServer({ statusOfNew: { phase: "Processed", downloadURL } });
  const client = await connect({ kubeconfig: server.kubeconfig }, clusterLabel("east"));
  const store = inStore === undefined ? undefined : fakeStore({ get: async () => file(inStore) });
  const location = { owner: "o", locationName: "primary", namespace: "velero", storePrefix: "east" };
  const inputs = { cluster: "east", location, ...more } as ClusterBackupInputs;
  const backup: Backup = { metadata: { name: "b" }, spec: {}, status };
  const { problem, volumesBackedUp } = await judgeBackup(backup, inputs, { client, store });
  return { said: problem?.message, volumesBackedUp, requests: server.requests };
}

const partial = { phase: "PartiallyFailed", errors: 1 };

// The first one loads the Kubernetes client, which takes a while on a busy machine.
describe("A backup that has ended", { timeout: 30_000 }, () => {
  test.each([
    ["by the URL that it signs", { atUrl: results }],
    ["by the URL, whatever way the program has", { atUrl: results, inStore: { errors: {} } }],
    ["from the store, where the URL leads nowhere", { inStore: results }],
  ])("PartiallyFailed, is told in Velero's own words %s", async (_how, where) => {
    const { said, volumesBackedUp } = await judged(partial, where);
    expect(said).toMatch(
      /^Backup velero\/b in cluster "east" ended PartiallyFailed \(1 errors, 0 warnings\): shop: no such pod\. .*allowPartialFailure/,
    );
    expect(volumesBackedUp).toBeUndefined();
  });

  test("PartiallyFailed, is told even where nobody has the words", async () => {
    const { said } = await judged(partial, {});
    expect(said).toMatch(/ended PartiallyFailed \(1 errors, 0 warnings\)\. Mend/);
  });

  test("PartiallyFailed, is looked at like any other where such are allowed", async () => {
    const allowed = { allowPartialFailure: true };
    expect(await judged(partial, { ...allowed, inStore: [saved] })).toMatchObject({ volumesBackedUp: 1 });
    expect((await judged(partial, { ...allowed, inStore: [saved, skipped] })).said).toContain(
      "is PartiallyFailed, and yet holds no data of 1 volume(s): shop/ledger (no location)",
    );
  });

  test("tells how many volumes it holds, from the store, without a write to the cluster", async () => {
    const { said, volumesBackedUp, requests } = await judged(
      { phase: "Completed" },
      { inStore: [saved, saved], atUrl: [skipped] },
    );
    expect({ said, volumesBackedUp, requests }).toEqual({
      said: undefined,
      volumesBackedUp: 2,
      requests: [],
    });
  });

  test("without a way to the store, is looked at through Velero", async () => {
    const { said, volumesBackedUp } = await judged({ phase: "Completed" }, { atUrl: [saved, skipped] });
    expect(said).toMatch(/^volumes: Backup velero\/b .* is Completed, and yet holds no data of 1 volume/);
    expect(volumesBackedUp).toBe(1);
  });

  test("is believed where nobody can look, and where volumes are left out", async () => {
    const believed = { said: undefined, volumesBackedUp: undefined };
    expect(await judged({ phase: "Completed" }, {})).toMatchObject(believed);
    const none = await judged({ phase: "Completed" }, { volumes: "none", atUrl: [skipped] });
    expect(none).toEqual({ ...believed, requests: [] });
  });

  test("Failed, is told by its reason alone", async () => {
    const failed = { phase: "Failed", failureReason: "object storage is full" };
    const { said, requests } = await judged(failed, { atUrl: results });
    expect(said).toMatch(/^location: Backup velero\/b .* ended Failed: object storage is full\. Mend/);
    expect(requests).toEqual([]);
  });
});
