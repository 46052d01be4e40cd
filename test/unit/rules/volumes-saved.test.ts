import { describe, expect, test } from "vitest";
import type { SelectionInputs } from "../../../provider/velero/selection-entries.ts";
import { previewCluster, previewOf } from "../../../provider/rules/preflight.ts";
import { volumesSaved } from "../../../provider/rules/volumes.ts";
import { startFakeApiServer, status } from "../kubernetes/fake-api-server.ts";
import { testSession } from "../session.ts";
import { claim, csi, pod, volume } from "../volumes/volume-objects.ts";

const session = testSession();
const NOTHING = { failures: [], notices: [], facts: [] };

/** A cluster with three claims: one is mounted, one idle, one waits; the two first are a CSI driver's. */
async function cluster({ flags = ["--features=EnableCSI"], waits = true } = {}) {
  const server = await startFakeApiServer();
  const put = (collection: string, ...objects: object[]) => {
    for (const object of objects) server.putAt(collection, object as never);
  };
  put("/api/v1/namespaces", { metadata: { name: "kube-system", uid: "u" } }, { metadata: { name: "shop" } });
  put(
    "/api/v1/persistentvolumeclaims",
    claim("shop/data"),
    claim("shop/idle"),
    ...(waits ? [claim("shop/new", { phase: "Pending" })] : []),
  );
  put("/api/v1/pods", pod("shop/web", "data"));
  put("/api/v1/persistentvolumes", volume("pv-data", csi), volume("pv-idle", csi));
  put("/apis/storage.k8s.io/v1/storageclasses", { metadata: { name: "dir" }, provisioner: "dir.csi.test" });
  put("/apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses", {
    metadata: { name: "dir" },
    driver: "dir.csi.test",
  });
  put("/apis/apps/v1/namespaces/velero/daemonsets", { metadata: { name: "node-agent" } });
  put("/apis/apps/v1/namespaces/velero/deployments", {
    metadata: { name: "velero" },
    spec: { replicas: 1, template: { spec: { containers: [{ name: "velero", args: flags }] } } },
  });
  const look = async (selection: SelectionInputs, cluster = "east") => {
    const place = { connection: { kubeconfig: server.kubeconfig }, cluster };
    return previewOf(
      (await Promise.all(previewCluster(session, place, [volumesSaved(place, "velero", selection)]))).flat(),
    );
  };
  return { server, look };
}

// The first one loads the Kubernetes client, which takes a while on a busy machine.
describe("A preview of volumes", { timeout: 30_000 }, () => {
  test("tells where all is well, which is no failure under strict either", async () => {
    const { look } = await cluster({ waits: false });
    const words = 'volumes in cluster "east": of 2 claims saved would be 2 by snapshot';
    expect(await look({ volumes: "snapshot" })).toEqual({ failures: [], notices: [], facts: [words] });
    expect((await look({ volumes: "moveData" })).facts).toEqual([
      words.replace("snapshot", "moved snapshot"),
    ]);
    expect((await look({})).facts).toEqual([words]);
    expect((await look({ includedNamespaces: ["shop"], volumes: "snapshot" })).facts).toEqual([words]);
  });

  test("names claims without a volume, over which Velero fails where its feature EnableCSI is on", async () => {
    const { look } = await cluster();
    expect(await look({ volumes: "snapshot" })).toMatchObject({
      facts: [],
      notices: [
        'volumes in cluster "east": of 3 claims saved would be 2 by snapshot, 1 without a volume so far; ' +
          "Velero ends a backup PartiallyFailed over shop/new (it has no volume yet, and EnableCSI is on: let a pod use it " +
          'first, or leave it out by the label velero.io/exclude-from-backup: "true")',
      ],
    });
  });

  test("names what nothing saves, and why", async () => {
    const { look } = await cluster();
    expect(await look({ volumes: "fileCopy" })).toMatchObject({
      notices: [
        'volumes in cluster "east": of 3 claims saved would be 1 by file copy, 1 without a volume so far; nothing saves shop/idle (no pod in the backup mounts it)',
      ],
    });
  });

  test("goes by what the server does where nothing is said", async () => {
    const { look } = await cluster({ flags: ["--default-volumes-to-fs-backup"] });
    expect((await look({})).notices).toEqual([
      expect.stringMatching(
        /saved would be 1 by file copy, .*; nothing saves shop\/idle \(no pod in the backup/,
      ),
    ]);
    const plain = await cluster({ flags: [] });
    expect((await plain.look({})).notices).toEqual([
      expect.stringMatching(
        /of 3 claims none would be saved, .*; nothing saves shop\/data, shop\/idle \(its PersistentVolume is of the CSI driver dir\.csi\.test, and Velero runs without its feature EnableCSI\)$/,
      ),
    ]);
  });

  test("says nothing of what is not chosen, and nothing where nothing is to be saved", async () => {
    const { server, look } = await cluster();
    expect(await look({ includedNamespaces: ["billing"] })).toEqual(NOTHING);
    expect(await look({ labelSelector: { matchLabels: { app: "x" } } })).toEqual(NOTHING);
    const before = server.requests.length;
    expect(await look({ volumes: "none" })).toEqual(NOTHING);
    expect(server.requests).toHaveLength(before);
  });

  test("is one look at a cluster for all that are declared there, by reading alone", async () => {
    const { server, look } = await cluster();
    await Promise.all([look({ volumes: "snapshot" }), look({ includedNamespaces: ["shop"] }), look({})]);
    const listed = server.requests.filter((request) => request.includes("/persistentvolumeclaims?"));
    expect(listed).toHaveLength(1);
    expect(server.requests.filter((request) => !request.startsWith("GET "))).toEqual([]);
  });

  test("leaves to the look at the cluster that it cannot be asked", async () => {
    const { server, look } = await cluster();
    server.next(...Array.from({ length: 20 }, () => status(401, "Unauthorized")));
    expect(await look({ volumes: "snapshot" }, "west")).toEqual(NOTHING);
  });
});
