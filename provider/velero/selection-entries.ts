import * as v from "valibot";
import { parseDuration } from "../core/deadline.ts";
import { duration, text, count } from "../core/fields.ts";
import { isUnknown } from "../core/values.ts";
import { namespaceEntryProblem } from "./namespace-selection.ts";
import type { InferEntries } from "../core/validate.ts";

// The selections of backups and of restores share these schemas.

export const names = v.array(text);

const kind = v.pipe(
  text,
  v.rawCheck(({ dataset, addIssue }) => {
    const message = dataset.typed && !isUnknown(dataset.value) ? kindWordProblem(dataset.value) : undefined;
    if (message !== undefined) addIssue({ message });
  }),
);

/** Excluded kinds. An empty list is valid. */
export const kinds = v.array(kind);

const EMPTY = "is empty, which Velero reads as all of them. Leave it out for all, or name what is meant";

/** For Velero an empty list is the same as none: it then takes everything. */
export const someOf = <Item extends v.GenericSchema>(item: Item) =>
  v.pipe(v.array(item), v.minLength(1, EMPTY));

/** An empty map of labels restricts nothing either. */
const labels = v.pipe(
  v.record(v.string(), v.string()),
  v.check((value) => Object.keys(value).length > 0, EMPTY),
);

export const someNames = someOf(text);
export const someKinds = someOf(kind);

const selectorEntries = v.strictObject({
  matchLabels: v.optional(labels),
  matchExpressions: v.optional(
    someOf(
      v.pipe(
        v.strictObject({
          key: text,
          operator: v.picklist(["In", "NotIn", "Exists", "DoesNotExist"]),
          values: v.optional(v.array(v.string())),
        }),
        v.check(
          ({ operator, values = [] }) => isUnknown(operator) || operator.endsWith("In") === values.length > 0,
          "needs `values` with In and NotIn, and takes none with Exists and DoesNotExist",
        ),
      ),
    ),
  ),
});

/** An empty selector matches everything, and Velero's server cannot list by it (`metav1.FormatLabelSelector`). */
export const labelSelector = v.pipe(
  selectorEntries,
  v.check(
    ({ matchLabels, matchExpressions }) => matchLabels !== undefined || matchExpressions !== undefined,
    "has no requirement, and everything would match. Leave it out, or say `matchLabels` or `matchExpressions`",
  ),
);

export type LabelSelector = v.InferOutput<typeof labelSelector>;

export const someSelectors = someOf(labelSelector);

/** Selects the objects of a hook, in backups and in restores. */
export const hookSelection = {
  name: text,
  includedNamespaces: v.optional(someNames),
  excludedNamespaces: v.optional(names),
  includedResources: v.optional(someKinds),
  excludedResources: v.optional(kinds),
  labelSelector: v.optional(labelSelector),
};

const namespaceEntry = (place: "included" | "excluded") =>
  v.pipe(
    text,
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed || dataset.value === "" || isUnknown(dataset.value)) return;
      const message = namespaceEntryProblem(dataset.value, place);
      if (message !== undefined) addIssue({ message });
    }),
  );

const execHooks = v.array(
  v.strictObject({
    exec: v.strictObject({
      container: v.optional(text),
      command: v.pipe(v.array(v.string()), v.minLength(1, "must name a command")),
      onError: v.optional(v.picklist(["Continue", "Fail"])),
      timeout: v.optional(duration),
    }),
  }),
);

const backupHooks = v.strictObject({
  resources: v.array(
    v.strictObject({
      ...hookSelection,
      pre: v.optional(execHooks),
      post: v.optional(execHooks),
    }),
  ),
});

const resourceFilters = someOf(
  v.strictObject({
    kinds: v.optional(someKinds),
    labelSelector: v.optional(labelSelector),
    orLabelSelectors: v.optional(someSelectors),
    names: v.optional(someNames),
    excludedNames: v.optional(names),
  }),
);

const volumePolicy = v.strictObject({
  conditions: v.strictObject({
    capacity: v.optional(
      v.pipe(v.string(), v.includes(",", "must be a range with a comma: 10Gi,100Gi or ,1Ti or 5Gi,")),
    ),
    storageClass: v.optional(someNames),
    nfs: v.optional(v.strictObject({ server: v.optional(v.string()), path: v.optional(v.string()) })),
    csi: v.optional(
      v.strictObject({
        driver: v.optional(v.string()),
        volumeAttributes: v.optional(labels),
      }),
    ),
    volumeTypes: v.optional(someNames),
    pvcLabels: v.optional(labels),
    pvcPhase: v.optional(someNames),
    pvcVolumeMode: v.optional(text),
    pvcAccessModes: v.optional(someNames),
  }),
  action: v.strictObject({
    type: v.picklist(["skip", "snapshot", "fs-backup", "custom"]),
    parameters: v.optional(v.record(v.string(), v.unknown())),
  }),
});

export type VolumePolicy = v.InferOutput<typeof volumePolicy>;

export type VolumeAction = VolumePolicy["action"]["type"];

const policyEntries = v.strictObject({
  configMap: v.optional(text),
  volumePolicies: v.optional(v.array(volumePolicy)),
  includeExcludePolicy: v.optional(
    v.strictObject({
      includedClusterScopedResources: v.optional(someKinds),
      excludedClusterScopedResources: v.optional(kinds),
      includedNamespaceScopedResources: v.optional(someKinds),
      excludedNamespaceScopedResources: v.optional(kinds),
    }),
  ),
  namespacedFilterPolicies: v.optional(someOf(v.strictObject({ namespaces: someNames, resourceFilters }))),
  clusterScopedFilterPolicy: v.optional(v.strictObject({ resourceFilters })),
});

const resourcePolicy = v.pipe(
  policyEntries,
  v.check(
    ({ configMap, ...inline }) =>
      configMap === undefined || Object.values(inline).every((each) => each === undefined),
    "names a ConfigMap that is there already, and has policies of its own besides: Velero takes one of them",
  ),
);

/** Velero joins the names with commas, and compares them with names in its own form. */
const orderedName = v.pipe(
  text,
  v.regex(
    /^[^\s,/]+(?:\/[^\s,/]+)?$/,
    "must be namespace/name, or of what lies in no namespace the name alone",
  ),
);

/**
 * The selection of a backup, and how long it is kept. A property that is a field of Velero's has Velero's name, and its
 * form too, except for {@link OWN_PROPERTIES}.
 */
export const selectionEntries = {
  includedNamespaces: v.optional(someOf(namespaceEntry("included"))),
  excludedNamespaces: v.optional(v.array(namespaceEntry("excluded"))),
  includedResources: v.optional(someKinds),
  excludedResources: v.optional(kinds),
  includeClusterResources: v.optional(v.boolean()),
  includedClusterScopedResources: v.optional(someKinds),
  excludedClusterScopedResources: v.optional(kinds),
  includedNamespaceScopedResources: v.optional(someKinds),
  excludedNamespaceScopedResources: v.optional(kinds),
  labelSelector: v.optional(labelSelector),
  orLabelSelectors: v.optional(someSelectors),
  volumes: v.optional(v.picklist(["snapshot", "moveData", "fileCopy", "none"])),
  volumeSnapshotLocations: v.optional(
    v.pipe(
      names,
      v.minLength(
        1,
        'is empty, which Velero reads as its own default. Leave it out for that; volumes: "none" saves none',
      ),
    ),
  ),
  datamover: v.optional(text),
  volumeGroupSnapshotLabelKey: v.optional(text),
  resourcePolicy: v.optional(resourcePolicy),
  hooks: v.optional(backupHooks),
  orderedResources: v.optional(v.record(kind, v.array(orderedName))),
  csiSnapshotTimeout: v.optional(duration),
  itemOperationTimeout: v.optional(duration),
  uploaderConfig: v.optional(
    v.strictObject({
      parallelFilesUpload: v.optional(count),
    }),
  ),
  ttl: v.optional(
    v.pipe(
      duration,
      v.check(
        (value) => parseDuration(value) !== 0,
        "must be longer than nothing: Velero reads 0 as its default of 720h",
      ),
    ),
  ),
};

/** The selection of a backup, and how long it is kept. */
export type SelectionInputs = InferEntries<typeof selectionEntries>;

export type Volumes = NonNullable<SelectionInputs["volumes"]>;
export type ResourcePolicy = NonNullable<SelectionInputs["resourcePolicy"]>;

/** The properties that are not copied into Velero's spec unchanged. */
export const OWN_PROPERTIES = ["volumes", "resourcePolicy", "orderedResources"] as const;

/** A version as Kubernetes writes it: `v1`, `v2beta1`. */
const API_VERSION = /^v\d+(?:(?:alpha|beta)\d+)?$/;

/**
 * Returns the reason why a word names no kind on any server, or undefined. Velero reads the part after the first dot as
 * the API group, and has no syntax for a version (apimachinery, `ParseGroupResource`).
 */
function kindWordProblem(word: string): string | undefined {
  if (/[\s,]/.test(word)) return `"${word}" is no kind: give each kind an entry of its own`;
  const [name = "", ...group] = word.split(".");
  if (word.includes("/")) {
    const parts = word.split("/").filter((part) => !API_VERSION.test(part));
    return `"${word}" has a slash: Velero knows a kind by its plural and its API group, "deployments.apps", without a version${parts.length === 1 ? `. Write "${parts[0]}"` : ""}`;
  }
  if (API_VERSION.test(group.join(".")))
    return `"${word}" names a version, which Velero takes for an API group that is not there, and then it finds nothing. Write "${name}"`;
  return undefined;
}
