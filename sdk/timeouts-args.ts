import type { Input } from "@pulumi/pulumi";

/**
 * Timeouts of our operations. Velero's own limits have Velero's names. Go durations: `45m`, `1h30m`. They replace
 * Pulumi's `customTimeouts`, which do not reach a dynamic provider and are refused.
 */
export interface TimeoutsArgs {
  /**
   * Timeout of a create.
   *
   * @default "30m"
   */
  create?: Input<string>;
  /**
   * Timeout of an update.
   *
   * @default "30m"
   */
  update?: Input<string>;
  /**
   * Timeout of a destroy.
   *
   * @default "30m"
   */
  delete?: Input<string>;
}
