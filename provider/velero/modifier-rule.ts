import * as v from "valibot";
import { text } from "../core/fields.ts";
import { isUnknown } from "../core/values.ts";
import { labelSelector, someNames, someOf } from "./selection-entries.ts";

const jsonPatch = v.strictObject({
  operation: v.picklist(["add", "remove", "replace", "move", "copy", "test"]),
  path: text,
  from: v.optional(text),
  value: v.optional(v.string()),
});

export type JsonPatch = v.InferOutput<typeof jsonPatch>;

/** A rule of Velero's resource modifiers (velero `internal/resourcemodifiers`). */
export const modifierRule = v.strictObject({
  conditions: v.strictObject({
    groupResource: text,
    resourceNameRegex: v.optional(text),
    namespaces: v.optional(someNames),
    labelSelector: v.optional(labelSelector),
    matches: v.optional(someOf(v.strictObject({ path: text, value: v.optional(v.string()) }))),
  }),
  patches: v.optional(v.array(jsonPatch)),
  mergePatches: v.optional(v.array(v.strictObject({ patchData: text }))),
  strategicPatches: v.optional(v.array(v.strictObject({ patchData: text }))),
});

export type ModifierRule = v.InferOutput<typeof modifierRule>;

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
