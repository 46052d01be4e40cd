import * as v from "valibot";
import type { Failure } from "../core/handler.ts";
import { hasUnknown, isUnknown } from "../core/values.ts";
import * as schemas from "./common.ts";
import {
  isDrill,
  type JsonPatch,
  mappingProblem,
  type ModifierRule,
  type RestoreOptions,
} from "./restore-options.ts";
import {
  hookSelection,
  kinds,
  labelSelector,
  names,
  someKinds,
  someNames,
  someOf,
  someSelectors,
} from "./selection-schema.ts";

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
  // For an object with an unknown value, a union would report only that no member matches.
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
    // The schema reports what is wrong with the shape of other rules.
    v.is(modifier, rule)
      ? modifierProblems(rule as ModifierRule).map(({ path, reason }) => ({
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

interface ModifierProblem {
  /** The path within the rule: `patches.0.value`. */
  path: string;
  reason: string;
}

/**
 * Finds what Velero refuses in a rule, or what fails for each object that the rule matches (velero
 * `internal/resourcemodifiers`, v1.18.3). Velero finds most of it only during the restore.
 */
export function modifierProblems(rule: ModifierRule): ModifierProblem[] {
  const { conditions, patches = [] } = rule;
  const { resourceNameRegex, matches = [] } = conditions;
  return [
    ...oneSortOfPatch(rule),
    ...(resourceNameRegex === undefined || isUnknown(resourceNameRegex)
      ? []
      : problem("conditions.resourceNameRegex", goPatternProblem(resourceNameRegex))),
    ...matches.flatMap(({ path, value }, index) =>
      within(`conditions.matches.${index}`, patchProblems({ operation: "test", path, value: value ?? "" })),
    ),
    ...patches.flatMap((patch, index) => within(`patches.${index}`, patchProblems(patch))),
    ...(["mergePatches", "strategicPatches"] as const).flatMap((sort) =>
      (rule[sort] ?? []).flatMap(({ patchData }, index) =>
        problem(`${sort}.${index}.patchData`, patchDataProblem(patchData)),
      ),
    ),
    ...strategicKind(rule),
    ...(conditions.groupResource === "namespaces"
      ? problem(
          "conditions.groupResource",
          "is a kind that Velero applies no modifiers to: it makes namespaces before it reads them",
        )
      : []),
  ];
}

const problem = (path: string, reason: string | undefined): ModifierProblem[] =>
  reason === undefined ? [] : [{ path, reason }];

const within = (place: string, problems: ModifierProblem[]): ModifierProblem[] =>
  problems.map(({ path, reason }) => ({ path: `${place}.${path}`, reason }));

const SORTS = ["patches", "mergePatches", "strategicPatches"] as const;

function oneSortOfPatch(rule: ModifierRule): ModifierProblem[] {
  const [first, second] = SORTS.filter((sort) => (rule[sort] ?? []).length > 0);
  if (first === undefined) {
    return problem("patches", "is missing: a rule has patches, mergePatches or strategicPatches");
  }
  return second === undefined
    ? []
    : problem(second, `does not go with ${first}: Velero takes one sort of patch. Make two rules of it`);
}

function patchProblems(patch: JsonPatch): ModifierProblem[] {
  const { operation, path, from, value } = patch;
  const takesFrom = operation === "move" || operation === "copy";
  const takesValue = !takesFrom && operation !== "remove";
  return [
    ...pointerProblems("path", path),
    ...(from === undefined ? [] : pointerProblems("from", from)),
    ...(takesFrom && from === undefined ? problem("from", `is missing: ${operation} reads it`) : []),
    ...(!takesFrom && from !== undefined ? problem("from", `is not read by ${operation}. Leave it out`) : []),
    ...(takesValue && value === undefined
      ? problem("value", 'is missing. Say value: "" for an empty text')
      : []),
    ...(!takesValue && value !== undefined
      ? problem("value", `is not read by ${operation}. Leave it out`)
      : []),
    ...(takesValue && value !== undefined && !isUnknown(value) ? problem("value", valueProblem(value)) : []),
  ];
}

/** Velero inserts paths into JSON without escaping (velero `internal/resourcemodifiers/json_patch.go`, ToString). */
function pointerProblems(property: "path" | "from", pointer: string): ModifierProblem[] {
  if (isUnknown(pointer)) return [];
  if (!pointer.startsWith("/")) {
    const nearest = `/${pointer.replaceAll(".", "/")}`;
    return problem(property, `is no JSON pointer, which begins with a slash: ${nearest}`);
  }
  return inJson(pointer) === pointer
    ? []
    : problem(
        property,
        "has quotes, backslashes or line breaks, which break the patch that Velero makes of it",
      );
}

/**
 * Velero inserts a value into JSON as quoted text, or without quotes: numbers, booleans, null, objects and lists
 * (velero `internal/resourcemodifiers/json_patch.go`, addQuotes).
 */
function valueProblem(value: string): string | undefined {
  if (/^[[{]/.test(value)) {
    return parsed(value) === undefined ? "begins as an object or a list does, and is no JSON" : undefined;
  }
  if (value === "null" || /^(true|false)$/i.test(value) || isGoNumber(value)) {
    return parsed(value) === undefined
      ? `goes into the patch without quotes, and is no JSON. Write it as '"${value}"' for a text`
      : undefined;
  }
  const text = value.length > 1 && /^".*"$/s.test(value) ? value.slice(1, -1) : value.replace(/^"$/, "");
  if (inJson(text) !== undefined) return undefined;
  return `breaks the patch that Velero makes of it: quotes, backslashes and line breaks stand in it as JSON has them, ${JSON.stringify(text).slice(1, -1)}`;
}

/** Go's `strconv.ParseFloat` accepts more numbers than JSON: `0x1p4`, `.5`, `1_000`, `Infinity`, `NaN`. */
function isGoNumber(value: string): boolean {
  if (/^[+-]?(inf|infinity)$|^nan$/i.test(value)) return true;
  if (/^[+-]?0x[\da-f_]*\.?[\da-f_]*p[+-]?\d+$/i.test(value)) return true;
  // A value that is too large for a number is text.
  return (
    /^[+-]?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) &&
    Number.isFinite(Number(value.replaceAll("_", "")))
  );
}

/** Returns the JSON string with this text between the quotes. Returns undefined if it is not one valid string. */
function inJson(text: string): unknown {
  const read = parsed(`"${text}"`);
  return typeof read === "string" ? read : undefined;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Only JSON, the most common form, is checked here. Velero reads YAML. */
function patchDataProblem(data: string): string | undefined {
  if (isUnknown(data)) return undefined;
  if (!/^\s*[[{"]/.test(data)) {
    return /^[^\n:]*$/.test(data.trim()) ? "is no object, in YAML or JSON" : undefined;
  }
  const patch = parsed(data);
  // A YAML flow mapping begins like JSON.
  if (patch === undefined) return undefined;
  return typeof patch === "object" && patch !== null && !Array.isArray(patch)
    ? undefined
    : "is no object: a patch says the fields that it changes";
}

/** The API groups whose types Velero's server knows (velero `pkg/cmd/server/server.go`, v1.18.3, AddToScheme). */
const TYPED = ["", "apps", "batch", "velero.io", "snapshot.storage.k8s.io", "groupsnapshot.storage.k8s.io"];

/** A strategic patch needs the Go type of its object. Velero's server has the types of only a few groups. */
function strategicKind({
  conditions: { groupResource },
  strategicPatches = [],
}: ModifierRule): ModifierProblem[] {
  if (strategicPatches.length === 0 || isUnknown(groupResource) || /[*?[{]/.test(groupResource)) return [];
  const group = groupResource.split(".").slice(1).join(".");
  return TYPED.includes(group)
    ? []
    : problem(
        "strategicPatches",
        `cannot change ${groupResource}: Velero knows the types of its own and of the groups core, apps and batch. Use mergePatches`,
      );
}

/** Constructs of JavaScript's regular expressions that Go's do not have (Go's `regexp/syntax`). */
const UNLIKE_GO: [RegExp, string][] = [
  [/\(\?(=|!|<=|<!)/, "looks ahead or behind"],
  [/\\[1-9](?![0-7])|\\k</, "refers back to a group"],
  [/\\[eghijlmouyEFGHIJKLMNORTUVXYZc]/, "has an escape that Go does not know"],
];

/** Replaces Go's own constructs, so that JavaScript can check the rest. */
const TO_JAVASCRIPT: [RegExp, string][] = [
  [/^\(\?[imsU]+\)/, ""],
  [/\(\?[imsU-]+:/g, "(?:"],
  [/\(\?P</g, "(?<"],
  [/\\A/g, "^"],
  [/\\z/g, "$"],
  [/\[\[:\^?[a-z]+:\]/g, "[a"],
  [/\[:\^?[a-z]+:\]/g, "a"],
  [/\\[pP](\{\^?\w+\}|\w)/g, "a"],
  [/\\x\{[\da-fA-F]+\}/g, "a"],
];

/** Returns the reason why Go, and so Velero, refuses a regular expression. Returns undefined if Go accepts it. */
function goPatternProblem(pattern: string): string | undefined {
  // Text between \Q and \E is literal.
  const bare = pattern.replace(/\\Q.*?(\\E|$)/gs, "q");
  const escapes = bare.replaceAll("\\\\", "");
  const unlike = UNLIKE_GO.find(([sign]) => sign.test(escapes));
  if (unlike) return `is a regular expression of Go's, and "${pattern}" ${unlike[1]}`;
  const counts = [...bare.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].flatMap(([, least, most]) => [least, most]);
  const many = counts.some((count) => Number(count ?? 0) > 1000);
  if (many) return `is a regular expression of Go's, which repeats nothing over 1000 times`;
  const translated = TO_JAVASCRIPT.reduce((text, [from, to]) => text.replace(from, to), bare);
  try {
    new RegExp(translated);
    return undefined;
  } catch (error) {
    const words = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, "") : "";
    return `is no regular expression: ${words}`;
  }
}
