import { omit, pick, shortHash } from "../core/values.ts";
import type { SentNamespaces } from "../velero/namespace-selection.ts";
import type { WrittenSpec } from "../velero/reads-alike.ts";
import type { BackupHooks, BackupSpec, LabelSelector, VolumePolicy } from "../velero/types.ts";

/** What is captured, and for how long: under Velero's names where a field is one of Velero's. */
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

/** The fields that go into Velero's spec as they are. */
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

/** Velero has three switches for what is one choice; one that is left to its server is not sent. */
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

/** What a backup captures and for how long, as far as the user said it. */
export const selectionOf = (inputs: SelectionInputs): SelectionInputs => pick(inputs, SELECTION);

/** The switches that `volumes` sets; the last one is what Velero called the second one before. */
export const SWITCHES: readonly string[] = [
  "snapshotVolumes",
  "defaultVolumesToFsBackup",
  "snapshotMoveData",
  "defaultVolumesToRestic",
];

/** A backup that is wanted: what of it, where, under which name, and why again. */
interface Wish extends SelectionInputs {
  /** Fields that an adopted Schedule had, and that no property says: what is declared goes before. */
  kept?: WrittenSpec | undefined;
  objectName: string;
  location: { locationName: string };
  triggers?: unknown[] | undefined;
  /** What the declared namespaces come to, where that is not what Velero gets told. */
  sentNamespaces?: SentNamespaces | undefined;
  /** `orderedResources` as Velero looks it up, where that was found out. */
  sentOrder?: Record<string, string[]> | undefined;
}

/** The spec of a Backup, and the template of a Schedule. */
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

/** What was kept and is not declared meanwhile: a field that was declared once is the program's from then on. */
export function stillKept({ kept, ...declared }: SelectionInputs & Pick<Wish, "kept">): Wish["kept"] {
  if (kept === undefined) return undefined;
  const said = Object.entries(declared).flatMap(([field, value]) => (value === undefined ? [] : [field]));
  const rest = omit(kept, [...said, ...(declared.volumes ? SWITCHES : [])]);
  return Object.keys(rest).length > 0 ? rest : undefined;
}

/** The fields of the spec that stand in it as they are declared. */
export const filtersOf = (selection: SelectionInputs): BackupSpec =>
  Object.fromEntries(Object.entries(pick(selection, AS_DECLARED)).filter(([, value]) => value !== undefined));

/** Tells one wish for a backup from another, to find again what a killed run has begun. */
export const wishOf = (inputs: Wish): string =>
  shortHash(16, inputs.location.locationName, selectionOf(inputs), inputs.triggers ?? []);

export type Declared = Pick<SelectionInputs, "resourcePolicy">;

/** The name of a ConfigMap with policies that is somebody else's: it is never changed or removed. */
export const sharedPolicyName = ({ resourcePolicy }: Declared): string | undefined =>
  resourcePolicy?.["configMap"] as string | undefined;

/** Tells whether the policies are in a ConfigMap that this project makes and removes. */
export const hasOwnPolicy = (declared: Declared): boolean =>
  declared.resourcePolicy !== undefined && sharedPolicyName(declared) === undefined;

/** The volume policies of a declared `resourcePolicy`. */
export const policiesIn = (resourcePolicy: Record<string, unknown> | undefined): VolumePolicy[] =>
  (resourcePolicy?.["volumePolicies"] as VolumePolicy[] | undefined) ?? [];

/** Tells whether a backup is to save the data of any volume: `volumes: "none"` leaves all out that no policy names. */
export const savesVolumes = ({
  volumes,
  resourcePolicy,
}: Pick<SelectionInputs, "volumes" | "resourcePolicy">): boolean =>
  // What a ConfigMap of somebody else says may save some.
  volumes !== "none" ||
  policiesIn(resourcePolicy).length > 0 ||
  sharedPolicyName({ resourcePolicy }) !== undefined;
