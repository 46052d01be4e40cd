import { waitUntil } from "../../sandbox/wait-until.ts";
import { liveObject } from "../observe.ts";
import { veleroPath } from "../stack.ts";
import { createNamespace, deleteSchedule, edit, editSchedule, removeNamespace } from "./hands.ts";
import { type DriftRow, type Scene, YEARLY } from "./row.ts";

const configMap = ({ scheduleName }: Scene) => `/api/v1/namespaces/velero/configmaps/${scheduleName}`;
const withPolicy = `${YEARLY}, resourcePolicy: {
  volumePolicies: [{ conditions: { storageClass: ["scratch"] }, action: { type: "skip" } }],
}`;

/** What was made of a Schedule, and of what its runs need. */
export const schedules: DriftRow[] = [
  {
    title: "another cron",
    backup: YEARLY,
    cause: (scene) => editSchedule(scene, { schedule: "0 4 29 2 *" }),
    finds: { health: "Drifted", message: /changed by someone else \(schedule\)/, up: "repairs" },
  },
  {
    title: "a cron that Velero refuses",
    backup: YEARLY,
    cause: (scene) => editSchedule(scene, { schedule: "every night" }),
    finds: { health: "Drifted", message: /changed by someone else \(schedule\)/, up: "repairs" },
  },
  {
    title: "a namespace left out of the template",
    backup: YEARLY,
    cause: (scene) => editSchedule(scene, { template: { excludedNamespaces: [scene.namespace] } }),
    finds: { health: "Drifted", message: /changed by someone else \(template\)/, up: "repairs" },
  },
  {
    title: "a TTL taken out of the template",
    backup: `${YEARLY}, ttl: "48h"`,
    cause: (scene) => editSchedule(scene, { template: { ttl: null } }),
    finds: { health: "Drifted", message: /changed by someone else \(template\)/, up: "repairs" },
  },
  {
    title: "a pause that nobody declared",
    backup: YEARLY,
    cause: (scene) => editSchedule(scene, { paused: true }),
    finds: { health: "Drifted", message: /changed by someone else \(paused\)/, up: "repairs" },
  },
  {
    title: "a declared pause that was ended",
    backup: `${YEARLY}, paused: true`,
    cause: (scene) => editSchedule(scene, { paused: false }),
    finds: { health: "Drifted", message: /changed by someone else \(paused\)/, up: "repairs" },
  },
  {
    title: "no Schedule any more",
    backup: YEARLY,
    cause: deleteSchedule,
    finds: { health: "Missing", message: /^Schedule velero\/\S+ is gone; up makes it again$/, up: "repairs" },
  },
  {
    title: "another resource policy",
    backup: withPolicy,
    cause: (scene) =>
      scene.cluster.kubernetes.patch(configMap(scene), { data: { "resource-policy.yaml": "version: v1" } }),
    finds: { health: "Drifted", message: /its resource policy, was changed by someone else/, up: "repairs" },
  },
  {
    title: "no resource policy any more",
    backup: withPolicy,
    cause: (scene) => scene.cluster.kubernetes.delete(configMap(scene)),
    finds: { health: "Drifted", message: /its resource policy, is gone, and every run fails/, up: "repairs" },
  },
  {
    title: "a namespace that has come and matches a /pattern/",
    backup: `${YEARLY}, includedNamespaces: ["/^" + namespace + "/"]`,
    cause: (scene) => createNamespace(scene, `${scene.namespace}-new`),
    finds: {
      health: "Drifted",
      message: /namespaces that match have changed .*-new is not backed up yet; up takes that in/,
      up: "repairs",
      becomes: (namespace) => ({ includedNamespaces: [namespace, `${namespace}-new`] }),
    },
  },
  {
    title: "a namespace that has come and would be left out by a /pattern/",
    backup: `${YEARLY}, includedNamespaces: [namespace], excludedNamespaces: ["/^" + namespace + "-/"]`,
    before: (site) => createNamespace(site, `${site.namespace}-old`),
    cause: (scene) => createNamespace(scene, `${scene.namespace}-new`),
    finds: {
      health: "Drifted",
      message: /namespaces that match have changed .*-new is not left out yet; up takes that in/,
      up: "repairs",
      becomes: (namespace) => ({ excludedNamespaces: [`${namespace}-new`, `${namespace}-old`] }),
    },
  },
  {
    title: "that a namespace which matched a /pattern/ is gone",
    backup: `${YEARLY}, includedNamespaces: ["/^" + namespace + "/"]`,
    before: (site) => createNamespace(site, `${site.namespace}-old`),
    cause: (scene) => removeNamespace(scene, `${scene.namespace}-old`),
    finds: {
      health: "Drifted",
      message: /namespaces that match have changed .*-old is gone; up takes that in/,
      up: "repairs",
      becomes: (namespace) => ({ includedNamespaces: [namespace] }),
    },
  },
  {
    title: "that its location is gone",
    backup: YEARLY,
    ownLocation: true,
    cause: ({ cluster, locationName }) =>
      cluster.kubernetes.delete(veleroPath("backupstoragelocations", locationName)),
    finds: {
      health: "Failing",
      message: /^BackupStorageLocation velero\/\S+ is gone, and every run fails for it$/,
      up: "repairs",
      also: "location",
    },
  },
  {
    title: "that its location is read-only",
    backup: YEARLY,
    ownLocation: true,
    cause: (scene) =>
      edit(scene, "backupstoragelocations", scene.locationName, { spec: { accessMode: "ReadOnly" } }),
    finds: {
      health: "Failing",
      message: /^BackupStorageLocation velero\/\S+ is read-only, and every run fails for it$/,
      up: "repairs",
      also: "location",
    },
  },
  {
    title: "that its location is Unavailable",
    backup: YEARLY,
    ownLocation: true,
    cause: async (scene) => {
      const spec = { objectStorage: { bucket: "no-such-bucket" } };
      await edit(scene, "backupstoragelocations", scene.locationName, { spec });
      await waitUntil("Velero has seen it", async () => {
        const { status } = await liveObject(scene.cluster, "backupstoragelocations", scene.locationName);
        return status?.["phase"] === "Unavailable" ? true : undefined;
      });
    },
    finds: {
      health: "Failing",
      message: /^BackupStorageLocation velero\/\S+ is Unavailable, and every run fails for it: \S/,
      up: "repairs",
      also: "location",
    },
  },
];
