import { matchesLabels } from "../../velero/matches-labels.ts";
import type { SelectionInputs } from "../backup/selection.ts";
import { type Claim, type Pod, VOLUME_KINDS, type VolumeObjects, volumeOf } from "./volume-objects.ts";

/**
 * Gives the claims and pods that a backup of these namespaces would hold, by kinds and labels: a pod brings its
 * claims along, whatever labels these have (velero `pkg/backup/actions/pod_action.go`). `resourcePolicy`'s
 * `namespacedFilterPolicies` are not followed.
 */
export function selectedObjects(
  { claims, pods, volumes }: VolumeObjects,
  namespaces: readonly string[],
  selection: Pick<SelectionInputs, "labelSelector" | "orLabelSelectors">,
  isTaken: (groupResource: string) => boolean,
): VolumeObjects {
  const isHere = ({ metadata }: Claim | Pod) => namespaces.includes(metadata.namespace ?? "");
  const isLabelled = ({ metadata }: Claim | Pod) => matchesLabels(selection, metadata.labels);
  const taken = isTaken(VOLUME_KINDS.pods) ? pods.filter((pod) => isHere(pod) && isLabelled(pod)) : [];
  const isWanted = (claim: Claim) =>
    isHere(claim) && (isLabelled(claim) || taken.some((pod) => volumeOf(pod, claim) !== undefined));
  return { claims: isTaken(VOLUME_KINDS.claims) ? claims.filter(isWanted) : [], pods: taken, volumes };
}
