import type { Input } from "@pulumi/pulumi";

/**
 * How long an operation of ours may wait; Velero's own limits have Velero's names. Go durations: `45m`, `1h30m`. They
 * stand in for Pulumi's `customTimeouts`, which do not reach a dynamic provider and are refused.
 */
export interface TimeoutsArgs {
  /**
   * How long a create may wait.
   *
   * @default "30m"
   */
  create?: Input<string>;
  /**
   * How long an update may wait.
   *
   * @default "30m"
   */
  update?: Input<string>;
  /**
   * How long a destroy may wait.
   *
   * @default "30m"
   */
  delete?: Input<string>;
}
