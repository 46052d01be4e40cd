import type { Owner } from "../core/identity.ts";
import type { AccessMode, LocationPhase } from "../velero/types.ts";
import type { ClusterLocationInputs } from "./cluster-location.ts";

export interface ClusterLocationOutputs extends ClusterLocationInputs {
  incarnation: string;
  /** The owners that this resource was before. */
  formerOwners?: Owner[] | undefined;
  /**
   * Owners whose location, which they had left to others, this resource has taken back. What they have made besides is
   * no user of the location, and is not this resource's to delete: they may be those of a stack of the same name.
   */
  takenBack?: Owner[] | undefined;
  /** Absent for a cluster that was never contacted. */
  clusterUid?: string | undefined;
  /** What the attachment came to. */
  accessMode?: AccessMode | undefined;
  phase?: LocationPhase | undefined;
  message?: string | undefined;
  /** What the attachment had to say: the `message` while all is well. */
  notice?: string | undefined;
  /** Velero's version, `v1.18.3`, as of the last create or update. */
  serverVersion?: string | undefined;
  lastValidated?: string | undefined;
  lastSynced?: string | undefined;
  unfinished?: string | undefined;
  /** Read locations that an up which was not finished had begun to remove. */
  leavingReads?: string[] | undefined;
  /** The location that `adopt` names has been taken over. */
  adopted?: boolean | undefined;
  /** What an adopted location had, and no property says. */
  kept?: KeptParts | undefined;
  /** By the location's name. Not in states of 0.1. */
  sent?: Record<string, Sent> | undefined;
}

/** What an adopted location had, and no property says. State has it, and every later `up` sends it. */
export interface KeptParts {
  config?: Record<string, string> | undefined;
  /** Fields of its `objectStorage`. */
  objectStorage?: Record<string, unknown> | undefined;
}

/**
 * What was written into a location, and into its Secret where that is ours. State holds no secret, and a refresh has to
 * see an edit all the same: these are hashes, those of the location's parts salted with the incarnation.
 */
export interface Sent {
  location: Partial<Record<LocationPart, string>>;
  secret?: string | undefined;
}

export type LocationPart =
  | "place"
  | "accessMode"
  | "config"
  | "caCert"
  | "credential"
  | "backupSyncPeriod"
  | "validationFrequency";
