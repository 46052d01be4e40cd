import { createServer } from "node:http";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { gzipSync } from "node:zlib";
import { connect } from "../../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../../provider/kubernetes/connection.ts";
import { veleroFile } from "../../../provider/velero/velero-file.ts";
import type { ObjectStore } from "../../../provider/store/object-store.ts";
import { closedPort, selfSigned, serve, tlsFront } from "../../contract/fronts.ts";
import { startFakeApiServer, status } from "../kubernetes/fake-api-server.ts";
import { fakeStore } from "../store/fake-store.ts";
import { testSession } from "../session.ts";

const LOCATIONS = "/apis/velero.io/v1/namespaces/velero/backupstoragelocations";
const signed = gzipSync("by the URL");
const stored = Buffer.from("from the store");

beforeEach(() => void vi.stubEnv("HTTP_PROXY", ""));

/** A Velero that signs this URL. */
async function velero(downloadURL: string) {
  const server = await startFakeApiServer({ statusOfNew: { phase: "Processed", downloadURL } });
  const client = await connect(testSession(), { kubeconfig: server.kubeconfig }, clusterLabel("east"));
  return {
    server,
    file: (which: "results" | "volumeInfo", store: ObjectStore | undefined) =>
      veleroFile(
        which,
        { client, store, namespace: "velero", locationName: "primary", storePrefix: "east", name: "b" },
        which === "results" ? "velero" : "store",
      ),
    targets: () => server.requests.filter((request) => request.startsWith("POST")),
  };
}

const servedFile = async () =>
  `http://127.0.0.1:${await serve(createServer((_request, response) => void response.end(signed)))}`;

function storeWithFiles(): ObjectStore {
  const store = fakeStore();
  for (const name of ["b-results.gz", "b-volumeinfo.json.gz"]) {
    store.objects.set(`east/backups/b/${name}`, stored);
  }
  return store;
}

const brokenStore = () => fakeStore({ get: () => Promise.reject(new Error("the store is down")) });

// The first one loads the Kubernetes client, which takes a while on a busy machine.
describe("A file that Velero has stored with a backup", { timeout: 30_000 }, () => {
  test("comes from Velero first where that is wanted, whatever the store is", async () => {
    const { file } = await velero(await servedFile());
    for (const store of [storeWithFiles(), brokenStore(), undefined]) {
      expect(await file("results", store)).toEqual(signed);
    }
  });

  test("comes from the store itself where the URL leads nowhere, or nobody may ask for one", async () => {
    const { file, server } = await velero(await closedPort());
    expect(await file("results", storeWithFiles())).toEqual(stored);
    server.next(status(403, "Forbidden"), status(403, "Forbidden"));
    expect(await file("results", storeWithFiles())).toEqual(stored);
  });

  test("is none where nobody gives it, and no failure", async () => {
    const { file, server } = await velero(await closedPort());
    expect(await file("results", fakeStore())).toBeUndefined();
    expect(await file("results", brokenStore())).toBeUndefined();
    expect(await file("results", undefined)).toBeUndefined();
    server.next(() => "pass", status(422, "Invalid"));
    expect(await file("results", undefined)).toBeUndefined();
  });

  test("comes from the store first where that is wanted, and nothing is written to the cluster", async () => {
    const { file, server } = await velero(await servedFile());
    expect(await file("volumeInfo", storeWithFiles())).toEqual(stored);
    expect(await file("volumeInfo", fakeStore())).toBeUndefined();
    await expect(file("volumeInfo", brokenStore())).rejects.toThrow("the store is down");
    expect(server.requests).toEqual([]);
  });

  test("comes from Velero where there is no way to the store, by the certificate of its location", async () => {
    const own = selfSigned("IP:127.0.0.1");
    const { file, server } = await velero(await tlsFront(await servedFile(), own));
    expect(await file("volumeInfo", undefined)).toBeUndefined();
    const objectStorage = { bucket: "b", caCert: Buffer.from(own.cert).toString("base64") };
    server.putAt(LOCATIONS, { metadata: { name: "primary" }, spec: { objectStorage } } as never);
    expect(await file("volumeInfo", undefined)).toEqual(signed);
  });
});
