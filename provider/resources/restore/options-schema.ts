import * as v from "valibot";
import * as schemas from "../../inputs.ts";
import type { Failure } from "../../lifecycle/handler.ts";
import { hasUnknown, isUnknown } from "../../lifecycle/unknown.ts";
import {
  hookSelection,
  kinds,
  labelSelector,
  names,
  someKinds,
  someNames,
  someOf,
  someSelectors,
} from "../backup/selection-shapes.ts";
import { mappingProblem } from "./map-namespace.ts";
import { modifierProblems } from "./modifier-problems.ts";
import type { ModifierRule } from "./modifiers.ts";
import { isDrill, type RestoreOptions } from "./options.ts";

const texts = v.record(schemas.text, schemas.text);

const modifier = v.strictObject({
  conditions: v.strictObject({
    groupResource: schemas.text,
    resourceNameRegex: v.optional(schemas.text),
    namespaces: v.optional(someNames),
    labelSelector: v.optional(labelSelector),
    matches: v.optional(someOf(v.strictObject({ path: schemas.text, value: v.optional(v.string()) }))),
  }),
  patches: v.optional(
    v.array(
      v.strictObject({
        operation: v.picklist(["add", "remove", "replace", "move", "copy", "test"]),
        path: schemas.text,
        from: v.optional(schemas.text),
        value: v.optional(v.string()),
      }),
    ),
  ),
  mergePatches: v.optional(v.array(v.strictObject({ patchData: schemas.text }))),
  strategicPatches: v.optional(v.array(v.strictObject({ patchData: schemas.text }))),
});

const hooks = v.strictObject({
  resources: v.array(
    v.strictObject({
      ...hookSelection,
      postHooks: v.optional(
        v.array(
          v.strictObject({
            exec: v.optional(
              v.strictObject({
                container: v.optional(schemas.text),
                command: v.pipe(v.array(v.string()), v.minLength(1, "must name a command")),
                onError: v.optional(v.picklist(["Continue", "Fail"])),
                execTimeout: v.optional(schemas.duration),
                waitTimeout: v.optional(schemas.duration),
                waitForReady: v.optional(v.boolean()),
              }),
            ),
            init: v.optional(
              v.strictObject({
                initContainers: v.optional(v.array(v.record(v.string(), v.unknown()))),
                timeout: v.optional(schemas.duration),
              }),
            ),
          }),
        ),
      ),
    }),
  ),
});

const drillOptions = v.strictObject({
  keep: v.optional(v.boolean()),
  data: v.optional(v.picklist(["proven", "objectsOnly"])),
});

export const optionEntries = {
  includedNamespaces: v.optional(someNames),
  excludedNamespaces: v.optional(names),
  includedResources: v.optional(someKinds),
  excludedResources: v.optional(kinds),
  includeClusterResources: v.optional(v.boolean()),
  labelSelector: v.optional(labelSelector),
  orLabelSelectors: v.optional(someSelectors),
  namespaceMapping: v.optional(texts),
  storageClassMapping: v.optional(texts),
  restorePVs: v.optional(v.boolean()),
  preserveNodePorts: v.optional(v.boolean()),
  existingResourcePolicy: v.optional(v.picklist(["none", "update"])),
  restoreStatus: v.optional(
    v.pipe(
      v.strictObject({ includedResources: v.optional(someKinds), excludedResources: v.optional(kinds) }),
      v.check(
        ({ includedResources, excludedResources = [] }) =>
          includedResources !== undefined || excludedResources.length > 0,
        'names no kind, and the status of all of them would be restored. Leave it out, or say includedResources: ["*"]',
      ),
    ),
  ),
  resourceModifiers: v.optional(v.array(modifier)),
  hooks: v.optional(hooks),
  itemOperationTimeout: v.optional(schemas.duration),
  uploaderConfig: v.optional(
    v.strictObject({
      writeSparseFiles: v.optional(v.boolean()),
      parallelFilesDownload: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1, "must be at least 1"))),
    }),
  ),
  verify: v.optional(v.boolean()),
  // A union would say of an unknown within it only that neither fits.
  drill: v.optional(v.lazy((value) => (typeof value === "object" ? drillOptions : v.boolean()))),
};

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
    // The schema says what is wrong with the shape of the others.
    v.is(modifier, rule)
      ? modifierProblems(rule as ModifierRule).map(({ path, reason }) => ({
          path: `resourceModifiers.${index}.${path}`,
          reason,
        }))
      : [],
  );
}

const PODS = ["pods", "pod", "po", "*"];

/** Velero runs them for pods, and reads no kinds there (velero `internal/hook/item_hook_handler.go`, GetRestoreHooksFromSpec). */
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

/** Tells if the words ask for something else than Velero does anyway. */
const saysKinds = (words: unknown, isIncluded: boolean): boolean =>
  Array.isArray(words) &&
  words.some((word) => typeof word === "string" && !isUnknown(word) && !(isIncluded && PODS.includes(word)));

function mappingRules(mapping: unknown): Failure[] {
  if (typeof mapping !== "object" || mapping === null || hasUnknown(mapping)) return [];
  return Object.entries(mapping as Record<string, unknown>).flatMap(([from, to]) => {
    // The schema says of an empty name that it is one.
    const problem = from !== "" && typeof to === "string" && to !== "" ? mappingProblem(from, to) : undefined;
    return problem === undefined ? [] : [{ path: "namespaceMapping", reason: problem }];
  });
}
