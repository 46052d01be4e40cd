import { beforeEach, expect, test, vi } from "vitest";
import { backups, type KubernetesObject, schedules } from "../../../../provider/kubernetes/resources.ts";
import { remove } from "../../../../provider/kinds/backup/remove.ts";
import { type MemoryCluster, memoryCluster } from "./memory-cluster.ts";
import { testSession } from "../../session.ts";
import { liveSchedule, ran, scheduled } from "./schedule-state.ts";

const session = testSession();

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const name = scheduled.scheduleName ?? "";
const owning = { ...scheduled, useOwnerReferencesInBackup: true };
const theirs = { uid: "somebody-elses" };

/** Velero's backups of three nights: the Schedule's, the Schedule's and somebody else's, and nobody's. */
function clusterWith(state: typeof owning): MemoryCluster {
  const cluster = memoryCluster();
  const live = liveSchedule({}, undefined, state);
  cluster.put(schedules, { ...live, metadata: { ...live.metadata, uid: "schedule-uid" } });
  const references = [[{ uid: "schedule-uid" }], [{ uid: "schedule-uid" }, theirs], undefined];
  for (const [index, ownerReferences] of references.entries()) {
    const backup = ran(21 + index);
    const labels = { ...backup.metadata.labels, "velero.io/schedule-name": name };
    const metadata = { ...backup.metadata, labels, ...(ownerReferences && { ownerReferences }) };
    cluster.put(backups, { ...backup, metadata });
  }
  return cluster;
}

const removed = (cluster: MemoryCluster, state: typeof owning) =>
  remove(session, { client: cluster.client, uid: "cluster-uid" }, state, {
    store: undefined,
    deadline: { name: "timeouts.delete (1m)", signal: AbortSignal.timeout(60_000) },
    replaced: false,
  });

test.each([
  ["declared", owning],
  ["declared before", scheduled as typeof owning],
])("Backups outlive a Schedule whose ownership of them was %s", async (_when, state) => {
  const cluster = clusterWith(state);
  await removed(cluster, state);
  expect(cluster.at(schedules, name)).toBeUndefined();
  const left = cluster.all(backups).map(({ metadata }) => [metadata.name, metadata.ownerReferences]);
  expect(left).toEqual([
    ["nightly-21", undefined],
    ["nightly-22", [theirs]],
    ["nightly-23", undefined],
  ]);
  const touched = cluster.writes.filter((write) => !write.startsWith("patch Schedule"));
  expect(touched).toEqual(["patch Backup nightly-21", "patch Backup nightly-22", `delete Schedule ${name}`]);
});

test("An owner that somebody adds to a backup at the same time is kept", async () => {
  const cluster = clusterWith(owning);
  const { get } = cluster.client;
  const late = { uid: "late" };
  cluster.client.get = async (target) => {
    const found = await get<KubernetesObject>(target);
    const { ownerReferences = [] } = found?.metadata ?? {};
    if (target.name === "nightly-21" && found && !ownerReferences.some(({ uid }) => uid === late.uid)) {
      const metadata = { ...found.metadata, ownerReferences: [...ownerReferences, late] };
      cluster.put(backups, { ...found, metadata });
    }
    return found as never;
  };
  await removed(cluster, owning);
  expect(cluster.at(backups, "nightly-21")?.metadata.ownerReferences).toEqual([late]);
});

test("A Schedule that owns its backups begins no other run before it is deleted", async () => {
  const cluster = clusterWith(owning);
  await removed(cluster, owning);
  expect(cluster.writes[0]).toBe(`patch Schedule ${name}`);
});

test("A Schedule that another incarnation has taken over keeps its backups", async () => {
  const cluster = clusterWith(owning);
  await removed(cluster, { ...owning, incarnation: "older" });
  expect(cluster.writes).toEqual([]);
});
