import { beforeEach, describe, expect, test, vi } from "vitest";
import { clusterLabel } from "../../../provider/kubernetes/connection.ts";
import { stampOf } from "../../../provider/core/identity.ts";
import { formerDefaults, resetDefaults } from "../../../provider/rules/default-location.ts";
import type { BackupStorageLocation } from "../../../provider/velero/types.ts";
import { uniqueName } from "../../sandbox/unique-name.ts";
import { startFakeApiServer } from "../kubernetes/fake-api-server.ts";
import { ANOTHER_LINEAGE, LINEAGE, urnOf } from "../kinds/arbitrary-inputs.ts";
import { testSession } from "../session.ts";
import { checked } from "../kinds/declared.ts";

const session = testSession();

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const LOCATIONS = "/apis/velero.io/v1/namespaces/velero/backupstoragelocations";
/** What a process has seen once it does not forget. */
const ownerOf = (name: string) => urnOf("ClusterLocation", uniqueName(name));
const ANOTHER_STACK = urnOf("ClusterLocation", "theirs-east").replace(":dev::", ":prod::");

async function velero() {
  const server = await startFakeApiServer();
  server.putAt("/api/v1/namespaces", { metadata: { name: "kube-system", uid: uniqueName("uid") } });
  const cluster = await session.clusters.open(
    { kubeconfig: server.kubeconfig },
    clusterLabel("east"),
    undefined,
  );
  const holds = (name: string, owner?: string, { isDefault = true, lineage = LINEAGE } = {}) =>
    server.putAt(LOCATIONS, {
      metadata: { name, namespace: "velero", ...(owner && stampOf({ owner, lineage, incarnation: "0a" })) },
      spec: { default: isDefault },
    } as BackupStorageLocation);
  return { server, cluster, holds };
}

const aim = (owner: string, changes: object = {}) => ({
  owner,
  lineage: LINEAGE,
  cluster: "east",
  namespace: "velero",
  locationName: "ours",
  default: true,
  ...changes,
});

describe("A location that is to be the default", () => {
  test.each([
    ["someone's", undefined, /velero\/theirs is it already, which was not made by this project\./],
    ["another stack's", ANOTHER_STACK, /velero\/theirs is it already, which belongs to urn:pulumi:prod::/],
  ])("is refused where %s is, before anything is changed", async (_whose, owner, words) => {
    const { server, cluster, holds } = await velero();
    holds("theirs", owner, { lineage: ANOTHER_LINEAGE });
    const refused = formerDefaults(session, aim(ownerOf("a")), cluster);
    await expect(refused).rejects.toThrow(words);
    await expect(refused).rejects.toThrow(/^clusters\.east\.default: .* Nothing was changed\./);
    expect(server.requests.filter((request) => !request.startsWith("GET"))).toEqual([]);
  });

  test("is refused where one of a stack of the same name is, whose names may be the same, too", async () => {
    const [owner, another] = [ownerOf("a"), ownerOf("b")];
    for (const theirs of [owner, another]) {
      const { cluster, holds } = await velero();
      holds("theirs", theirs, { lineage: ANOTHER_LINEAGE });
      await expect(formerDefaults(session, aim(owner), cluster)).rejects.toThrow(`belongs to ${theirs}`);
      const taking = aim(owner, { adoptLineage: ANOTHER_LINEAGE });
      expect(await formerDefaults(session, taking, cluster)).toHaveLength(1);
    }
  });

  test("is no concern of locations that are not, nor of itself", async () => {
    const { cluster, holds } = await velero();
    const owner = ownerOf("a");
    holds("theirs", undefined, { isDefault: false });
    holds("ours", owner);
    expect(await formerDefaults(session, aim(owner), cluster)).toEqual([]);
    holds("theirs");
    expect(await formerDefaults(session, aim(owner, { default: undefined }), cluster)).toEqual([]);
  });

  test("follows its own former self, and one of its stack that is being destroyed, and resets both", async () => {
    const { server, cluster, holds } = await velero();
    const [owner, former, destroyed] = [ownerOf("a"), ownerOf("a"), ownerOf("b")];
    holds("before", owner);
    holds("renamed", former);
    holds("leaving", destroyed);
    const found = await formerDefaults(
      session,
      aim(owner, { formerOwners: [{ owner: former, lineage: LINEAGE }] }),
      cluster,
    );
    expect(found.map(({ metadata }) => metadata.name)).toEqual(["before", "renamed", "leaving"]);
    await resetDefaults(cluster.client, found);
    for (const name of ["before", "renamed", "leaving"])
      expect(server.at(`${LOCATIONS}/${name}`)).toMatchObject({ spec: { default: false } });
  });

  test("follows one of its stack that is declared otherwise, and is refused by one that wants to stay it", async () => {
    const { cluster, holds } = await velero();
    const [a, b] = [ownerOf("a"), ownerOf("b")];
    holds("of-b", b);
    await checked("ClusterLocation", { owner: b, default: false }, {}, session);
    expect(await formerDefaults(session, aim(a), cluster)).toHaveLength(1);
    const connection = { kubeconfig: uniqueName("k") };
    await checked("ClusterLocation", { owner: b, default: true, connection }, {}, session);
    await expect(formerDefaults(session, aim(a), cluster)).rejects.toThrow(`belongs to ${b}`);
  });

  test("does not believe an annotation that the label does not bear out", async () => {
    const { server, cluster } = await velero();
    const { annotations } = stampOf({ owner: ownerOf("b"), lineage: LINEAGE, incarnation: "0a" });
    server.putAt(LOCATIONS, {
      metadata: { name: "copied", namespace: "velero", annotations },
      spec: { default: true },
    } as BackupStorageLocation);
    await expect(formerDefaults(session, aim(ownerOf("a")), cluster)).rejects.toThrow("copied is it already");
  });

  test("is the only one of its program in a cluster, by whatever kubeconfig the two come there", async () => {
    const { cluster } = await velero();
    const [a, b] = [ownerOf("a"), ownerOf("b")];
    for (const owner of [a, b])
      await checked(
        "ClusterLocation",
        { owner, default: true, connection: { kubeconfig: uniqueName("k") } },
        {},
        session,
      );
    expect(await formerDefaults(session, aim(a), cluster)).toEqual([]);
    await expect(formerDefaults(session, aim(b), cluster)).rejects.toThrow(/"a-\S+" of the same program/);
    expect(await formerDefaults(session, aim(b, { namespace: "elsewhere" }), cluster)).toEqual([]);
  });
});

test("Two of one program that are to be the default of one Velero are refused in check, until one gives it up; neither after a rename nor offline", async () => {
  const connection = { kubeconfig: "kubeconfig of a cluster with one default" };
  const check = (owner: string, changes: object = {}, olds = {}) =>
    checked("ClusterLocation", { owner, default: true, connection, ...changes }, olds, session);
  const failuresOf = async (...of: Parameters<typeof check>) => (await check(...of)).failures;
  const [a, b, namespace] = [ownerOf("a"), ownerOf("b"), uniqueName("velero")];
  expect(await failuresOf(a)).toEqual([]);
  expect(await failuresOf(b)).toEqual([
    expect.stringMatching(/^clusters\.east\.default: "a-\S+" is to be the default location of the same/),
  ]);
  expect(await failuresOf(b, { namespace })).toEqual([]);
  expect(await failuresOf(a, { default: undefined })).toEqual([]);
  expect(await failuresOf(b)).toEqual([]);

  const renamed = { namespace: uniqueName("velero") };
  const { inputs } = await check(ownerOf("a"), renamed);
  expect(await failuresOf(ownerOf("a"), renamed, inputs)).toEqual([]);
  const offline = { connection: { offline: true }, namespace: uniqueName("velero") };
  for (const owner of [ownerOf("a"), ownerOf("b")]) expect(await failuresOf(owner, offline)).toEqual([]);
});
