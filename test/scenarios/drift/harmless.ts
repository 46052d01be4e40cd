import { setTimeout as sleep } from "node:timers/promises";
import { waitUntil } from "../../sandbox/wait-until.ts";
import { liveObject, veleroObject } from "../observe.ts";
import { veleroPath } from "../stack.ts";
import { createUnhookablePod } from "../unhookable-pod.ts";
import { deleteByHand } from "../delete-by-hand.ts";
import { createNamespace, edit, run, runThatFails, syncBack, writeRun } from "./hands.ts";
import { type DriftRow, type Scene, YEARLY } from "./row.ts";

const awaitExpiry = ({ cluster, backupName }: Scene) =>
  waitUntil("Velero has removed the backup", async () =>
    (await veleroObject(cluster, "backups", backupName)) ? undefined : true,
  );

const marks = { metadata: { labels: { team: "shop" }, annotations: { "example.com/seen": "today" } } };
const now = () => new Date().toISOString().replace(/\.\d+/, "");

/** What Velero does, what was declared, and what is nobody's business. */
export const harmless: DriftRow[] = [
  {
    title: "labels and annotations of others on a Schedule and its backup",
    backup: `${YEARLY}, runNow: true`,
    cause: async (scene) => {
      await edit(scene, "schedules", scene.scheduleName, marks);
      await edit(scene, "backups", scene.backupName, marks);
    },
  },
  {
    title: "labels and annotations of others on a single backup, and a TTL that Velero no longer asks for",
    backup: "",
    cause: (scene) => edit(scene, "backups", scene.backupName, { ...marks, spec: { ttl: "1h" } }),
  },
  {
    title: "what Velero writes into a Schedule",
    backup: `${YEARLY}, skipImmediately: true`,
    cause: ({ cluster, scheduleName }) =>
      waitUntil("Velero has set skipImmediately back", async () => {
        const { spec } = await liveObject(cluster, "schedules", scheduleName);
        return spec?.["skipImmediately"] === false ? true : undefined;
      }),
  },
  {
    title: "a declared pause, whatever became of the last backup",
    backup: `${YEARLY}, paused: true`,
    cause: (scene) => writeRun(scene, { phase: "Failed", startTimestamp: now(), failureReason: "no space" }),
  },
  {
    title: "a failed backup that a good one followed",
    backup: `${YEARLY}, runNow: true`,
    cause: async (scene) => {
      await runThatFails(scene, "failed");
      // Velero writes when a backup began in whole seconds.
      await sleep(1_000);
      await run(scene, "Completed");
    },
  },
  {
    title: "a newer backup that is still running",
    backup: `${YEARLY}, runNow: true`,
    cause: (scene) => writeRun(scene, { phase: "InProgress", startTimestamp: now() }),
  },
  {
    title: "the deletion of a backup that a newer one followed",
    backup: `${YEARLY}, runNow: true`,
    cause: async (scene) => {
      await run(scene, "Completed");
      await deleteByHand(scene.cluster, scene.backupName);
    },
  },
  {
    title: "a PartiallyFailed backup where such are allowed",
    backup: `${YEARLY}, runNow: true, allowPartialFailure: true`,
    cause: async (scene) => {
      await createUnhookablePod(scene.cluster, scene.namespace);
      await run(scene, "PartiallyFailed");
    },
  },
  {
    title: "somebody else's failed backup in the same location",
    backup: `${YEARLY}, runNow: true`,
    cause: ({ cluster, locationName, namespace }) =>
      cluster.kubernetes.create(veleroPath("backups"), {
        apiVersion: "velero.io/v1",
        kind: "Backup",
        metadata: { name: `${namespace}-theirs` },
        spec: { storageLocation: locationName, includedNamespaces: [namespace] },
        status: { phase: "Failed", startTimestamp: now(), failureReason: "no space" },
      }),
  },
  {
    title: "a namespace that has come and matches a glob, which Velero resolves by itself",
    backup: `${YEARLY}, includedNamespaces: [namespace + "*"]`,
    cause: (scene) => createNamespace(scene, `${scene.namespace}-new`),
  },
  {
    title:
      "a single backup that Velero's sync brought back from the store, as it was before an up was done with it",
    backup: "",
    cause: syncBack,
  },
  {
    title: "a schedule's backup that Velero's sync brought back",
    backup: `${YEARLY}, runNow: true`,
    cause: syncBack,
  },
  {
    title: "a single backup that has ended by its TTL, and that Velero has removed",
    backup: 'ttl: "20s"',
    cause: awaitExpiry,
  },
  {
    title: "the end of a schedule's only backup by a TTL that is shorter than the interval",
    backup: `${YEARLY}, runNow: true, ttl: "20s"`,
    cause: awaitExpiry,
  },
];
