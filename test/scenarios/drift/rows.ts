import type { Sandbox, SandboxCluster } from "../../sandbox/sandbox.ts";

/** One thing that happens to a backup behind our back. */
export interface DriftRow {
  /** Ends the sentence "A refresh finds …", or "A refresh finds nothing in …". */
  title: string;
  /** More of the ClusterBackup. `namespace` in it is the row's own, which is backed up unless this says otherwise. */
  backup: string;
  /** It goes to a location of its own, since something happens to that. */
  ownLocation?: true;
  /** What is in the cluster before the stack is. */
  before?: (site: Site) => Promise<unknown>;
  /** What somebody does. Absent: nothing but time, or Velero's server. */
  cause?: (scene: Scene) => Promise<unknown>;
  /** What a refresh finds; absent: nothing. */
  finds?: Finding;
}

export interface Finding {
  health: string;
  message: RegExp;
  /** The next up sets it right, or can only name it. */
  up: "repairs" | "names";
  /** What the Schedule's template has after that up, where it is not to be as it was. */
  becomes?: (namespace: string) => Record<string, unknown>;
  /** What has to be put right beside another backup, where an up can only name it. */
  mend?: (scene: Scene) => Promise<unknown>;
}

/** Where a row takes place. */
export interface Site {
  sandbox: Sandbox;
  cluster: SandboxCluster;
  bucket: string;
  namespace: string;
}

/** The same with what the first up has made. */
export interface Scene extends Site {
  locationName: string;
  /** Of the backups in the bucket: `east/backups`. */
  folder: string;
  /** Empty where there is none. */
  scheduleName: string;
  backupName: string;
}

/** Never due while a test runs. */
export const YEARLY = `schedule: "0 3 29 2 *"`;
export const WITH_BACKUP = `${YEARLY}, runNow: true`;

export const drifted = (message: RegExp): Finding => ({ health: "Drifted", message, up: "repairs" });
export const named = (health: string, message: RegExp, mend?: Finding["mend"]): Finding => ({
  health,
  message,
  up: "names",
  ...(mend && { mend }),
});
export const timestamp = (afterMs = 0): string =>
  new Date(Date.now() + afterMs).toISOString().replace(/\.\d+/, "");
