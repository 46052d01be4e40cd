import type { Input } from "@pulumi/pulumi";

/** How long an operation of ours may wait; Velero's own limits have Velero's names. Go durations: `45m`, `1h30m`. */
export interface TimeoutsArgs {
  /** Default: `30m`. */
  create?: Input<string>;
  /** Default: `30m`. */
  update?: Input<string>;
  /** Default: `30m`. */
  delete?: Input<string>;
}
