import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { UNKNOWN } from "../../provider/core/values.ts";
import { InitFailure, type PropertyMap } from "../engine/provider-host.ts";
import { startFakeApiServer } from "./kubernetes/fake-api-server.ts";
import { startSpy } from "./provider-host/spy.ts";
import { codeOf, sharedHost, startHost } from "./provider-host/start-host.ts";
import { fakeS3 } from "./store/fake-s3.ts";
import { type Kind, kinds, urnOf } from "./kinds/arbitrary-inputs.ts";
import { declared } from "./kinds/declared.ts";

// Each start of Pulumi's process takes half a second, and more where others work.
vi.setConfig({ testTimeout: 30_000 });

/** A state that some released version has written. They are only ever added to. */
interface State {
  kind: Kind;
  id: string;
  inputs: PropertyMap;
  outputs: PropertyMap;
}

const folder = new URL("../fixtures/states/", import.meta.url);
const states = readdirSync(fileURLToPath(folder)).map((file): [string, State] => [
  file.replace(".json", ""),
  JSON.parse(readFileSync(new URL(file, folder), "utf8")) as State,
]);

/** Where the references in the states lead to. */
const references = {
  MINIO_ACCESS_KEY: "access-key-of-fixtures",
  MINIO_SECRET_KEY: "secret-key-of-fixtures",
  EAST_KUBECONFIG: "kubeconfig of fixtures",
  WEST_KUBECONFIG: "kubeconfig of fixtures",
};

const inputsOf = (kind: Kind, changes: PropertyMap = {}): PropertyMap => ({
  ...(declared[kind] as PropertyMap),
  ...codeOf(kind),
  ...changes,
});
const request = (kind: Kind) => ({ urn: urnOf(kind, "contract") });

/** A cluster in which Velero's location is Available, and whatever is created gets `statusOfNew`. */
async function clusterWith(statusOfNew: object) {
  const server = await startFakeApiServer({ statusOfNew });
  const location = { spec: { accessMode: "ReadWrite" }, status: { phase: "Available" } };
  server.putAt("/api/v1/namespaces", { metadata: { name: "kube-system" } });
  server.putAt("/apis/velero.io/v1/namespaces/velero/backupstoragelocations", {
    metadata: { name: "primary-east-0a1b2c3d" },
    ...location,
  });
  return server;
}

describe("In Pulumi's own provider process", () => {
  const shared = sharedHost();

  test.each(kinds)("the text of %s leads to its code", async (kind) => {
    const { inputs, failures } = await shared().check({
      ...request(kind),
      olds: {},
      news: inputsOf(kind),
    });
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ ...codeOf(kind), health: "Healthy", notices: [] });
  });

  test("a kind that this version does not know says what to do", async () => {
    const check = shared().check({ ...request("ClusterBackup"), olds: {}, news: codeOf("TimeMachine") });
    await expect(check).rejects.toThrow(
      /does not know resources of kind "TimeMachine".*written by a newer version: install that/,
    );
  });

  test("a check that fails names the path in the reason and no property", async () => {
    const news = inputsOf("ClusterBackup", { ttl: "30d", schedule: "soon" });
    const { failures } = await shared().check({ ...request("ClusterBackup"), olds: {}, news });
    expect(failures.map(({ property }) => property)).toEqual(["", ""]);
    expect(failures.map(({ reason }) => reason.split(":")[0]).toSorted()).toEqual(["schedule", "ttl"]);
  });

  test("an unknown passes check and diff", async () => {
    const host = shared();
    const { inputs: olds } = await host.check({
      ...request("ClusterBackup"),
      olds: {},
      news: inputsOf("ClusterBackup"),
    });
    const unknown = inputsOf("ClusterBackup", { ttl: UNKNOWN, connection: { kubeconfig: UNKNOWN } });
    const { failures, inputs } = await host.check({
      ...request("ClusterBackup"),
      olds,
      news: unknown,
    });
    expect(failures).toEqual([]);
    const diff = await host.diff({
      ...request("ClusterBackup"),
      id: "id",
      oldInputs: olds,
      oldOutputs: olds,
      news: inputs,
    });
    expect(diff.replaceKeys).toEqual([]);
  });

  test("the program's half of Pulumi's SDK is not loaded by us, nor anything else before it is needed", async () => {
    const spy = startSpy();
    const host = startHost(spy.env);
    for (const kind of kinds) {
      const { inputs } = await host.check({ ...request(kind), olds: {}, news: inputsOf(kind) });
      await host.diff({ ...request(kind), id: "id", oldInputs: inputs, oldOutputs: inputs, news: inputs });
    }
    const ours = spy.modules().filter(({ from = "" }) => from.includes("/dist/provider/"));
    expect(ours.length).toBeGreaterThan(20);
    const packages = ours.flatMap(
      ({ module }) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(module)?.[1] ?? [],
    );
    expect([...new Set(packages)].toSorted()).toEqual(["p-retry", "valibot"]);
    expect(spy.network()).toEqual([]);
  });
});

describe("A create that fails after something was made", () => {
  test("keeps id, inputs and the text, tells the reason, and update goes on from there", async () => {
    const server = await clusterWith({ phase: "Failed", failureReason: "disk full" });
    const host = startHost();
    const news = inputsOf("ClusterBackup", { connection: { kubeconfig: server.kubeconfig } });
    // The fake store of these inputs is nowhere, so this program has no way to it.
    delete news["storage"];
    const { inputs } = await host.check({ ...request("ClusterBackup"), olds: {}, news });
    const failure = await host
      .create({ ...request("ClusterBackup"), inputs })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InitFailure);
    const { id, outputs, reasons } = failure as InitFailure & { reasons: string[] };
    expect(id).toBe(`east/${String(inputs["objectName"])}`);
    expect(outputs).toMatchObject({
      ...inputs,
      // The content of a kubeconfig stands in outputs alone.
      connection: { kubeconfig: expect.stringMatching(/^kubeconfig-packed:/) },
      phase: "Failed",
      unfinished: expect.stringContaining("disk full"),
    });
    expect(reasons).toEqual([
      expect.stringMatching(/Backup velero\/\S+ in cluster "east" ended Failed: disk full\./),
    ]);

    const unchanged = {
      ...request("ClusterBackup"),
      id,
      oldInputs: inputs,
      oldOutputs: outputs,
      news: inputs,
    };
    expect(await host.diff(unchanged)).toMatchObject({ changes: true, replaceKeys: [] });
    await expect(host.update(unchanged)).rejects.toMatchObject({
      id,
      outputs: { ...codeOf("ClusterBackup") },
    });
  });

  test("one that fails before anything was made leaves no resource", async () => {
    const server = await clusterWith({});
    const news = inputsOf("ClusterBackup", {
      connection: { kubeconfig: server.kubeconfig },
      includedNamespaces: ["no-such-namespace"],
    });
    const host = startHost();
    const { inputs } = await host.check({ ...request("ClusterBackup"), olds: {}, news });
    const failure = await host
      .create({ ...request("ClusterBackup"), inputs })
      .catch((error: unknown) => error);
    expect(failure).not.toBeInstanceOf(InitFailure);
    expect(String(failure)).toContain(
      'includedNamespaces: cluster "east" has no namespace "no-such-namespace"',
    );
  });
});

describe("A state that a released version wrote", () => {
  const shared = sharedHost(references);

  test("there is one of every kind", () => {
    expect([...new Set(states.map(([, { kind }]) => kind))].toSorted()).toEqual([...kinds].toSorted());
  });

  test.each(states)(
    "%s needs no change under the same program",
    async (_name, { kind, id, inputs, outputs }) => {
      const host = shared();
      const computed = [
        "health",
        "fingerprints",
        "notices",
        "locationName",
        "storePrefix",
        "readLocations",
        "objectName",
        "objectNames",
        "cadence",
      ];
      const news = Object.fromEntries(Object.entries(inputs).filter(([key]) => !computed.includes(key)));
      const checked = await host.check({ ...request(kind), olds: inputs, news });
      expect(checked).toEqual({ inputs, failures: [] });
      const diff = await host.diff({
        ...request(kind),
        id,
        oldInputs: inputs,
        oldOutputs: outputs,
        news: checked.inputs,
      });
      expect(diff).toMatchObject({ changes: undefined, replaceKeys: [] });
    },
  );

  test.each(states)("%s can be refreshed, is never called gone, and can be deleted", async (_name, state) => {
    const { host, kind, id, inputs, outputs } = await whereAllIsGone(state);
    const read = await host.read({ ...request(kind), id, inputs, outputs });
    expect(read.id).toBe(id);
    expect(read.outputs).toMatchObject(codeOf(kind));
    // What has become of a restore that was done is no matter any more, and the use of a location is nothing anywhere.
    const isUntouched = kind === "Restore" || kind === "SharedLocation";
    expect(read.inputs).toEqual({ ...inputs, health: isUntouched ? "Healthy" : "Missing" });
    const refreshed = { inputs: read.inputs, outputs: read.outputs };
    await expect(host.delete({ ...request(kind), id, ...refreshed })).resolves.toBeUndefined();
  });
});

/** The clusters and the store that the state knows answer, and everything in them is gone. */
async function whereAllIsGone(state: State) {
  const { endpoint } = await fakeS3(() => ({
    status: 404,
    body: "<Error><Code>NoSuchBucket</Code></Error>",
  }));
  const kubeconfigs = ["east", "west"].map(async (key) => {
    const cluster = await startFakeApiServer();
    cluster.putAt("/api/v1/namespaces", {
      metadata: { name: "kube-system", uid: String(uidOf(key, state.outputs as Known)) },
    });
    return [`${key.toUpperCase()}_KUBECONFIG`, cluster.kubeconfig] as const;
  });
  const host = startHost({ ...references, ...Object.fromEntries(await Promise.all(kubeconfigs)) });
  return { ...(JSON.parse(JSON.stringify(state).replaceAll("http://127.0.0.1:1", endpoint)) as State), host };
}

/** The clusters that a state knows: the one of most kinds, each of a workspace's, or each into which was restored. */
interface Known {
  clusterUid?: string;
  byCluster?: Record<string, { clusterUid?: string }>;
  targets?: Record<string, { cluster: string }>;
}

function uidOf(key: string, { clusterUid, byCluster = {}, targets = {} }: Known): string | undefined {
  const [source = key] = Object.entries(targets).find(([, { cluster }]) => cluster === key) ?? [];
  return byCluster[source]?.clusterUid ?? clusterUid;
}
