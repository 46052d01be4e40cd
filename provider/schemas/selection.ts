import { omit, pick, shortHash } from "../core/values.ts";
import type { SentNamespaces } from "../velero/namespace-selection.ts";
import type { WrittenSpec } from "../velero/reads-alike.ts";
import type { BackupHooks, BackupSpec, LabelSelector, VolumePolicy } from "../velero/types.ts";

/** The selection of a backup, and how long it is kept. A field that is a field of Velero's has Velero's name. */
export interface SelectionInputs {
  includedNamespaces?: string[] | undefined;
  excludedNamespaces?: string[] | undefined;
  includedResources?: string[] | undefined;
  excludedResources?: string[] | undefined;
  includeClusterResources?: boolean | undefined;
  includedClusterScopedResources?: string[] | undefined;
  excludedClusterScopedResources?: string[] | undefined;
  includedNamespaceScopedResources?: string[] | undefined;
  excludedNamespaceScopedResources?: string[] | undefined;
  labelSelector?: LabelSelector | undefined;
  orLabelSelectors?: LabelSelector[] | undefined;
  volumes?: Volumes | undefined;
  volumeSnapshotLocations?: string[] | undefined;
  datamover?: string | undefined;
  volumeGroupSnapshotLabelKey?: string | undefined;
  resourcePolicy?: Record<string, unknown> | undefined;
  hooks?: BackupHooks | undefined;
  orderedResources?: Record<string, string[]> | undefined;
  csiSnapshotTimeout?: string | undefined;
  itemOperationTimeout?: string | undefined;
  uploaderConfig?: { parallelFilesUpload?: number | undefined } | undefined;
  ttl?: string | undefined;
}

export type Volumes = "snapshot" | "moveData" | "fileCopy" | "none";

/** The fields that are copied into Velero's spec unchanged. */
const AS_DECLARED = [
  "includedNamespaces",
  "excludedNamespaces",
  "includedResources",
  "excludedResources",
  "includeClusterResources",
  "includedClusterScopedResources",
  "excludedClusterScopedResources",
  "includedNamespaceScopedResources",
  "excludedNamespaceScopedResources",
  "labelSelector",
  "orLabelSelectors",
  "volumeSnapshotLocations",
  "datamover",
  "volumeGroupSnapshotLabelKey",
  "hooks",
  "csiSnapshotTimeout",
  "itemOperationTimeout",
  "uploaderConfig",
  "ttl",
] as const satisfies (keyof SelectionInputs & keyof BackupSpec)[];

/** Velero has three switches for this one choice. A switch that is left to the server's default is not sent. */
export const volumeSwitches: Record<Volumes, BackupSpec> = {
  snapshot: { snapshotVolumes: true, defaultVolumesToFsBackup: false, snapshotMoveData: false },
  moveData: { snapshotVolumes: true, defaultVolumesToFsBackup: false, snapshotMoveData: true },
  fileCopy: { snapshotVolumes: false, defaultVolumesToFsBackup: true },
  none: { snapshotVolumes: false, defaultVolumesToFsBackup: false },
};

const SELECTION: readonly (keyof SelectionInputs)[] = [
  ...AS_DECLARED,
  "volumes",
  "resourcePolicy",
  "orderedResources",
];

/** Returns the declared part of what a backup captures and for how long it is kept. */
export const selectionOf = (inputs: SelectionInputs): SelectionInputs => pick(inputs, SELECTION);

/** The switches that `volumes` sets. `defaultVolumesToRestic` is Velero's old name of `defaultVolumesToFsBackup`. */
export const SWITCHES: readonly string[] = [
  "snapshotVolumes",
  "defaultVolumesToFsBackup",
  "snapshotMoveData",
  "defaultVolumesToRestic",
];

/** A requested backup: its selection, its location, its name, and its triggers. */
interface Wish extends SelectionInputs {
  /** Fields of an adopted Schedule that no property declares. Declared values win. */
  kept?: WrittenSpec | undefined;
  objectName: string;
  location: { locationName: string };
  triggers?: unknown[] | undefined;
  /** The names of the declared namespaces, if Velero does not get the declared entries. */
  sentNamespaces?: SentNamespaces | undefined;
  /** `orderedResources` with the kinds as Velero looks them up, if they were resolved. */
  sentOrder?: Record<string, string[]> | undefined;
}

/** Returns the spec of a Backup, or the template of a Schedule. */
export function backupSpecOf(inputs: Wish): BackupSpec {
  const { location, volumes, resourcePolicy, objectName, sentNamespaces } = inputs;
  const orderedResources = inputs.orderedResources && (inputs.sentOrder ?? inputs.orderedResources);
  const declared = { ...inputs, ...sentNamespaces };
  return {
    ...stillKept(inputs),
    storageLocation: location.locationName,
    ...filtersOf(declared),
    ...(volumes && volumeSwitches[volumes]),
    ...(orderedResources && {
      orderedResources: Object.fromEntries(
        Object.entries(orderedResources).map(([kind, names]) => [kind, names.join(",")]),
      ),
    }),
    ...(resourcePolicy && {
      resourcePolicy: { kind: "ConfigMap", name: sharedPolicyName({ resourcePolicy }) ?? objectName },
    }),
  };
}

/** Returns the kept fields that are not declared. Once a field is declared, the program owns it. */
export function stillKept({ kept, ...declared }: SelectionInputs & Pick<Wish, "kept">): Wish["kept"] {
  if (kept === undefined) return undefined;
  const said = Object.entries(declared).flatMap(([field, value]) => (value === undefined ? [] : [field]));
  const rest = omit(kept, [...said, ...(declared.volumes ? SWITCHES : [])]);
  return Object.keys(rest).length > 0 ? rest : undefined;
}

/** Returns the fields that are copied into the spec unchanged. */
export const filtersOf = (selection: SelectionInputs): BackupSpec =>
  Object.fromEntries(Object.entries(pick(selection, AS_DECLARED)).filter(([, value]) => value !== undefined));

/** Returns a hash of the request. It finds the backup that a killed run has begun. */
export const wishOf = (inputs: Wish): string =>
  shortHash(16, inputs.location.locationName, selectionOf(inputs), inputs.triggers ?? []);

export type Declared = Pick<SelectionInputs, "resourcePolicy">;

/** Returns the name of a ConfigMap with policies that somebody else owns. It is never changed or removed. */
export const sharedPolicyName = ({ resourcePolicy }: Declared): string | undefined =>
  resourcePolicy?.["configMap"] as string | undefined;

/** Returns true if the policies are in a ConfigMap that this project creates and removes. */
export const hasOwnPolicy = (declared: Declared): boolean =>
  declared.resourcePolicy !== undefined && sharedPolicyName(declared) === undefined;

/** Returns the volume policies of a declared `resourcePolicy`. */
export const policiesIn = (resourcePolicy: Record<string, unknown> | undefined): VolumePolicy[] =>
  (resourcePolicy?.["volumePolicies"] as VolumePolicy[] | undefined) ?? [];

/**
 * Returns true if a backup may save the data of any volume. `volumes: "none"` excludes all volumes that no policy
 * names.
 */
export const savesVolumes = ({
  volumes,
  resourcePolicy,
}: Pick<SelectionInputs, "volumes" | "resourcePolicy">): boolean =>
  // A ConfigMap of somebody else may save some volumes.
  volumes !== "none" ||
  policiesIn(resourcePolicy).length > 0 ||
  sharedPolicyName({ resourcePolicy }) !== undefined;
