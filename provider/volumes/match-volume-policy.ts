import { quantityOf } from "../kubernetes/resources.ts";
import type { VolumeAction, VolumePolicy } from "../velero/selection-entries.ts";
import type { Claim, Volume } from "./volume-objects.ts";

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
