import type { Owner } from "../core/identity.ts";
import type { AccessMode, LocationPhase } from "../velero/types.ts";
import type { ClusterLocationInputs } from "./cluster-location.ts";

export interface ClusterLocationOutputs extends ClusterLocationInputs {
  incarnation: string;
  /** The earlier owners of this resource. */
  formerOwners?: Owner[] | undefined;
  /**
   * Earlier owners that had orphaned their location, which this resource then adopted again. Their other objects do not
   * count as users of the location, and this resource does not delete them: they may belong to a stack of the same
   * name.
   */
  takenBack?: Owner[] | undefined;
  /** Absent if the cluster was never contacted. */
  clusterUid?: string | undefined;
  /** The access mode that the attachment resulted in. */
  accessMode?: AccessMode | undefined;
  phase?: LocationPhase | undefined;
  message?: string | undefined;
  /** The notice of the attachment. It is the `message` as long as the location is healthy. */
  notice?: string | undefined;
  /** Velero's version, such as `v1.18.3`, at the last create or update. */
  serverVersion?: string | undefined;
  lastValidated?: string | undefined;
  lastSynced?: string | undefined;
  unfinished?: string | undefined;
  /** Read locations that an unfinished `up` had begun to remove. */
  leavingReads?: string[] | undefined;
  /** True if the location that `adopt` names has been adopted. */
  adopted?: boolean | undefined;
  /** The parts of an adopted location that no property declares. */
  kept?: KeptParts | undefined;
  /** The last applied parts, by the location's name. States of 0.1 do not have them. */
  sent?: Record<string, Sent> | undefined;
}

/** The parts of an adopted location that no property declares. State holds them, and every later `up` sends them. */
export interface KeptParts {
  config?: Record<string, string> | undefined;
  /** The extra fields of its `objectStorage`. */
  objectStorage?: Record<string, unknown> | undefined;
}

/**
 * Hashes of what was written to a location, and to its Secret if the Secret is ours. State holds no secret, and a
 * refresh still has to find edits. The hashes of the location's parts are salted with the incarnation.
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
