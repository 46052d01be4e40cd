import type { AccessMode } from "../../velero/types.ts";
import type { ClusterLocationInputs } from "./inputs.ts";

export interface ClusterLocationOutputs extends ClusterLocationInputs {
  incarnation: string;
  /** URNs that the owner had before. */
  formerOwners?: string[] | undefined;
  /** Absent for a cluster that was never contacted. */
  clusterUid?: string | undefined;
  /** What the attachment came to. */
  accessMode?: AccessMode | undefined;
  phase?: string | undefined;
  message?: string | undefined;
  lastValidated?: string | undefined;
  lastSynced?: string | undefined;
  unfinished?: string | undefined;
  /** Read locations that an up which was not finished had begun to remove. */
  leavingReads?: string[] | undefined;
}
