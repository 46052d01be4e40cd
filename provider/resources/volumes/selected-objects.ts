import type { SelectionInputs } from "../backup/selection.ts";
import { matchesLabels } from "../matches-labels.ts";
import { type Claim, type Pod, type VolumeObjects, volumeOf } from "./volume-objects.ts";

/** The words by which the API knows these kinds. */
const CLAIMS = ["persistentvolumeclaims", "persistentvolumeclaim", "pvc"];
const PODS = ["pods", "pod", "po"];

/**
 * Gives the claims and pods that a backup of these namespaces would hold, by kinds and labels: a pod brings its
 * claims along, whatever labels these have (velero `pkg/backup/actions/pod_action.go`). `resourcePolicy`'s
 * `namespacedFilterPolicies` are not followed.
 */
export function selectedObjects(
  { claims, pods, volumes }: VolumeObjects,
  namespaces: readonly string[],
  selection: SelectionInputs,
): VolumeObjects {
  const isHere = ({ metadata }: Claim | Pod) => namespaces.includes(metadata.namespace ?? "");
  const isLabelled = labelFilter(selection);
  const taken = takesKind(selection, PODS) ? pods.filter((pod) => isHere(pod) && isLabelled(pod)) : [];
  const isWanted = (claim: Claim) =>
    isHere(claim) && (isLabelled(claim) || taken.some((pod) => volumeOf(pod, claim) !== undefined));
  return { claims: takesKind(selection, CLAIMS) ? claims.filter(isWanted) : [], pods: taken, volumes };
}

function takesKind(selection: SelectionInputs, names: readonly string[]): boolean {
  const policy = (selection.resourcePolicy?.["includeExcludePolicy"] ?? {}) as Partial<typeof selection>;
  const lists = (included?: readonly string[], excluded: readonly string[] = []) => {
    const isAmong = (list: readonly string[]) =>
      list.some((word) => word === "*" || names.includes(word.toLowerCase()));
    return !isAmong(excluded) && (included === undefined || included.length === 0 || isAmong(included));
  };
  return (
    lists(selection.includedResources, selection.excludedResources) &&
    lists(selection.includedNamespaceScopedResources, selection.excludedNamespaceScopedResources) &&
    lists(policy.includedNamespaceScopedResources, policy.excludedNamespaceScopedResources)
  );
}

function labelFilter({ labelSelector, orLabelSelectors }: SelectionInputs): (object: Claim | Pod) => boolean {
  const selectors = labelSelector ? [labelSelector] : (orLabelSelectors ?? []);
  return ({ metadata: { labels = {} } }) =>
    selectors.length === 0 || selectors.some((selector) => matchesLabels(selector, labels));
}
