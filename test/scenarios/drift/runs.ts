import { createUnhookablePod } from "../unhookable-pod.ts";
import {
  deleteBackup,
  deleteWithoutSuccess,
  empty,
  fill,
  removeTarball,
  run,
  runThatFails,
  writeRun,
} from "./hands.ts";
import { type DriftRow, YEARLY } from "./row.ts";

const yesterday = new Date(Date.now() - 24 * 3_600_000).toISOString().replace(/\.\d+/, "");

/** What became of a schedule's backups, which no up can undo: another backup ends it. */
export const runs: DriftRow[] = [
  {
    title: "that the newest backup failed",
    backup: `${YEARLY}, runNow: true`,
    cause: (scene) => runThatFails(scene),
    finds: {
      health: "Failing",
      message: /^Backup \S+-hand is Failed: .*already exists in object storage/,
      up: "names",
    },
  },
  {
    title: "that the newest backup was refused",
    backup: `${YEARLY}, runNow: true`,
    cause: (scene) => run(scene, "FailedValidation", { volumeSnapshotLocations: ["no-such-location"] }),
    finds: {
      health: "Failing",
      message: /^Backup \S+-hand is FailedValidation: .*no-such-location/,
      up: "names",
    },
  },
  {
    title: "that the newest backup is PartiallyFailed",
    backup: `${YEARLY}, runNow: true`,
    cause: async (scene) => {
      await createUnhookablePod(scene.cluster, scene.namespace);
      await run(scene, "PartiallyFailed");
    },
    finds: {
      health: "Failing",
      message: /^Backup \S+-hand is PartiallyFailed: \d+ errors, \d+ warnings$/,
      up: "names",
      mend: ({ cluster, namespace }) =>
        cluster.kubernetes.delete(`/api/v1/namespaces/${namespace}/pods/database?gracePeriodSeconds=0`),
    },
  },
  {
    title: "that the newest backup holds far less than the one before it",
    backup: `${YEARLY}, runNow: true`,
    before: fill,
    cause: async (scene) => {
      await empty(scene);
      await run(scene, "Completed");
    },
    finds: {
      health: "Suspect",
      message: /^Backup \S+-hand holds \d+ items; those before it held 2\d\./,
      up: "names",
      mend: fill,
    },
  },
  {
    title: "that the data of the newest backup is gone, though its object is there",
    backup: `${YEARLY}, runNow: true`,
    cause: removeTarball,
    finds: {
      health: "Missing",
      message: /^the data of Backup \S+ is gone from the store \(shared\/east\/backups\/\S+\/\)/,
      up: "names",
    },
  },
  {
    title: "that the newest backup ends before another is due",
    backup: `${YEARLY}, runNow: true, ttl: "40000h"`,
    cause: (scene) => run(scene, "Completed", { ttl: "1h" }),
    finds: {
      health: "Expiring",
      message: /^the newest good backup, \S+-hand, ends on .*, and the next one is due on .*-02-29T03:00/,
      up: "names",
    },
  },
  {
    title: "a backup that has been running since yesterday",
    backup: YEARLY,
    cause: (scene) => writeRun(scene, { phase: "InProgress", startTimestamp: yesterday }),
    finds: {
      health: "Stuck",
      message: new RegExp(`^Backup \\S+-written has been InProgress since ${yesterday}$`),
      up: "names",
      mend: (scene) => deleteBackup(scene, `${scene.scheduleName}-written`),
    },
  },
  {
    title: "a backup that was to be deleted and could not be",
    backup: `${YEARLY}, runNow: true`,
    cause: deleteWithoutSuccess,
    finds: {
      health: "Stuck",
      message: /^Backup \S+ was to be deleted and could not be: .*error invoking delete item actions$/,
      up: "names",
    },
  },
];
