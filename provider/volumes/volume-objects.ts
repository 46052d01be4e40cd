import { type KubernetesObject, quantityOf } from "../kubernetes/resources.ts";
import { matchesLabels } from "../velero/matching.ts";
import type { SelectionInputs, VolumeAction, VolumePolicy } from "../velero/selection-entries.ts";

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

/**
 * Returns the action of the first policy that matches a claim. Returns undefined if none matches, and `unknown` if the
 * match depends on a PersistentVolume that cannot be read. The rules are Velero's (velero 1.18
 * `internal/resourcepolicies`, volume_resources.go, and resource_policies.go, GetMatchAction).
 */
export function matchVolumePolicy(
  policies: readonly VolumePolicy[],
  claim: Claim,
  volume: Volume | undefined,
): VolumeAction | "unknown" | undefined {
  const isSeen = volume !== undefined || !claim.spec?.volumeName;
  // A policy in somebody's own ConfigMap may have no conditions.
  for (const { conditions = {}, action } of policies) {
    if (!fitsClaim(conditions, claim)) continue;
    if (!isSeen && asksForVolume(conditions)) return "unknown";
    if (fitsVolume(conditions, volume)) return action.type;
  }
  return undefined;
}

type Conditions = VolumePolicy["conditions"];

const asksForVolume = ({ capacity, storageClass, nfs, csi, volumeTypes }: Conditions): boolean =>
  [capacity, nfs, csi].some((each) => each !== undefined) ||
  [storageClass, volumeTypes].some((each) => (each?.length ?? 0) > 0);

function fitsClaim(
  { pvcLabels = {}, pvcPhase = [], pvcVolumeMode = "", pvcAccessModes = [] }: Conditions,
  { metadata: { labels = {} }, spec, status }: Claim,
): boolean {
  const modes = new Set(pvcAccessModes);
  return (
    Object.entries(pvcLabels).every(([key, value]) => labels[key] === value) &&
    (pvcPhase.length === 0 || pvcPhase.includes(status?.phase ?? "")) &&
    (pvcVolumeMode === "" || pvcVolumeMode === spec?.volumeMode) &&
    (pvcAccessModes.length === 0 ||
      ((spec?.accessModes ?? []).length === pvcAccessModes.length &&
        (spec?.accessModes ?? []).every((mode) => modes.has(mode))))
  );
}

function fitsVolume(
  { capacity = ",", storageClass = [], nfs, csi, volumeTypes = [] }: Conditions,
  volume: Volume | undefined,
): boolean {
  const spec = volume?.spec;
  return (
    fitsCapacity(capacity, spec?.capacity?.storage ?? "0") &&
    (storageClass.length === 0 ||
      (Boolean(spec?.storageClassName) && storageClass.includes(spec?.storageClassName ?? ""))) &&
    (nfs === undefined ||
      (spec?.nfs !== undefined &&
        isEmptyOr(nfs.server, spec.nfs.server) &&
        isEmptyOr(nfs.path, spec.nfs.path))) &&
    (csi === undefined || fitsCsi(csi, spec?.csi)) &&
    (volumeTypes.length === 0 || volumeTypes.some((type) => isOfType(volume, type)))
  );
}

/** Velero names the source kinds as the API does, apart from upper case: `storageOS`. */
const isOfType = (volume: Volume | undefined, type: string): boolean =>
  Object.entries(volume?.spec ?? {}).some(
    ([key, source]) => key.toLowerCase() === type.toLowerCase() && source !== null,
  );

/** Parses a range such as `10Gi,100Gi`, `,1Ti` or `5Gi,`. An empty or zero end is open. */
function fitsCapacity(range: string, storage: string): boolean {
  const [from = "", to = ""] = range.split(",");
  const [lower, upper, size] = [from, to, storage].map((text) => quantityOf(text.trim() || "0") ?? 0) as [
    number,
    number,
    number,
  ];
  if (lower === 0 && size <= upper) return true;
  if (upper === 0) return lower <= size;
  return lower !== 0 && lower <= size && size <= upper;
}

const isEmptyOr = (wanted: string | undefined, found: string | undefined): boolean =>
  !wanted || wanted === found;

type Csi = NonNullable<Conditions["csi"]>;

function fitsCsi(wanted: Csi, found: Csi | undefined): boolean {
  if (found === undefined) return false;
  if (!wanted.driver) return true;
  return (
    wanted.driver === found.driver &&
    Object.entries(wanted.volumeAttributes ?? {}).every(
      ([key, value]) => found.volumeAttributes?.[key] === value,
    )
  );
}
