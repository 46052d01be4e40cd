import { pick, same } from "../core/values.ts";
import { NAMESPACE_NAME, NAMESPACE_NAMES } from "../velero/namespace-selection.ts";
import type { LabelSelector, RestoreSpec } from "../velero/types.ts";

/** The options of a restore. A field that is a field of Velero's has Velero's name. */
export interface RestoreOptions {
  includedNamespaces?: string[] | undefined;
  excludedNamespaces?: string[] | undefined;
  includedResources?: string[] | undefined;
  excludedResources?: string[] | undefined;
  includeClusterResources?: boolean | undefined;
  labelSelector?: LabelSelector | undefined;
  orLabelSelectors?: LabelSelector[] | undefined;
  namespaceMapping?: NamespaceMapping | undefined;
  storageClassMapping?: Record<string, string> | undefined;
  restorePVs?: boolean | undefined;
  preserveNodePorts?: boolean | undefined;
  existingResourcePolicy?: "none" | "update" | undefined;
  restoreStatus?: { includedResources?: string[]; excludedResources?: string[] } | undefined;
  resourceModifiers?: ModifierRule[] | undefined;
  hooks?: object | undefined;
  itemOperationTimeout?: string | undefined;
  uploaderConfig?: { writeSparseFiles?: boolean; parallelFilesDownload?: number } | undefined;
  verify?: boolean | undefined;
  drill?: boolean | DrillChoice | undefined;
}

interface DrillChoice {
  keep?: boolean | undefined;
  data?: "proven" | "objectsOnly" | undefined;
}

/** The fields that are copied into Velero's spec unchanged. */
const AS_DECLARED = [
  "includedNamespaces",
  "excludedNamespaces",
  "includedResources",
  "excludedResources",
  "includeClusterResources",
  "labelSelector",
  "orLabelSelectors",
  "restorePVs",
  "preserveNodePorts",
  "existingResourcePolicy",
  "restoreStatus",
  "hooks",
  "itemOperationTimeout",
  "uploaderConfig",
] as const satisfies (keyof RestoreOptions & keyof RestoreSpec)[];

/** These options decide how long Velero waits, and how fast it copies. */
const MANNER: readonly string[] = ["itemOperationTimeout", "uploaderConfig"];

const RESTORED: readonly string[] = [
  ...AS_DECLARED.filter((option) => !MANNER.includes(option)),
  "namespaceMapping",
  "storageClassMapping",
  "resourceModifiers",
];

/** Velero's own defaults (velero v1.18.3 `pkg/restore/restore.go`, `pv_restorer.go`, `actions/service_action.go`). */
const DEFAULTS: Record<string, unknown> = {
  existingResourcePolicy: "none",
  restorePVs: true,
  preserveNodePorts: false,
};

/** For these options, an empty list or mapping is the same as none. */
const LISTS = ["includedNamespaces", "excludedNamespaces", "includedResources", "excludedResources"];
const SAYS_NOTHING = [
  ...LISTS,
  "orLabelSelectors",
  "namespaceMapping",
  "storageClassMapping",
  "resourceModifiers",
];

/**
 * Returns all options that decide what is restored, in a normal form: a change of these, and only of these, is another
 * restore. Options for waiting, comparing or removing afterwards are left out.
 */
export function restoredBy(inputs: RestoreOptions): Record<string, unknown> {
  const declared = Object.entries(pick(inputs, RESTORED)).filter(
    ([option, value]) => value !== undefined && !same(value, DEFAULTS[option]) && !saysNothing(option, value),
  );
  const options = declared.map(([option, value]) => [option, LISTS.includes(option) ? setOf(value) : value]);
  return { ...(Object.fromEntries(options) as object), ...(isDrill(inputs) && { drill: dataOf(inputs) }) };
}

/** A drill with `objectsOnly` restores no pods. */
const dataOf = ({ drill }: RestoreOptions): DrillChoice["data"] =>
  (typeof drill === "object" ? drill.data : undefined) ?? "proven";

const saysNothing = (option: string, value: unknown): boolean =>
  SAYS_NOTHING.includes(option) && (same(value, []) || same(value, {}));

const setOf = (value: unknown): unknown =>
  Array.isArray(value) ? [...new Set(value.map(String))].toSorted((a, b) => (a < b ? -1 : 1)) : value;

export const isDrill = ({ drill }: RestoreOptions): boolean => drill === true || typeof drill === "object";

export const keepsDrill = ({ drill }: RestoreOptions): boolean =>
  typeof drill === "object" && drill.keep === true;

export const verifies = (options: RestoreOptions): boolean => options.verify === true || isDrill(options);

/** Returns true if a drill has to prove the data of claims as well. `restorePVs: false` turns that off. */
export const provesData = (options: RestoreOptions): boolean =>
  isDrill(options) && options.restorePVs !== false && dataOf(options) === "proven";

/**
 * Returns the spec of a Restore. `namespaces` are the namespaces of the backup, which replace the patterns of the
 * mapping.
 */
export function restoreSpecOf(
  options: RestoreOptions,
  {
    backupName,
    namespaces,
    modifiers,
  }: { backupName: string; namespaces: readonly string[]; modifiers: string | undefined },
): RestoreSpec {
  const mapped = namespaces
    .map((name) => [name, mapNamespace(name, options.namespaceMapping)] as const)
    .filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== entry[0]);
  return {
    backupName,
    ...given(pick(options, AS_DECLARED)),
    ...(mapped.length > 0 && { namespaceMapping: Object.fromEntries(mapped) }),
    ...(modifiers !== undefined && { resourceModifier: { kind: "ConfigMap", name: modifiers } }),
  };
}

const given = (fields: object): RestoreSpec =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** A mapping such as `{ shop: "shop-copy", "*": "*-drill" }`. `*` stands for the same part of both names. */
export type NamespaceMapping = Record<string, string>;

/** Returns true if the entry matches names by a pattern. */
export const isPattern = (from: string): boolean => from.includes("*");

/**
 * Returns the name of a namespace in the target, or undefined if no entry matches. Whole names come before patterns,
 * and longer patterns before shorter ones: the engine does not keep the order of declaration.
 */
export function mapNamespace(name: string, mapping: NamespaceMapping | undefined): string | undefined {
  if (!mapping) return undefined;
  if (Object.hasOwn(mapping, name)) return mapping[name];
  const patterns = Object.entries(mapping).filter(([from]) => isPattern(from));
  for (const [from, to] of patterns.toSorted(([a], [b]) => b.length - a.length || (a < b ? -1 : 1))) {
    const [before = "", after = ""] = from.split("*");
    const fits =
      name.length >= before.length + after.length && name.startsWith(before) && name.endsWith(after);
    if (fits) return to.replace("*", name.slice(before.length, name.length - after.length));
  }
  return undefined;
}

/** Returns what is wrong with an entry, or undefined. */
export function mappingProblem(from: string, to: string): string | undefined {
  const stars = (text: string) => text.split("*").length - 1;
  if (stars(from) > 1 || stars(to) > 1) return `"${from}" → "${to}" has more than one *`;
  if (stars(from) === 0 && stars(to) === 1) return `"${to}" has a * that stands for nothing in "${from}"`;
  if (stars(from) === 1 && stars(to) === 0)
    return `"${from}" would map all that fits to the one namespace "${to}"`;
  const no = [from, to].find((text) => !NAMESPACE_NAME.test(text.replace("*", "x")));
  return no === undefined
    ? undefined
    : `"${from}" → "${to}": "${no}" can be the name of no namespace: those are ${NAMESPACE_NAMES}`;
}

/** A rule of Velero's resource modifiers (velero `internal/resourcemodifiers`). */
export interface ModifierRule {
  conditions: {
    groupResource: string;
    resourceNameRegex?: string;
    namespaces?: string[];
    labelSelector?: object;
    matches?: { path: string; value?: string }[];
  };
  patches?: JsonPatch[];
  mergePatches?: { patchData: string }[];
  strategicPatches?: { patchData: string }[];
}

export interface JsonPatch {
  operation: string;
  path: string;
  from?: string | undefined;
  value?: string | undefined;
}
