import type { Failure } from "../core/handler.ts";
import { isUnknown, omit, pick, shortHash } from "../core/values.ts";
import type { SentNamespaces } from "../velero/namespace-selection.ts";
import type { WrittenSpec } from "../velero/reads-alike.ts";
import {
  OWN_PROPERTIES,
  type ResourcePolicy,
  selectionEntries,
  type SelectionInputs,
  type VolumePolicy,
  type Volumes,
} from "../velero/selection-entries.ts";
import type { BackupSpec } from "../velero/types.ts";

/** Velero has three switches for this one choice. A switch that is left to the server's default is not sent. */
export const volumeSwitches: Record<Volumes, BackupSpec> = {
  snapshot: { snapshotVolumes: true, defaultVolumesToFsBackup: false, snapshotMoveData: false },
  moveData: { snapshotVolumes: true, defaultVolumesToFsBackup: false, snapshotMoveData: true },
  fileCopy: { snapshotVolumes: false, defaultVolumesToFsBackup: true },
  none: { snapshotVolumes: false, defaultVolumesToFsBackup: false },
};

/** Returns the declared part of what a backup captures and for how long it is kept. */
export const selectionOf = (inputs: SelectionInputs): SelectionInputs =>
  pick(inputs, Object.keys(selectionEntries));

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
  Object.fromEntries(
    Object.entries(omit(pick(selection, Object.keys(selectionEntries)), OWN_PROPERTIES)).filter(
      ([, value]) => value !== undefined,
    ),
  );

/** Returns a hash of the request. It finds the backup that a killed run has begun. */
export const wishOf = (inputs: Wish): string =>
  shortHash(16, inputs.location.locationName, selectionOf(inputs), inputs.triggers ?? []);

export type Declared = Pick<SelectionInputs, "resourcePolicy">;

/** Returns the name of a ConfigMap with policies that somebody else owns. It is never changed or removed. */
export const sharedPolicyName = ({ resourcePolicy }: Declared): string | undefined =>
  resourcePolicy?.configMap;

/** Returns true if the policies are in a ConfigMap that this project creates and removes. */
export const hasOwnPolicy = (declared: Declared): boolean =>
  declared.resourcePolicy !== undefined && sharedPolicyName(declared) === undefined;

/** Returns the volume policies of a declared `resourcePolicy`. */
export const policiesIn = (resourcePolicy: ResourcePolicy | undefined): VolumePolicy[] =>
  resourcePolicy?.volumePolicies ?? [];

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

const OLD_FILTERS = ["includedResources", "excludedResources", "includeClusterResources"] as const;
const NEW_FILTERS = [
  "includedClusterScopedResources",
  "excludedClusterScopedResources",
  "includedNamespaceScopedResources",
  "excludedNamespaceScopedResources",
] as const;

/** Finds what Velero would refuse only when a backup begins. */
export function selectionRules(news: SelectionInputs): Failure[] {
  return [
    ...mixedFilters(news),
    ...mixedSelectors(news),
    ...bothIncludedAndExcluded(news),
    ...strayVolumeOptions(news),
  ];
}

const isGiven = (value: unknown): boolean => value !== undefined && !isUnknown(value);

function mixedFilters(news: SelectionInputs): Failure[] {
  const first = OLD_FILTERS.find((key) => isGiven(news[key]));
  const scoped = NEW_FILTERS.filter((key) => isGiven(news[key]));
  if (first === undefined) return [];
  const inPolicy = (
    ["includeExcludePolicy", "namespacedFilterPolicies", "clusterScopedFilterPolicy"] as const
  )
    .filter((key) => isGiven(news.resourcePolicy?.[key]))
    .map((key) => `resourcePolicy.${key}`);
  const others = [...scoped, ...inPolicy];
  if (others.length === 0) return [];
  return [
    {
      path: first,
      reason:
        `is one of Velero's old filters, which do not go with the new ones (${others.join(", ")}). ` +
        "Say it with those: includedNamespaceScopedResources and excludedNamespaceScopedResources for what lies in " +
        "namespaces, includedClusterScopedResources and excludedClusterScopedResources for the rest",
    },
  ];
}

function mixedSelectors({ labelSelector, orLabelSelectors }: SelectionInputs): Failure[] {
  if (!isGiven(labelSelector) || !isGiven(orLabelSelectors)) return [];
  return [
    {
      path: "orLabelSelectors",
      reason: "does not go with labelSelector: Velero takes one or the other. Put it among them",
    },
  ];
}

const PAIRS = [
  ["includedNamespaces", "excludedNamespaces"],
  ["includedResources", "excludedResources"],
  ["includedClusterScopedResources", "excludedClusterScopedResources"],
  ["includedNamespaceScopedResources", "excludedNamespaceScopedResources"],
] as const;

function bothIncludedAndExcluded(news: SelectionInputs): Failure[] {
  return PAIRS.flatMap(([included, excluded]) => {
    const [wanted, unwanted] = [listOf(news[included]), listOf(news[excluded])];
    const both = unwanted.filter((name) => name !== "*" && wanted.includes(name));
    const isScoped = included.includes("Scoped");
    return [
      ...(both.length > 0
        ? [{ path: excluded, reason: `names what ${included} names, too: ${both.join(", ")}` }]
        : []),
      ...(besideOthers(wanted) ? [{ path: included, reason: STAND_ALONE }] : []),
      ...(unwanted.includes("*") && !isScoped
        ? [{ path: excluded, reason: 'has "*", and nothing would be left; name what is to be left out' }]
        : []),
      // Excluding one scope completely is valid, because the other scope remains.
      ...(besideOthers(unwanted) && isScoped ? [{ path: excluded, reason: STAND_ALONE }] : []),
      ...(unwanted.includes("*") && isScoped && wanted.length > 0
        ? [
            {
              path: excluded,
              reason: `has "*", and nothing would be left of ${included}; drop one of the two`,
            },
          ]
        : []),
    ];
  });
}

const STAND_ALONE = 'has "*" beside others; it has to stand alone';
const besideOthers = (names: readonly string[]): boolean => names.length > 1 && names.includes("*");

const listOf = (value: unknown): string[] =>
  Array.isArray(value)
    ? value.filter((each): each is string => typeof each === "string" && !isUnknown(each))
    : [];

/** If a policy decides for each volume, each of these options may apply. */
function strayVolumeOptions(news: SelectionInputs): Failure[] {
  const { volumes, resourcePolicy, datamover, uploaderConfig, volumeSnapshotLocations } = news;
  if (volumes === undefined || isUnknown(volumes) || resourcePolicy !== undefined) return [];
  const stray = (path: keyof SelectionInputs, value: unknown, wanted: string[]): Failure[] =>
    isGiven(value) && !wanted.includes(volumes)
      ? [
          {
            path,
            reason: `says nothing with volumes: "${volumes}", but with ${wanted.map((each) => `"${each}"`).join(" or ")}`,
          },
        ]
      : [];
  return [
    ...stray("datamover", datamover, ["moveData"]),
    ...stray("uploaderConfig", uploaderConfig, ["fileCopy", "moveData"]),
    ...stray("volumeSnapshotLocations", volumeSnapshotLocations, ["snapshot", "moveData"]),
  ];
}
