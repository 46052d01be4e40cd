import { deleteByHand } from "../delete-by-hand.ts";
import { deleteWithoutSuccess, edit, overwriteTarball, removeFolder, removeTarball } from "./hands.ts";
import type { DriftRow } from "./row.ts";

/** What became of a backup that was taken once. Where it is lost, an up takes another. */
export const singleBackups: DriftRow[] = [
  {
    title: "that a single backup was deleted",
    backup: "",
    cause: (scene) => deleteByHand(scene.cluster, scene.backupName),
    finds: {
      health: "Missing",
      message: /^Backup velero\/\S+ is gone before its time; up takes another$/,
      up: "repairs",
    },
  },
  {
    title: "that the data of a single backup is gone, though its object is there",
    backup: "",
    cause: removeTarball,
    finds: {
      health: "Missing",
      message:
        /^the data of Backup velero\/\S+ is gone from the store \(shared\/east\/backups\/\S+\/\); up takes another$/,
      up: "repairs",
    },
  },
  {
    title: "that all of a single backup is gone from the bucket",
    backup: "",
    cause: removeFolder,
    // Velero removes the object then, within a minute.
    finds: { health: "Missing", message: /Backup velero\/\S+ is gone .*; up takes another$/, up: "repairs" },
  },
  {
    title: "that the file of a single backup is another one",
    backup: "",
    cause: overwriteTarball,
    finds: {
      health: "Suspect",
      message: /^the tarball of Backup velero\/\S+ is not the one .*: it has 17 bytes, and had \d{3,}\./,
      up: "names",
    },
  },
  {
    title: "that a single backup is being deleted",
    backup: "",
    // By hand: Velero is done with it in a second.
    cause: (scene) => edit(scene, "backups", scene.backupName, { status: { phase: "Deleting" } }),
    finds: {
      health: "Missing",
      message: /is being deleted before its time; up takes another$/,
      up: "repairs",
    },
  },
  {
    title: "that a single backup was to be deleted and could not be",
    backup: "",
    cause: deleteWithoutSuccess,
    finds: {
      health: "Stuck",
      message:
        /^Backup velero\/\S+ was to be deleted and could not be: .*error invoking delete item actions$/,
      up: "repairs",
    },
  },
];
