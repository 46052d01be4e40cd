import { expect, test, vi } from "vitest";
import { connect, type KubernetesClient } from "../../../../provider/kubernetes/client.ts";
import { deadlineOf } from "../../../../provider/core/deadline.ts";
import { stampOf } from "../../../../provider/core/identity.ts";
import { leaveToOthers } from "../../../../provider/kinds/cluster-location/remove.ts";
import type { ClusterLocationOutputs } from "../../../../provider/schemas/cluster-location.ts";
import { partFromLocation } from "../../../../provider/kinds/backup/remove.ts";
import { orphanedLabel } from "../../../../provider/velero/manifests.ts";
import {
  type FakeApiServer,
  lostAnswer,
  startFakeApiServer,
  status,
} from "../../kubernetes/fake-api-server.ts";
import { fakeStore } from "../../store/fake-store.ts";
import { testSession } from "../../session.ts";

const velero = "/apis/velero.io/v1/namespaces/velero";
const [locations, schedules, backups] = [
  `${velero}/backupstoragelocations`,
  `${velero}/schedules`,
  `${velero}/backups`,
];
const secrets = "/api/v1/namespaces/velero/secrets";
const marker = "east/metadata/pulumi-velero.json";

const owner = "urn:pulumi:prod::platform::pulumi-nodejs:dynamic/velero:ClusterLocation::primary-east";
const user = "urn:pulumi:prod::team::pulumi-nodejs:dynamic/velero:ClusterBackup::shop";
const neighbour = "urn:pulumi:prod::other::pulumi-nodejs:dynamic/velero:ClusterBackup::shop";
/** Each project is a stack of its own. */
const lineageOf = (urn: string): string => urn.split("::")[1] ?? "";
const lineage = lineageOf(owner);
const location = { locationName: "primary-east", namespace: "velero", storePrefix: "east" };

/** A location that was left to others, with all that belongs to it. */
async function leavingLocation() {
  const server = await startFakeApiServer();
  const { labels, annotations } = stampOf({ owner, lineage, incarnation: "i1" });
  server.putAt(locations, {
    metadata: {
      name: "primary-east",
      namespace: "velero",
      labels: { ...labels, [orphanedLabel]: "true" },
      annotations,
    },
    spec: { credential: { name: "primary-east", key: "cloud" } },
  } as never);
  server.putAt(secrets, { metadata: { name: "primary-east", namespace: "velero", labels, annotations } });
  putBackup(server, "old", user, { "pulumi-velero.io/retained": "true" });
  const store = fakeStore();
  const claim = {
    version: 1,
    owner,
    lineage,
    formerOwners: [],
    incarnation: "i1",
    cluster: { key: "east", uid: "u" },
  };
  await store.put(marker, JSON.stringify(claim));
  await store.put("east/backups/old/velero-backup.json", "{}");
  const client = await connect(
    testSession(),
    { kubeconfig: server.kubeconfig },
    { key: "east", property: "clusters.east" },
  );
  return { server, client, store };
}

function putBackup(server: FakeApiServer, name: string, by: string, labels: Record<string, string>) {
  const stamp = stampOf({ owner: by, lineage: lineageOf(by), incarnation: "b1" });
  server.putAt(backups, {
    metadata: {
      name,
      namespace: "velero",
      labels: { ...stamp.labels, ...labels },
      annotations: stamp.annotations,
    },
    spec: { storageLocation: "primary-east" },
    status: { phase: "Completed" },
  } as never);
}

function putSchedule(server: FakeApiServer, by: string, lineage = lineageOf(by)) {
  server.putAt(schedules, {
    metadata: { name: "nightly", namespace: "velero", ...stampOf({ owner: by, lineage, incarnation: "s1" }) },
    spec: { template: { storageLocation: "primary-east" } },
  } as never);
}

const part = (client: KubernetesClient, store: ReturnType<typeof fakeStore> | undefined) =>
  partFromLocation(client, { user, location, store, deadline: deadlineOf("delete", { delete: "10s" }) });

const isReleased = (store: ReturnType<typeof fakeStore>): boolean =>
  "released" in (JSON.parse(String(store.objects.get(marker))) as object);

const leftIn = (server: FakeApiServer) =>
  [`${locations}/primary-east`, `${secrets}/primary-east`, `${backups}/old`].filter((path) =>
    server.at(path),
  );

test("the last user takes away location, Secret and Backup objects, and without a way to the store the claim stays", async () => {
  const { server, client, store } = await leavingLocation();
  await part(client, undefined);
  expect(leftIn(server)).toEqual([]);
  expect(isReleased(store)).toBe(false);
});

test("the last user with a way to the store releases the claim, and the data stays", async () => {
  const { server, client, store } = await leavingLocation();
  await part(client, store);
  expect(leftIn(server)).toEqual([]);
  expect(isReleased(store)).toBe(true);
  expect(store.objects.has("east/backups/old/velero-backup.json")).toBe(true);
  await part(client, store);
});

test("the claim is released where the answer to the location's deletion is lost on the way", async () => {
  const { server, client, store } = await leavingLocation();
  const atLocation: Parameters<typeof server.next>[0] = (request, response) => {
    if (request.method === "DELETE" && request.url?.startsWith(locations))
      return lostAnswer(request, response);
    server.next(atLocation);
    return "pass";
  };
  server.next(atLocation);
  await part(client, store);
  expect(leftIn(server)).toEqual([]);
  expect(isReleased(store)).toBe(true);
});

test("wherever it dies on the way, the next try takes all of it away", async () => {
  for (let survived = 0; ; survived++) {
    const { server, client, store } = await leavingLocation();
    const dying = Array.from({ length: 30 }, () => status(400, "Killed"));
    server.next(...Array.from({ length: survived }, () => () => "pass" as const), ...dying);
    const died = await part(client, store).then(
      () => false,
      () => true,
    );
    const again = await connect(testSession(), { kubeconfig: server.kubeconfig }, client.label);
    await drained(server);
    await part(again, store);
    // Once the location itself is gone, only its claim can be left, and its own owner may take that up again.
    expect(leftIn(server)).toEqual([]);
    if (!died) return;
  }
});

/** Answers that were prepared and not asked for must not hit the next try. */
async function drained(server: FakeApiServer): Promise<void> {
  for (let asked = 0; asked < 40; asked++) {
    const probe = await connect(
      testSession(),
      { kubeconfig: server.kubeconfig },
      { key: "east", property: "clusters.east" },
    );
    const answered = await probe
      .list({ type: { apiVersion: "v1", kind: "Secret", plural: "secrets" }, namespace: "velero" })
      .then(
        () => true,
        () => false,
      );
    if (answered) return;
  }
}

const settled = { "pulumi-velero.io/accepted": "true" };
test.each<[what: string, use: (server: FakeApiServer) => void, keeps: boolean]>([
  ["a Schedule of yet another stack", (server) => putSchedule(server, neighbour), true],
  ["a backup that an up has settled there", (server) => putBackup(server, "new", neighbour, settled), true],
  ["a Schedule of the same name and another stack", (server) => putSchedule(server, owner, "another"), true],
  ["a Schedule of its own stack", (server) => putSchedule(server, owner), false],
  ["a backup that Velero has synced back", (server) => putBackup(server, "new", neighbour, {}), false],
])("%s keeps it, or not", async (_what, use, keeps) => {
  const { server, client, store } = await leavingLocation();
  use(server);
  await part(client, store);
  expect(leftIn(server)).toHaveLength(keeps ? 3 : 0);
  expect(isReleased(store)).toBe(!keeps);
});

test("a location that is not leaving is not touched", async () => {
  const { server, client, store } = await leavingLocation();
  await client.patch(
    {
      type: { apiVersion: "velero.io/v1", kind: "", plural: "backupstoragelocations" },
      name: "primary-east",
      namespace: "velero",
    },
    { metadata: { labels: { [orphanedLabel]: null } } },
  );
  await part(client, store);
  expect(leftIn(server)).toHaveLength(3);
  expect(isReleased(store)).toBe(false);
});

test("an owner that takes it back at that very moment keeps location, Secret and claim", async () => {
  const { server, client, store } = await leavingLocation();
  const takenBack = stampOf({ owner, lineage, incarnation: "i2" });
  const retake = () => {
    server.putAt(secrets, { metadata: { name: "primary-east", namespace: "velero", ...takenBack } });
    server.putAt(locations, {
      metadata: { name: "primary-east", namespace: "velero", ...takenBack },
      spec: { credential: { name: "primary-east", key: "cloud" } },
    } as never);
    return "pass" as const;
  };
  // Looked, listed twice, and waited for what runs; then it comes back, before anything has been deleted.
  server.next(...Array.from({ length: 4 }, () => () => "pass" as const), retake);
  await part(client, store);
  expect(server.at(`${locations}/primary-east`)?.metadata.labels).toEqual(takenBack.labels);
  expect(server.at(`${secrets}/primary-east`)?.metadata.labels).toEqual(takenBack.labels);
  expect(isReleased(store)).toBe(false);
});

test("rights that do not suffice are told, and hold nothing up", async () => {
  const { server, client, store } = await leavingLocation();
  server.next(...Array.from({ length: 5 }, () => () => "pass" as const), status(403, "Forbidden"));
  await part(client, store);
  expect(leftIn(server)).toContain(`${locations}/primary-east`);
});

test("a user that goes while its owner leaves, too early to see the label, leaves the rest to the owner", async () => {
  const { server, client } = await leavingLocation();
  putBackup(server, "new", user, { "pulumi-velero.io/accepted": "true" });
  const gone = () => {
    server.remove("new");
    return "pass" as const;
  };
  // After both listings, with the patch.
  server.next(
    () => "pass",
    () => "pass",
    gone,
  );
  expect(await leave(client, { ...location, owner, lineage } as ClusterLocationOutputs)).toBe(false);
});

test("an owner counts what it has under a lineage that it takes back, or has taken back, as its own", async () => {
  const { server, client } = await leavingLocation();
  putSchedule(server, owner, "of a lost state");
  const leaving = { ...location, owner, lineage } as ClusterLocationOutputs;
  const lost = { owner, lineage: "of a lost state" };
  expect(await leave(client, { ...leaving, adoptLineage: lost.lineage })).toBe(false);
  expect(await leave(client, { ...leaving, takenBack: [lost] })).toBe(false);
  expect(await leave(client, leaving)).toBe(true);
});

test("the last user takes away what a location's owner has left there under a former lineage", async () => {
  const { server, client, store } = await leavingLocation();
  putSchedule(server, user);
  const former = { owner, lineage: "before it was destroyed" };
  const state = { ...location, owner, lineage, formerOwners: [former] } as ClusterLocationOutputs;
  expect(await leave(client, state)).toBe(true);
  putSchedule(server, owner, former.lineage);
  await part(client, store);
  expect(leftIn(server)).toEqual([]);
  expect(isReleased(store)).toBe(true);
});

test("an owner that leaves a user behind marks the location", async () => {
  const { server, client } = await leavingLocation();
  putSchedule(server, user);
  expect(await leave(client, { ...location, owner, lineage } as ClusterLocationOutputs)).toBe(true);
  expect(server.at(`${locations}/primary-east`)?.metadata.labels).toMatchObject({ [orphanedLabel]: "true" });
});

test("an owner tells of Schedules of its own that no state has any more, unless it is replaced", async () => {
  const { server, client } = await leavingLocation();
  putSchedule(server, user, lineage);
  const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const leaving = { ...location, owner, lineage } as ClusterLocationOutputs;
  expect(await leaveToOthers(client, leaving, { replaced: true })).toBe(false);
  expect(said).not.toHaveBeenCalled();
  expect(await leave(client, leaving)).toBe(false);
  expect(said).toHaveBeenCalledExactlyOnceWith(
    expect.stringContaining(
      `(retainOnDelete, deletedWith, \`pulumi state delete\`) name it: Schedule velero/nightly of ${user}.`,
    ),
  );
});

const leave = (client: KubernetesClient, state: ClusterLocationOutputs) =>
  leaveToOthers(client, state, { replaced: false });
