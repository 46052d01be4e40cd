import { waitUntil } from "../../sandbox/wait-until.ts";
import { liveObject } from "../observe.ts";
import { veleroPath } from "../stack.ts";
import { createNamespace, edit, removeNamespace } from "./hands.ts";
import { type DriftRow, drifted, type Scene, YEARLY } from "./rows.ts";

const configMap = ({ scheduleName }: Scene) => `/api/v1/namespaces/velero/configmaps/${scheduleName}`;
const withPolicy = `${YEARLY}, resourcePolicy: {
  volumePolicies: [{ conditions: { storageClass: ["scratch"] }, action: { type: "skip" } }],
}`;
const editSchedule = (spec: Record<string, unknown>) => (scene: Scene) =>
  edit(scene, "schedules", scene.scheduleName, { spec });
const editLocation = (scene: Scene, spec: Record<string, unknown>) =>
  edit(scene, "backupstoragelocations", scene.locationName, { spec });
const comes = (scene: Scene) => createNamespace(scene, `${scene.namespace}-new`);
const failing = (words: string) => ({
  health: "Failing",
  message: new RegExp(`^BackupStorageLocation velero/\\S+ is ${words}`),
  up: "repairs" as const,
});

/** What was made of a Schedule, and of what its runs need. */
export const schedules: DriftRow[] = [
  {
    title: "a TTL taken out of the template",
    backup: `${YEARLY}, ttl: "48h"`,
    cause: editSchedule({ template: { ttl: null } }),
    finds: drifted(/changed by someone else \(template\)/),
  },
  {
    title: "a pause that nobody declared",
    backup: YEARLY,
    cause: editSchedule({ paused: true }),
    finds: drifted(/changed by someone else \(paused\)/),
  },
  {
    title: "no Schedule any more",
    backup: YEARLY,
    cause: ({ cluster, scheduleName }) => cluster.kubernetes.delete(veleroPath("schedules", scheduleName)),
    finds: { ...drifted(/^Schedule velero\/\S+ is gone; up makes it again$/), health: "Missing" },
  },
  {
    title: "another resource policy",
    backup: withPolicy,
    cause: (scene) =>
      scene.cluster.kubernetes.patch(configMap(scene), { data: { "resource-policy.yaml": "version: v1" } }),
    finds: drifted(/its resource policy, was changed by someone else/),
  },
  {
    title: "no resource policy any more",
    backup: withPolicy,
    cause: (scene) => scene.cluster.kubernetes.delete(configMap(scene)),
    finds: drifted(/its resource policy, is gone, and every run fails/),
  },
  {
    title: "a namespace that has come and matches a /pattern/",
    backup: `${YEARLY}, includedNamespaces: ["/^" + namespace + "/"]`,
    cause: comes,
    finds: {
      ...drifted(/namespaces that match have changed .*-new is not backed up yet; up takes that in/),
      becomes: (namespace) => ({ includedNamespaces: [namespace, `${namespace}-new`] }),
    },
  },
  {
    title: "a namespace that has come and would be left out by a /pattern/",
    backup: `${YEARLY}, includedNamespaces: [namespace], excludedNamespaces: ["/^" + namespace + "-/"]`,
    before: (site) => createNamespace(site, `${site.namespace}-old`),
    cause: comes,
    finds: {
      ...drifted(/namespaces that match have changed .*-new is not left out yet; up takes that in/),
      becomes: (namespace) => ({ excludedNamespaces: [`${namespace}-new`, `${namespace}-old`] }),
    },
  },
  {
    title: "that a namespace which matched a /pattern/ is gone",
    backup: `${YEARLY}, includedNamespaces: ["/^" + namespace + "/"]`,
    before: (site) => createNamespace(site, `${site.namespace}-old`),
    cause: (scene) => removeNamespace(scene, `${scene.namespace}-old`),
    finds: {
      ...drifted(/namespaces that match have changed .*-old is gone; up takes that in/),
      becomes: (namespace) => ({ includedNamespaces: [namespace] }),
    },
  },
  {
    title: "that its location is gone",
    backup: YEARLY,
    ownLocation: true,
    cause: ({ cluster, locationName }) =>
      cluster.kubernetes.delete(veleroPath("backupstoragelocations", locationName)),
    finds: failing("gone, and every run fails for it$"),
  },
  {
    title: "that its location is read-only",
    backup: YEARLY,
    ownLocation: true,
    cause: (scene) => editLocation(scene, { accessMode: "ReadOnly" }),
    finds: failing("read-only, and every run fails for it$"),
  },
  {
    title: "that its location is Unavailable",
    backup: YEARLY,
    ownLocation: true,
    cause: async (scene) => {
      await editLocation(scene, { objectStorage: { bucket: "no-such-bucket" } });
      await waitUntil("Velero has seen it", async () => {
        const { status } = await liveObject(scene.cluster, "backupstoragelocations", scene.locationName);
        return status?.["phase"] === "Unavailable" ? true : undefined;
      });
    },
    finds: failing("Unavailable, and every run fails for it: \\S"),
  },
];
