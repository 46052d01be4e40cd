import { beforeEach, describe, expect, test, vi } from "vitest";
import { lookUps, LookUps } from "../../../provider/look-ups/index.ts";
import type { BackupsRequest } from "../../../provider/look-ups/request.ts";
import { Session } from "../../../provider/session.ts";
import { uniqueName } from "../../sandbox/unique-name.ts";
import { startFakeApiServer, status } from "../kubernetes/fake-api-server.ts";
import { fakeS3 } from "../store/fake-s3.ts";
import { request } from "./place.ts";

beforeEach(() => {
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"]) vi.stubEnv(name, "");
});

const LISTING = `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>`;

/** A cluster and a bucket in which there are no backups, and how they are asked. */
async function places() {
  const cluster = await startFakeApiServer();
  cluster.putAt("/api/v1/namespaces", { metadata: { name: "kube-system" } });
  cluster.putAt("/apis/velero.io/v1/namespaces/velero/backupstoragelocations", {
    metadata: { name: "primary-east", namespace: "velero" },
  });
  const bucket = await fakeS3(() => ({ status: 200, body: LISTING }));
  const keys = { accessKeyId: "key-of-tests", secretAccessKey: uniqueName("canary") };
  const { endpoint } = bucket;
  const inCluster = request({ connection: { kubeconfig: cluster.kubeconfig } });
  const inStore = (kind: "minio" | "aws"): BackupsRequest => {
    const place = { bucket: "backups", endpoint, credentials: { static: keys } };
    return request({
      from: "store",
      storage: kind === "minio" ? { minio: place } : { aws: { ...place, region: "us-east-1" } },
    });
  };
  return { cluster, bucket, keys, inCluster, inStore };
}

// The first one loads the packages, which takes a while on a busy machine.
describe("A program that looks up again and again", { timeout: 60_000 }, () => {
  test("holds no connection to a cluster between its look-ups", async () => {
    const { cluster, inCluster } = await places();
    for (let round = 0; round < 3; round++) {
      expect(await lookUps.getBackups(inCluster)).toEqual([]);
      await vi.waitFor(async () => expect(await cluster.connections()).toBe(0), 1_000);
    }
  });

  test.each(["minio", "aws"] as const)("holds no connection to a store (%s)", async (kind) => {
    const { bucket, inStore } = await places();
    for (let round = 0; round < 3; round++) {
      expect(await lookUps.getBackups(inStore(kind))).toEqual([]);
      await vi.waitFor(async () => expect(await bucket.connections()).toBe(0), 1_000);
    }
    expect(bucket.requests.length).toBeGreaterThanOrEqual(3);
  });

  test("holds none after look-ups that failed either", async () => {
    const { cluster, inCluster } = await places();
    cluster.next(status(403, "Forbidden"));
    await expect(lookUps.getBackups(inCluster)).rejects.toThrow(/forbids/);
    await vi.waitFor(async () => expect(await cluster.connections()).toBe(0), 1_000);
  });

  test("tells no secret in a failure", async () => {
    const { cluster, inCluster } = await places();
    cluster.next((_request, response) => {
      response.statusCode = 403;
      response.end(JSON.stringify({ reason: "Forbidden", message: "token-of-the-fake may not" }));
    });
    await expect(lookUps.getBackups(inCluster)).rejects.toThrow(/\[secret\] may not/);
  });

  test("keeps no cluster, and opens one for all that look at the same time", async () => {
    const { cluster, inCluster } = await places();
    const opened = () => cluster.requests.filter((each) => each.endsWith("/namespaces/kube-system")).length;
    await Promise.all([1, 2, 3].map(() => lookUps.getBackups(inCluster)));
    expect(opened()).toBe(1);
    await lookUps.getBackups(inCluster);
    expect(opened()).toBe(2);
  });

  test("lets go of nothing that another look-up still uses, and of all when the last has ended", async () => {
    const { cluster, keys, inCluster, inStore } = await places();
    const sessions: Session[] = [];
    const many = new LookUps(() => {
      const session = new Session();
      sessions.push(session);
      return session;
    });
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    cluster.next(() => held.then(() => "pass" as const));
    const slow = many.getBackups(inCluster);
    await vi.waitFor(() => expect(cluster.requests).toHaveLength(1), 10_000);
    await many.getBackups(inStore("minio"));
    expect(sessions).toHaveLength(1);
    expect(sessions[0]?.secrets.redact(keys.secretAccessKey)).toBe("[secret]");
    goOn();
    expect(await slow).toEqual([]);
    await many.getBackups(inStore("minio"));
    expect(sessions, "no secret outlives its session").toHaveLength(2);
  });
});
