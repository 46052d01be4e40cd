import type { KubernetesObject } from "../kubernetes/resources.ts";
import type { SelectionInputs } from "../schemas/selection.ts";
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

/** The parts of a Pod that do so. */
export interface Pod extends KubernetesObject {
  spec?: {
    nodeName?: string;
    volumes?: PodVolume[];
    containers?: { volumeMounts?: { name: string }[]; volumeDevices?: { name: string }[] }[];
  };
  status?: { phase?: string };
}

export interface PodVolume {
  name: string;
  persistentVolumeClaim?: { claimName: string };
  /** Kubernetes makes a claim for it, by the names of pod and volume. */
  ephemeral?: object;
}

/** The parts of a PersistentVolume that do so. Its spec also has a key for the kind of its source: `csi`, `nfs`, `hostPath`, … */
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

/** The objects in a backup, or in a cluster, that decide what becomes of claims. */
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

/** The objects of these kinds among those that a backup holds. */
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

/** `shop/data`: how a claim is named to people, and told from others. */
export const claimName = ({ metadata: { namespace = "", name } }: KubernetesObject): string =>
  `${namespace}/${name}`;

/** The name by which a pod calls the claim among its volumes; undefined where it does not use it. */
export const volumeOf = ({ metadata, spec }: Pod, claim: Claim): string | undefined =>
  metadata.namespace === claim.metadata.namespace
    ? spec?.volumes?.find((volume) => claimOf(volume, metadata.name) === claim.metadata.name)?.name
    : undefined;

/** The name of the claim that a volume of a pod is. */
export const claimOf = (
  { name, persistentVolumeClaim, ephemeral }: PodVolume,
  pod: string,
): string | undefined => persistentVolumeClaim?.claimName ?? (ephemeral && `${pod}-${name}`);

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
