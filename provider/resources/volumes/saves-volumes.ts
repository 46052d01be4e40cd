import { sharedPolicyName } from "../backup/shared-policy.ts";
import type { SelectionInputs } from "../backup/selection.ts";
import { policiesIn } from "./match-volume-policy.ts";

/** Tells whether a backup is to save the data of any volume: `volumes: "none"` leaves all out that no policy names. */
export const savesVolumes = ({
  volumes,
  resourcePolicy,
}: Pick<SelectionInputs, "volumes" | "resourcePolicy">): boolean =>
  // What a ConfigMap of somebody else says may save some.
  volumes !== "none" ||
  policiesIn(resourcePolicy).length > 0 ||
  sharedPolicyName({ resourcePolicy }) !== undefined;
