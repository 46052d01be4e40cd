import type { SavedHow } from "../../velero/volume-info.ts";

/** What becomes of the data of a claim in a backup: exactly one of these. */
export type Fate =
  | Saved
  | LeftOut
  /** It has no volume yet. */
  | { fate: "notYet" }
  | Missed
  /** It cannot be told. */
  | { fate: "unseen"; why: string };

export interface Saved {
  fate: "saved";
  how: SavedHow;
  /** Undefined where Velero does not say. */
  bytes?: number | undefined;
}

export interface LeftOut {
  fate: "leftOut";
  /** What somebody has declared: `its label velero.io/exclude-from-backup`. */
  by: string;
}

export interface Missed {
  fate: "missed";
  /** A clause: `no pod in the backup mounts it`. */
  why: string;
  /** What saves it the next time, in sentences. */
  todo: string;
}
