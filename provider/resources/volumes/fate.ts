import type { SavingMethod } from "../../velero/volume-info.ts";

/** The fate of a claim's data in a backup: exactly one of these. */
export type Fate =
  | Saved
  | LeftOut
  /** The claim has no volume yet. */
  | { fate: "notYet" }
  | Missed
  /** Nobody can tell from here. */
  | { fate: "unseen"; why: string };

export interface Saved {
  fate: "saved";
  method: SavingMethod;
  /** Undefined where Velero does not say. */
  bytes?: number | undefined;
}

export interface LeftOut {
  fate: "leftOut";
  /** The declaration that leaves the claim out: `its label velero.io/exclude-from-backup`. */
  by: string;
}

export interface Missed {
  fate: "missed";
  /** A clause: `no pod in the backup mounts it`. */
  why: string;
  /** The remedy, in sentences. */
  todo: string;
}
