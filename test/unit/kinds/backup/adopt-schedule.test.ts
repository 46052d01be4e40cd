import { beforeEach, describe, expect, test, vi } from "vitest";
import { connect } from "../../../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../../../provider/kubernetes/connection.ts";
import { stampOf } from "../../../../provider/core/identity.ts";
import { adoptSchedule } from "../../../../provider/kinds/backup/adopt.ts";
import { isOfAdopted, isOurs } from "../../../../provider/kinds/backup/our-backups.ts";
import type { ClusterBackupOutputs } from "../../../../provider/schemas/cluster-backup.ts";
import { labelValue } from "../../../../provider/velero/manifests.ts";
import type { Schedule } from "../../../../provider/velero/types.ts";
import { uniqueName } from "../../../sandbox/unique-name.ts";
import { startFakeApiServer } from "../../kubernetes/fake-api-server.ts";
import { ANOTHER_LINEAGE } from "../arbitrary-inputs.ts";
import { ANOTHER, backupOf, state } from "./state.ts";
import { testSession } from "../../session.ts";

const SCHEDULES = "/apis/velero.io/v1/namespaces/velero/schedules";
const LOCATIONS = "/apis/velero.io/v1/namespaces/velero/backupstoragelocations";

let said: string[] = [];
beforeEach(() => {
  said = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
});

/** Takes over a Schedule that is in the cluster so. */
async function adopting(
  live: { labels?: Record<string, string>; location?: string; default?: string },
  changes: Partial<ClusterBackupOutputs> = {},
) {
  // What was said once is not said again in a process.
  const name = uniqueName("theirs");
  const server = await startFakeApiServer();
  const { labels = {}, location } = live;
  const spec = {
    schedule: "0 4 * * *",
    template: { ...(location && { storageLocation: location }), ttl: "24h" },
  };
  if (live.default) {
    server.putAt(LOCATIONS, {
      metadata: { name: live.default, namespace: "velero" },
      spec: { default: true },
    } as object as Schedule);
  }
  server.putAt(SCHEDULES, { metadata: { name, namespace: "velero", labels }, spec } as Schedule);
  const client = await connect(testSession(), { kubeconfig: server.kubeconfig }, clusterLabel("east"));
  return {
    name,
    spec,
    server,
    adopted: adoptSchedule(client, { ...state, schedule: "0 2 * * *", adopt: name, ...changes }),
    live: () => server.at(`${SCHEDULES}/${name}`),
    writes: () => server.requests.filter((request) => !request.startsWith("GET")),
  };
}

// The first one loads the Kubernetes client, which takes a while on a busy machine.
describe("A Schedule that is there", { timeout: 30_000 }, () => {
  test("becomes ours by its labels, before anything else of it is changed, and that is told", async () => {
    const { adopted, name, spec, live, writes } = await adopting({
      labels: { team: "shop" },
      location: "primary-east",
    });
    await adopted;
    const { labels, annotations } = stampOf(state);
    expect(live()).toMatchObject({ metadata: { labels: { team: "shop", ...labels }, annotations }, spec });
    expect(writes()).toEqual([`PATCH ${SCHEDULES}/${name}`]);
    expect(said).toEqual([
      expect.stringMatching(
        new RegExp(
          `^nightly: takes over Schedule velero/${name} in cluster "east"\\. Backups that it has made so far .*are kept`,
        ),
      ),
    ]);
  });

  test("and names no location is taken over where Velero's default one is this one", async () => {
    const { adopted, writes, name } = await adopting({ default: "primary-east" });
    await adopted;
    expect(writes()).toEqual([`PATCH ${SCHEDULES}/${name}`]);
  });

  test("and is taken back from a state that was lost keeps what no property says", async () => {
    const server = await startFakeApiServer();
    const { labels } = stampOf({ ...state, lineage: ANOTHER_LINEAGE });
    const template = { storageLocation: "primary-east", defaultVolumesToRestic: true };
    server.putAt(SCHEDULES, {
      metadata: { name: state.objectName, namespace: "velero", labels },
      spec: { schedule: "0 2 * * *", template },
    } as object as Schedule);
    const client = await connect(testSession(), { kubeconfig: server.kubeconfig }, clusterLabel("east"));
    const aim = { ...state, schedule: "0 2 * * *", adoptLineage: ANOTHER_LINEAGE };
    expect(await adoptSchedule(client, aim)).toEqual({ kept: { defaultVolumesToRestic: true } });
  });

  test("and is ours already, since a killed run has taken it over, is left as it is, and nothing is told", async () => {
    const { adopted, writes } = await adopting({
      labels: stampOf({ ...state, incarnation: "ff" }).labels,
    });
    await adopted;
    expect(writes()).toEqual([]);
    expect(said).toEqual([]);
  });

  const theirs = { labels: stampOf({ ...state, owner: ANOTHER }).labels };
  test.each([
    ["another resource's", theirs, "belongs to another resource"],
    ["elsewhere", { location: "secondary" }, 'BackupStorageLocation "secondary", not in "primary-east"'],
    [
      "in Velero's default",
      { default: "secondary" },
      "names no location, and so means Velero's default one, not in",
    ],
  ])("and is %s is not taken over", async (_what, live, words) => {
    const { adopted, writes } = await adopting(live);
    await expect(adopted).rejects.toThrow(words);
    expect(writes()).toEqual([]);
  });

  test("is named as missing where it is not", async () => {
    const { adopted } = await adopting({}, { adopt: "none" });
    await expect(adopted).rejects.toThrow(/^adopt: there is no Schedule velero\/none in cluster "east"\./);
  });

  test("is not looked for where none is to be taken over, or was at the beginning", async () => {
    for (const changes of [{ adopt: undefined }, { scheduleName: "theirs" }]) {
      const { adopted, server } = await adopting({}, changes);
      await adopted;
      expect(server.requests).toEqual([]);
    }
  });
});

describe("A Backup that an adopted Schedule made before", () => {
  const adopted = { ...state, scheduleName: "theirs" };
  const { labels: _ours, ...unlabelled } = backupOf({}).metadata;
  const made = (schedule: string, location = "primary-east") => ({
    metadata: { ...unlabelled, labels: { "velero.io/schedule-name": schedule } },
    spec: { storageLocation: location },
  });

  test("counts for its health, and is none of ours, which could be deleted", () => {
    expect(isOfAdopted(made("theirs"), adopted)).toBe(true);
    expect(isOurs(made("theirs"), adopted)).toBe(false);
  });

  test("is known by its label also where that is cut", () => {
    const long = "a-very-long-name-that-no-label-of-kubernetes-could-ever-hold-as-it-is";
    expect(isOfAdopted(made(labelValue(long)), { ...adopted, scheduleName: long })).toBe(true);
  });

  test("is none of another Schedule, of the same name in another location, or of another owner", () => {
    expect(isOfAdopted(made("another"), adopted)).toBe(false);
    expect(isOfAdopted(made("theirs", "secondary"), adopted)).toBe(false);
    expect(isOfAdopted(made("theirs"), state)).toBe(false);
    const { metadata, spec } = made("theirs");
    const labels = { ...metadata.labels, ...stampOf({ ...state, owner: ANOTHER }).labels };
    expect(isOfAdopted({ metadata: { ...metadata, labels }, spec }, adopted)).toBe(false);
  });
});
