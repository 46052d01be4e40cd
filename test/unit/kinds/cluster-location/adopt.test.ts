import { beforeEach, describe, expect, test, vi } from "vitest";
import { clusterLabel } from "../../../../provider/kubernetes/connection.ts";
import { stampOf } from "../../../../provider/core/identity.ts";
import {
  elsewhere,
  findAdopted,
  isAdopting,
  liesThere,
} from "../../../../provider/kinds/cluster-location/adopt.ts";
import { makeOurs } from "../../../../provider/kinds/cluster-location/apply-location.ts";
import type { ClusterLocationOutputs } from "../../../../provider/schemas/cluster-location.ts";
import type { StorageConfig } from "../../../../provider/store/storage-config.ts";
import type { BackupStorageLocation } from "../../../../provider/velero/types.ts";
import { uniqueName } from "../../../sandbox/unique-name.ts";
import { startFakeApiServer, status } from "../../kubernetes/fake-api-server.ts";
import { ANOTHER_LINEAGE, LINEAGE, urnOf } from "../arbitrary-inputs.ts";
import { testSession } from "../../session.ts";
import { storage } from "../declared.ts";

const session = testSession();

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const NAMESPACE = "/api/v1/namespaces";
const SECRETS = "/api/v1/namespaces/velero/secrets";
const LOCATIONS = "/apis/velero.io/v1/namespaces/velero/backupstoragelocations";
const [OWNER, OTHER] = ["primary-east", "other-east"].map((name) => urnOf("ClusterLocation", name)) as [
  string,
  string,
];

const aim: ClusterLocationOutputs = {
  owner: OWNER,
  lineage: LINEAGE,
  incarnation: "0a1b",
  location: "primary",
  cluster: "east",
  connection: { ambient: true },
  storage,
  namespace: "velero",
  adopt: "default",
  locationName: "default",
  storePrefix: "prod",
  readLocations: {},
  health: "Healthy",
  fingerprints: {},
  notices: [],
};

const byHand = (name = "default", spec: object = {}): BackupStorageLocation => ({
  metadata: { name, namespace: "velero" },
  spec: { provider: "velero.io/aws", objectStorage: { bucket: "backups", prefix: "prod/" }, ...spec },
});
const owned = (owner: string, lineage = LINEAGE) => {
  const { metadata, spec } = byHand();
  return { metadata: { ...metadata, ...stampOf({ owner, lineage, incarnation: "0c1d" }) }, spec };
};

async function veleroWith(...found: BackupStorageLocation[]) {
  const server = await startFakeApiServer();
  server.putAt(NAMESPACE, { metadata: { name: "kube-system", uid: uniqueName("uid") } });
  for (const each of found) server.putAt(LOCATIONS, each);
  const { client } = await session.clusters.open(
    { kubeconfig: server.kubeconfig },
    clusterLabel("east"),
    undefined,
  );
  return { server, client };
}

describe("A location that is to be adopted", () => {
  test.each([
    ["when it is created", {}, true],
    ["once", { adopted: true }, false],
    ["where a name of its own was made after a move", { locationName: "primary-east-0a1b2c3d" }, false],
    ["unless nothing of the kind is declared", { adopt: undefined }, false],
  ])("is so %s", (_what, changes, expected) => {
    expect(isAdopting({ ...aim, ...changes })).toBe(expected);
  });

  test.each<[string, BackupStorageLocation[], Partial<ClusterLocationOutputs>]>([
    ["where it lies as declared, written differently", [byHand("another"), byHand()], {}],
    [
      "when a killed run has made it ours already, under a former name, too",
      [owned(OTHER)],
      { formerOwners: [{ owner: OTHER, lineage: LINEAGE }] },
    ],
    [
      "under the lineage of a state that was lost",
      [owned(OWNER, ANOTHER_LINEAGE)],
      { adoptLineage: ANOTHER_LINEAGE },
    ],
  ])("is found %s", async (_what, found, changes) => {
    const { client } = await veleroWith(...found);
    expect((await findAdopted(client, { ...aim, ...changes })).metadata.name).toBe("default");
  });

  test.each<[string, BackupStorageLocation[], RegExp]>([
    [
      "that is not there, with those that are",
      [byHand("one"), byHand("two")],
      /^clusters\.east\.adopt: there is no BackupStorageLocation velero\/default in cluster "east", but one, two\./,
    ],
    ["that is not there, nor any other", [], /but no other one either\./],
    [
      "of another resource",
      [owned(OTHER)],
      new RegExp(`velero/default in cluster "east" belongs to ${OTHER}\\.`),
    ],
    [
      "of a stack of the same name, with the way to take it back",
      [owned(OWNER, ANOTHER_LINEAGE)],
      new RegExp(`belongs to ${OWNER} of another stack .*adoptLineage: "${ANOTHER_LINEAGE}"`),
    ],
    [
      "that lies elsewhere",
      [byHand("default", { objectStorage: { bucket: "backups", prefix: "old" } })],
      /lies at aws bucket "backups", prefix "old", and is declared at aws bucket "backups", prefix "prod"\. Nothing was changed\./,
    ],
  ])("is refused %s", async (_what, found, words) => {
    const { server, client } = await veleroWith(...found);
    await expect(findAdopted(client, aim)).rejects.toThrow(words);
    expect(server.requests.filter((request) => !request.startsWith("GET"))).toEqual([]);
  });

  test("is refused where a Secret has its name already, unless that is to be used, or ours", async () => {
    const { server, client } = await veleroWith(byHand());
    server.putAt(SECRETS, { metadata: { name: "default", namespace: "velero" } });
    await expect(findAdopted(client, aim)).rejects.toThrow(
      /^clusters\.east\.adopt: Secret velero\/default .* was not made by this project\. Nothing was changed\. .*existingSecret/,
    );
    const existingSecret = { name: "default", key: "cloud" };
    const managed = { minio: { ...storage.minio, credentials: { existingSecret } } };
    expect(await findAdopted(client, { ...aim, storage: managed })).toBeDefined();
    server.putAt(SECRETS, {
      metadata: { name: "default", ...stampOf({ ...aim, incarnation: "0c1d" }) },
    });
    expect(await findAdopted(client, aim)).toBeDefined();
  });

  test("becomes ours in the very state in which it may, however often Velero writes to it meanwhile", async () => {
    const { server, client } = await veleroWith(byHand());
    const found = await findAdopted(client, aim);
    server.next(status(409, "Conflict"));
    await makeOurs(client, aim, found);
    expect(server.at(`${LOCATIONS}/default`)?.metadata.labels).toMatchObject(stampOf(aim).labels);
  });

  test("that someone else takes in that moment is left to them", async () => {
    const { server, client } = await veleroWith(byHand());
    const found = await findAdopted(client, aim);
    server.next((request, response) => {
      server.putAt(LOCATIONS, owned(OTHER));
      return status(409, "Conflict")(request, response);
    });
    await expect(makeOurs(client, aim, found)).rejects.toThrow(`belongs to ${OTHER}`);
  });
});

describe("Where a location lies", () => {
  const azure = (storageAccount: string): StorageConfig => ({
    azure: { storageAccount, container: "backups", credentials: { ambient: {} } },
  });
  const inAzure = byHand("default", { provider: "azure", config: { storageAccount: "ours" } });

  test.each<[string, BackupStorageLocation, StorageConfig, boolean]>([
    ["MinIO, which Velero's plugin for AWS serves", byHand(), storage, true],
    ["another kind of store", byHand("default", { provider: "gcp" }), storage, false],
    ["Azure", inAzure, azure("ours"), true],
    ["another account of Azure", inAzure, azure("theirs"), false],
  ])("is compared with what is declared: %s", (_what, live, declared, expected) => {
    expect(liesThere(live, { cluster: "east", storage: declared, storePrefix: "prod" })).toBe(expected);
  });

  const adviceFor = (prefix: string | undefined, above: string | undefined) =>
    elsewhere(
      byHand("default", { objectStorage: { bucket: "backups", ...(prefix && { prefix }) } }),
      {
        cluster: "east",
        storage: { minio: { ...storage.minio, prefix: above } },
        storePrefix: above ? `${above}/east` : "east",
      },
      { property: "clusters.east.adopt", what: "it" },
    ).message;

  test.each([
    ["prod", undefined, 'Set clusters.east.prefix: "prod".'],
    ["prod/eu", undefined, 'Set clusters.east.prefix: "prod/eu".'],
    ["velero/prod", "velero", 'Set clusters.east.prefix: "prod".'],
    ["velero/a/b", "velero", 'Set clusters.east.prefix: "a/b".'],
    ["old/prod", "velero", 'Set storage.minio.prefix: "old" and clusters.east.prefix: "prod".'],
    ["velero", "velero", 'Take storage.minio.prefix out, and set clusters.east.prefix: "velero".'],
  ])("at %s below %s is told with what to set", (prefix, above, advice) => {
    expect(adviceFor(prefix, above)).toContain(`Nothing was changed. ${advice}`);
  });

  test("in the root of a bucket cannot be declared, and is told with what can be done", () => {
    expect(adviceFor(undefined, undefined)).toMatch(
      /lies at aws bucket "backups", its root, and is declared at .*, prefix "east"\. .*root of a bucket cannot be declared.*`prefix: "\/"`/,
    );
  });

  test("in another store is told without guesses about prefixes", () => {
    const other = byHand("default", { objectStorage: { bucket: "others", prefix: "prod" } });
    const problem = elsewhere(
      other,
      { cluster: "east", storage, storePrefix: "prod" },
      { property: "p", what: "it" },
    );
    expect(problem.message).toContain("Declare the store in which it lies");
  });
});
