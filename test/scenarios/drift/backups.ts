import { createUnhookablePod } from "../unhookable-pod.ts";
import { deleteByHand } from "../delete-by-hand.ts";
import {
  deleteBackup,
  deleteWithoutSuccess,
  empty,
  fill,
  overwriteTarball,
  removeTarball,
  run,
  runThatFails,
  writeRun,
} from "./hands.ts";
import { type DriftRow, type Finding, named, timestamp, WITH_BACKUP, YEARLY } from "./rows.ts";

const yesterday = timestamp(-24 * 3_600_000);
const takesAnother = (health: string, message: RegExp): Finding => ({ health, message, up: "repairs" });

/** What became of a schedule's backups, which no up can undo: another backup ends it. */
const ofSchedules: DriftRow[] = [
  {
    title: "that the newest backup failed",
    backup: WITH_BACKUP,
    cause: (scene) => runThatFails(scene),
    finds: named("Failing", /^Backup \S+-hand is Failed: .*already exists in object storage/),
  },
  {
    title: "that the newest backup is PartiallyFailed",
    backup: WITH_BACKUP,
    cause: async (scene) => {
      await createUnhookablePod(scene.cluster, scene.namespace);
      await run(scene, "PartiallyFailed");
    },
    finds: named(
      "Failing",
      /^Backup \S+-hand is PartiallyFailed: \d+ errors, \d+ warnings$/,
      ({ cluster, namespace }) =>
        cluster.kubernetes.delete(`/api/v1/namespaces/${namespace}/pods/database?gracePeriodSeconds=0`),
    ),
  },
  {
    title: "that the newest backup holds far less than the one before it",
    backup: WITH_BACKUP,
    before: fill,
    cause: async (scene) => {
      await empty(scene);
      await run(scene, "Completed");
    },
    finds: named("Suspect", /^Backup \S+-hand holds \d+ items; those before it held 2\d\./, fill),
  },
  {
    title: "that the data of the newest backup is gone, though its object is there",
    backup: WITH_BACKUP,
    cause: removeTarball,
    finds: named(
      "Missing",
      /^the data of Backup \S+ is gone from the store \(shared\/east\/backups\/\S+\/\)/,
    ),
  },
  {
    title: "that the newest backup ends before another is due",
    backup: `${WITH_BACKUP}, ttl: "40000h"`,
    cause: (scene) => run(scene, "Completed", { ttl: "1h" }),
    finds: named(
      "Expiring",
      /^the newest good backup, \S+-hand, ends on .*, and the next one is due on .*-02-29T03:00/,
    ),
  },
  {
    title: "a backup that has been running since yesterday",
    backup: YEARLY,
    cause: (scene) => writeRun(scene, { phase: "InProgress", startTimestamp: yesterday }),
    finds: named(
      "Stuck",
      new RegExp(`^Backup \\S+-written has been InProgress since ${yesterday}$`),
      (scene) => deleteBackup(scene, `${scene.scheduleName}-written`),
    ),
  },
];

/** What became of a backup that was taken once. Where it is lost, an up takes another. */
const ofSingleOnes: DriftRow[] = [
  {
    title: "that a single backup was deleted",
    backup: "",
    cause: (scene) => deleteByHand(scene.cluster, scene.backupName),
    finds: takesAnother("Missing", /^Backup velero\/\S+ is gone before its time; up takes another$/),
  },
  {
    title: "that the data of a single backup is gone, though its object is there",
    backup: "",
    cause: removeTarball,
    finds: takesAnother(
      "Missing",
      /^the data of Backup velero\/\S+ is gone from the store \(shared\/east\/backups\/\S+\/\); up takes another$/,
    ),
  },
  {
    title: "that the file of a single backup is another one",
    backup: "",
    cause: overwriteTarball,
    finds: named(
      "Suspect",
      /^the tarball of Backup velero\/\S+ is not the one .*: it has 17 bytes, and had \d{3,}\./,
    ),
  },
  {
    title: "that a single backup was to be deleted and could not be",
    backup: "",
    cause: deleteWithoutSuccess,
    finds: takesAnother(
      "Stuck",
      /^Backup velero\/\S+ was to be deleted and could not be: .*error invoking delete item actions$/,
    ),
  },
];

export const backups = [...ofSchedules, ...ofSingleOnes];
