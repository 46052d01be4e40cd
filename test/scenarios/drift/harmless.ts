import { setTimeout as sleep } from "node:timers/promises";
import { waitUntil } from "../../sandbox/wait-until.ts";
import { deleteByHand } from "../delete-by-hand.ts";
import { liveObject, veleroObject } from "../observe.ts";
import { veleroPath } from "../stack.ts";
import { createUnhookablePod } from "../unhookable-pod.ts";
import { createNamespace, edit, run, runThatFails, syncBack, writeRun } from "./hands.ts";
import { type DriftRow, named, type Scene, timestamp, WITH_BACKUP, YEARLY } from "./rows.ts";

const marks = { metadata: { labels: { team: "shop" }, annotations: { "example.com/seen": "today" } } };
const failed = () => ({ phase: "Failed", startTimestamp: timestamp(), failureReason: "no space" });

const awaitExpiry = ({ cluster, backupName }: Scene) =>
  waitUntil("Velero has removed the backup", async () =>
    (await veleroObject(cluster, "backups", backupName)) ? undefined : true,
  );

/** What Velero does, what was declared, and what is nobody's business. */
export const harmless: DriftRow[] = [
  {
    title:
      "others' labels on a Schedule and on its backup, which Velero's sync brought back, while another runs and one of somebody else failed",
    backup: WITH_BACKUP,
    cause: async (scene) => {
      const { cluster, locationName, namespace, scheduleName, backupName } = scene;
      await syncBack(scene);
      await edit(scene, "schedules", scheduleName, marks);
      await edit(scene, "backups", backupName, marks);
      await cluster.kubernetes.create(veleroPath("backups"), {
        apiVersion: "velero.io/v1",
        kind: "Backup",
        metadata: { name: `${namespace}-theirs` },
        spec: { storageLocation: locationName, includedNamespaces: [namespace] },
        status: failed(),
      });
      await writeRun(scene, { phase: "InProgress", startTimestamp: timestamp() });
    },
  },
  {
    title:
      "a single backup that Velero's sync brought back as it was before the up was done, with others' labels, and a TTL that Velero no longer asks for",
    backup: "",
    cause: async (scene) => {
      await syncBack(scene);
      await edit(scene, "backups", scene.backupName, { ...marks, spec: { ttl: "1h" } });
    },
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
    cause: (scene) => writeRun(scene, failed()),
  },
  {
    title: "a failed backup, and the deletion of one before it, where a good one followed",
    backup: WITH_BACKUP,
    cause: async (scene) => {
      await runThatFails(scene, "failed");
      // Velero writes when a backup began in whole seconds.
      await sleep(1_000);
      await run(scene, "Completed");
      await deleteByHand(scene.cluster, scene.backupName);
    },
  },
  {
    title: "a PartiallyFailed backup where such are allowed",
    backup: `${YEARLY}, allowPartialFailure: true`,
    cause: async (scene) => {
      await createUnhookablePod(scene.cluster, scene.namespace);
      await run(scene, "PartiallyFailed");
    },
  },
  {
    title: "a namespace that has come and matches a glob, which Velero resolves by itself",
    backup: `${YEARLY}, includedNamespaces: [namespace + "*"]`,
    cause: (scene) => createNamespace(scene, `${scene.namespace}-new`),
  },
  {
    title: "a single backup that has ended by its TTL, and that Velero has removed",
    backup: 'ttl: "20s"',
    cause: awaitExpiry,
  },
  {
    title: "the end of a schedule's only backup by a TTL that is shorter than the interval",
    backup: `${WITH_BACKUP}, ttl: "20s"`,
    cause: awaitExpiry,
  },
];

/** Due within the hour, and not while the test runs: Velero's own clock goes on as ever. */
const hourly = `schedule: "${(new Date().getUTCMinutes() + 25) % 60} * * * *"`;

/** What the mere passing of an hour does, or does not. */
export const anHourLater: DriftRow[] = [
  {
    title: "that no backup is younger than maxAge",
    backup: `${WITH_BACKUP}, maxAge: "30m"`,
    finds: named("Stale", /^no good backup is younger than 30m; the newest is of \d/),
  },
  {
    title: "that there never was a backup, for longer than maxAge",
    backup: `${YEARLY}, maxAge: "30m"`,
    finds: named("Stale", /^no good backup is younger than 30m; there is none$/),
  },
  {
    title: "that a run which was due did not take place",
    backup: hourly,
    finds: named("Stale", /^Schedule velero\/\S+ has begun no backup since .*, though one was due/),
  },
  { title: "a backup that is older, but not than maxAge", backup: `${WITH_BACKUP}, maxAge: "2h"` },
  { title: "a paused schedule that would have been due", backup: `${hourly}, paused: true, maxAge: "30m"` },
  {
    title: "a run whose backup has ended by its TTL, which is shorter than the interval",
    backup: `${hourly}, ttl: "10m"`,
    cause: (scene) =>
      edit(scene, "schedules", scene.scheduleName, { status: { lastBackup: timestamp(30 * 60_000) } }),
  },
  { title: "a single backup that has ended by its TTL, and is still there", backup: `ttl: "30m"` },
];
