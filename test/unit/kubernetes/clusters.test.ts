import { expect, test, vi } from "vitest";
import { clusterLabel } from "../../../provider/kubernetes/connection.ts";
import { unlessUnreachable } from "../../../provider/kubernetes/clusters.ts";
import { kubeconfigFor, startFakeApiServer, status } from "./fake-api-server.ts";
import { testSession } from "../session.ts";
import { hasten } from "./hasten.ts";

const session = testSession();

const label = clusterLabel("east");
const system = { metadata: { name: "kube-system", uid: "uid-1" } };

test("all resources of a cluster share one connection, and its identity is asked for once", async () => {
  const server = await startFakeApiServer();
  server.putAt("/api/v1/namespaces", system);
  const connection = { kubeconfig: server.kubeconfig };
  const opened = await Promise.all([1, 2, 3].map(() => session.clusters.open(connection, label, "uid-1")));
  expect(new Set(opened.map(({ client }) => client)).size).toBe(1);
  expect(opened[0]?.uid).toBe("uid-1");
  expect(server.requests).toEqual(["GET /api/v1/namespaces/kube-system"]);
});

test("another cluster behind the same key is an error, and never one in which everything is missing", async () => {
  const server = await startFakeApiServer();
  server.putAt("/api/v1/namespaces", system);
  await expect(session.clusters.open({ kubeconfig: server.kubeconfig }, label, "uid-0")).rejects.toThrow(
    /clusters\.east: "east" at \S+ is another cluster \(uid-1\) than the one that state knows \(uid-0\)/,
  );
});

test("a cluster that fails is asked once for all who want it now, and again for those who come later", async () => {
  hasten();
  const server = await startFakeApiServer();
  server.putAt("/api/v1/namespaces", system);
  server.next(status(403, "Forbidden"));
  const connection = { kubeconfig: server.kubeconfig };
  for (let resource = 0; resource < 3; resource++) {
    await expect(session.clusters.open(connection, label, undefined)).rejects.toThrow("forbids");
  }
  expect(server.requests).toHaveLength(1);
  await vi.waitFor(() => session.clusters.open(connection, label, undefined), { timeout: 4_000 });
});

test("a delete in a cluster that is gone names the ways out, and passes only where that was asked for", async () => {
  hasten();
  const gone = () =>
    unlessUnreachable(
      session,
      label,
      async () => void (await session.clusters.open({ kubeconfig: kubeconfigFor(46_444) }, label, "uid-1")),
    );
  await expect(gone()).rejects.toThrow(
    /`offline: true`.*`deletedWith`.*PULUMI_VELERO_DELETE_UNREACHABLE=true/,
  );
  vi.stubEnv("PULUMI_VELERO_DELETE_UNREACHABLE", "true");
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  await expect(gone()).resolves.toBeUndefined();
  vi.unstubAllEnvs();
});
