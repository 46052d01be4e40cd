import { access } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectSandbox } from "./connect-sandbox.ts";
import { describeOnSandbox } from "./describe-on-sandbox.ts";
import type { SandboxDescription } from "./description.ts";
import type { Sandbox } from "./sandbox.ts";
import { createNamespace } from "./seed-namespace.ts";
import { startSandbox } from "./start-sandbox.ts";
import { waitUntil } from "./wait-until.ts";

const statusRequests = "/apis/velero.io/v1/namespaces/velero/serverstatusrequests";

// A sandbox of their own, as these tests stop servers that others need.
describeOnSandbox("whoever has the description of a sandbox", () => {
  let owned: Sandbox;
  let connected: Sandbox;

  beforeAll(async () => {
    owned = await startSandbox({ clusters: ["lone", { name: "bare", velero: false }] });
    connected = connectSandbox(JSON.parse(JSON.stringify(owned.description)) as SandboxDescription);
  });

  afterAll(async () => {
    await owned.stop();
    await expect(access(owned.dir)).rejects.toThrow("ENOENT");
  });

  test("stops and starts an API server, which keeps its port and its objects", async () => {
    const { api, kubernetes } = connected.cluster("lone");
    const namespace = await createNamespace({ kubernetes });

    await api.stop();
    await expect(kubernetes.isReady()).rejects.toThrow(/ECONNREFUSED|ECONNRESET|socket hang up/);

    await api.start();
    expect(await kubernetes.get(`/api/v1/namespaces/${namespace}`)).toBeDefined();
  });

  test("stops and starts Velero", async () => {
    const { velero, kubernetes } = connected.cluster("lone");
    await velero.stop();
    const request = await kubernetes.create(statusRequests, {
      apiVersion: "velero.io/v1",
      kind: "ServerStatusRequest",
      metadata: { name: "unanswered" },
      spec: {},
    });
    expect(request.status?.["phase"]).toBeUndefined();

    await velero.start();
    await waitUntil("the request is answered", async () => {
      const answered = await kubernetes.get(`${statusRequests}/unanswered`);
      return answered?.status?.["phase"] === "Processed" || undefined;
    });
  });

  test("stops and starts MinIO, which keeps its buckets", async () => {
    const { minio } = connected;
    const bucket = await minio.createBucket();

    await minio.stop();
    await expect(minio.objectKeys(bucket)).rejects.toThrow();

    await minio.start();
    expect(await minio.objectKeys(bucket)).toEqual([]);
  });

  test("does not end it by letting go of it", async () => {
    await connected.stop();
    expect(await owned.cluster("lone").kubernetes.isReady()).toBe(true);
  });

  test("finds a bare cluster without anything of Velero", async () => {
    const { kubernetes, velero } = connected.cluster("bare");
    expect(await kubernetes.list("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")).toEqual([]);
    await expect(velero.start()).rejects.toThrow("There is no process velero-bare");
  });
});
