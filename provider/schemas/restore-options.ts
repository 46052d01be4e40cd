import * as v from "valibot";
import type { Failure } from "../core/handler.ts";
import { hasUnknown, isUnknown, omit, pick, same } from "../core/values.ts";
import { modifierProblems, modifierRule } from "../velero/modifier-rule.ts";
import { NAMESPACE_NAME, NAMESPACE_NAMES } from "../velero/namespace-selection.ts";
import { OWN_OPTIONS, restoreOptionEntries, type RestoreOptions } from "../velero/restore-option-entries.ts";
import type { RestoreSpec } from "../velero/types.ts";

/** These options decide how long Velero waits, and how fast it copies. */
const MANNER: readonly string[] = ["itemOperationTimeout", "uploaderConfig"];

/** These options decide what is done with the restored objects afterwards. */
const AFTERWARDS: readonly string[] = ["verify", "drill"];

const RESTORED = Object.keys(restoreOptionEntries).filter(
  (option) => !MANNER.includes(option) && !AFTERWARDS.includes(option),
);

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
const dataOf = ({ drill }: RestoreOptions): "proven" | "objectsOnly" =>
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
    ...given(omit(pick(options, Object.keys(restoreOptionEntries)), OWN_OPTIONS)),
    ...(mapped.length > 0 && { namespaceMapping: Object.fromEntries(mapped) }),
    ...(modifiers !== undefined && { resourceModifier: { kind: "ConfigMap", name: modifiers } }),
  };
}

const given = (fields: object): RestoreSpec =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** A mapping such as `{ shop: "shop-copy", "*": "*-drill" }`. `*` stands for the same part of both names. */
export type NamespaceMapping = NonNullable<RestoreOptions["namespaceMapping"]>;

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

export function optionRules(news: RestoreOptions): Failure[] {
  const { labelSelector, orLabelSelectors, namespaceMapping, includeClusterResources } = news;
  const isBoth = labelSelector !== undefined && orLabelSelectors !== undefined;
  return [
    ...(isBoth && !isUnknown(labelSelector) && !isUnknown(orLabelSelectors)
      ? [
          {
            path: "orLabelSelectors",
            reason: "does not go with labelSelector: Velero takes one or the other. Put it among them",
          },
        ]
      : []),
    ...mappingRules(namespaceMapping),
    ...hookRules(news.hooks),
    ...modifierRules(news.resourceModifiers),
    ...(isDrill(news) && namespaceMapping === undefined
      ? [
          {
            path: "namespaceMapping",
            reason: 'is what a drill restores into: { "*": "*-drill" } maps every namespace',
          },
        ]
      : []),
    ...(isDrill(news) && includeClusterResources === true
      ? [
          {
            path: "includeClusterResources",
            reason: "would change the cluster for everybody, which no drill does",
          },
        ]
      : []),
  ];
}

function modifierRules(rules: unknown): Failure[] {
  if (!Array.isArray(rules)) return [];
  return rules.flatMap((rule: unknown, index) =>
    // The schema reports what is wrong with the shape of other rules.
    v.is(modifierRule, rule)
      ? modifierProblems(rule).map(({ path, reason }) => ({
          path: `resourceModifiers.${index}.${path}`,
          reason,
        }))
      : [],
  );
}

const PODS = ["pods", "pod", "po", "*"];

/** Velero ignores kinds in restore hooks (velero `internal/hook/item_hook_handler.go`, GetRestoreHooksFromSpec). */
function hookRules(hooks: RestoreOptions["hooks"]): Failure[] {
  const { resources } = (hooks ?? {}) as { resources?: unknown };
  if (!Array.isArray(resources)) return [];
  return resources.flatMap((hook: unknown, index) =>
    (["includedResources", "excludedResources"] as const)
      .filter((key) =>
        saysKinds((hook as Record<string, unknown> | null)?.[key], key === "includedResources"),
      )
      .map((key) => ({
        path: `hooks.resources.${index}.${key}`,
        reason: "is not read: Velero runs the hooks of a restore for pods alone. Leave it out",
      })),
  );
}

/** Returns true if the list of kinds asks for something that Velero does not do by default. */
const saysKinds = (words: unknown, isIncluded: boolean): boolean =>
  Array.isArray(words) &&
  words.some((word) => typeof word === "string" && !isUnknown(word) && !(isIncluded && PODS.includes(word)));

function mappingRules(mapping: unknown): Failure[] {
  if (typeof mapping !== "object" || mapping === null || hasUnknown(mapping)) return [];
  return Object.entries(mapping as Record<string, unknown>).flatMap(([from, to]) => {
    // The schema reports an empty name.
    const problem = from !== "" && typeof to === "string" && to !== "" ? mappingProblem(from, to) : undefined;
    return problem === undefined ? [] : [{ path: "namespaceMapping", reason: problem }];
  });
}
