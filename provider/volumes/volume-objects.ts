import type { KubernetesObject } from "../kubernetes/resources.ts";
import type { SelectionInputs } from "../velero/selection-entries.ts";
import { matchesLabels } from "../velero/matching.ts";

/** The parts of a PersistentVolumeClaim that decide what a backup does with its data. */
export interface Claim extends KubernetesObject {
  spec?: {
    volumeName?: string;
    storageClassName?: string;
    volumeMode?: string;
    accessModes?: string[];
  };
  status?: { phase?: string };
}

/** The fields of a Pod that decide what a backup does with the data of its claims. */
export interface Pod extends KubernetesObject {
  spec?: {
    nodeName?: string;
    volumes?: PodVolume[];
    containers?: { volumeMounts?: { name: string }[]; volumeDevices?: { name: string }[] }[];
  };
  status?: { phase?: string };
}

interface PodVolume {
  name: string;
  persistentVolumeClaim?: { claimName: string };
  /** Kubernetes creates a claim for an ephemeral volume, named after the pod and the volume. */
  ephemeral?: object;
}

/**
 * The fields of a PersistentVolume that decide what a backup does with its data. The spec also has a key for the kind
 * of its source: `csi`, `nfs`, `hostPath`, …
 */
export interface Volume extends KubernetesObject {
  spec?: {
    capacity?: { storage?: string };
    storageClassName?: string;
    csi?: { driver?: string; volumeAttributes?: Record<string, string> };
    nfs?: { server?: string; path?: string };
    hostPath?: object;
    local?: object;
  } & Record<string, unknown>;
}

/** The objects of a backup or a cluster that decide what a backup does with claims. */
export interface VolumeObjects {
  claims: readonly Claim[];
  pods: readonly Pod[];
  volumes: readonly Volume[];
}

/** The kinds of these objects, as tarballs and discovery name them. */
export const VOLUME_KINDS = {
  claims: "persistentvolumeclaims",
  pods: "pods",
  volumes: "persistentvolumes",
} as const;

/** Returns the objects of these kinds in a backup. */
export function volumeObjectsIn(
  contents: readonly { resource: string; object: KubernetesObject }[],
): VolumeObjects {
  const of = <T>(kind: string): T[] =>
    contents.filter(({ resource }) => resource === kind).map(({ object }) => object as T);
  return {
    claims: of<Claim>(VOLUME_KINDS.claims),
    pods: of<Pod>(VOLUME_KINDS.pods),
    volumes: of<Volume>(VOLUME_KINDS.volumes),
  };
}

/** Returns the name of a claim in messages and as a key: `shop/data`. */
export const claimName = ({ metadata: { namespace = "", name } }: KubernetesObject): string =>
  `${namespace}/${name}`;

/** Returns the pod's own name for the claim's volume. Returns undefined if the pod does not use the claim. */
export const volumeOf = ({ metadata, spec }: Pod, claim: Claim): string | undefined =>
  metadata.namespace === claim.metadata.namespace
    ? spec?.volumes?.find((volume) => claimOf(volume, metadata.name) === claim.metadata.name)?.name
    : undefined;

/** Returns the name of the claim behind a volume of a pod. */
export const claimOf = (
  { name, persistentVolumeClaim, ephemeral }: PodVolume,
  pod: string,
): string | undefined => persistentVolumeClaim?.claimName ?? (ephemeral && `${pod}-${name}`);

/**
 * Returns the claims and pods that a backup of these namespaces would hold, by kinds and labels. A pod brings its
 * claims along, whatever their labels (velero `pkg/backup/actions/pod_action.go`). `resourcePolicy`'s
 * `namespacedFilterPolicies` are ignored.
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
