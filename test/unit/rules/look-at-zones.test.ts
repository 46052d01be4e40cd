import { SharedAnswers } from "../../../provider/kubernetes/discovery.ts";
import { expect, test } from "vitest";
import type { KubernetesClient } from "../../../provider/kubernetes/client.ts";
import { KubernetesError } from "../../../provider/kubernetes/kubernetes-error.ts";
import { backups, deployments, schedules } from "../../../provider/kubernetes/resources.ts";
import { lookAtZones } from "../../../provider/rules/time-zones.ts";
import { memoryCluster } from "../kinds/backup/memory-cluster.ts";
import { state } from "../kinds/backup/state.ts";

const LAST = "2026-11-22T17:00:27Z";
const RUN = "nightly-20261123020027";
const nightly = { ...state, schedule: "0 2 * * *" };

function clusterOfTokyo() {
  const cluster = memoryCluster();
  const env = [{ name: "TZ", value: "Asia/Tokyo" }];
  const containers = [{ name: "velero", image: "velero/velero:v1.18.3", env }];
  const namespace = "velero";
  cluster.put(deployments, {
    metadata: { name: "velero", namespace },
    spec: { template: { spec: { containers } } },
  });
  cluster.put(schedules, {
    metadata: { name: "nightly", namespace },
    spec: {},
    status: { lastBackup: LAST },
  });
  cluster.put(backups, { metadata: { name: RUN, namespace, creationTimestamp: LAST }, spec: {} });
  return cluster;
}

test("The Deployment and the runs tell a server's time zone", async () => {
  expect(await lookAtZones(clusterOfTokyo().client, nightly)).toEqual({
    declared: ["Asia/Tokyo"],
    seen: { at: Date.parse(LAST), offset: 540 },
  });
});

test("What may not be seen leaves the zone open, and fails nothing", async () => {
  const { client } = clusterOfTokyo();
  const refuse = () => Promise.reject(new KubernetesError({ status: 403, reason: "Forbidden", what: "no" }));
  expect(await lookAtZones({ ...client, get: refuse }, nightly)).toMatchObject({
    declared: [],
    seen: { offset: 540 },
  });
  expect(await lookAtZones({ ...client, answers: new SharedAnswers(), list: refuse }, nightly)).toEqual({
    declared: ["Asia/Tokyo"],
    seen: undefined,
  });
  const cluster = clusterOfTokyo();
  cluster.remove(deployments, "velero");
  cluster.remove(backups, RUN);
  expect(await lookAtZones(cluster.client, nightly)).toEqual({ declared: [], seen: undefined });
});

/** Counts what is asked of a cluster. */
function counting(client: KubernetesClient) {
  const asked: string[] = [];
  const counted: KubernetesClient = {
    ...client,
    get: (target) => (asked.push(`get ${target.type.plural}`), client.get(target)),
    list: (scope) => (asked.push(`list ${scope.type.plural}`), client.list(scope)),
  };
  return { counted, asked };
}

test("Schedules of one cluster that are looked at together ask once", async () => {
  const { counted, asked } = counting(clusterOfTokyo().client);
  await Promise.all([
    lookAtZones(counted, nightly),
    lookAtZones(counted, { ...nightly, schedule: "@daily" }),
  ]);
  expect(asked.toSorted()).toEqual(["get deployments", "list backups", "list schedules"]);
});

test.each(["@every 12h", "CRON_TZ=Europe/Berlin 0 2 * * *"])(
  "Nothing is asked for a schedule that runs alike in all zones: %s",
  async (schedule) => {
    const { counted, asked } = counting(clusterOfTokyo().client);
    await lookAtZones(counted, { ...state, schedule });
    expect(asked).toEqual([]);
  },
);
