import { isUnknown } from "../../lifecycle/unknown.ts";
import { goPatternProblem } from "./go-pattern-problem.ts";
import type { JsonPatch, ModifierRule } from "./modifiers.ts";

interface ModifierProblem {
  /** Within the rule: `patches.0.value`. */
  path: string;
  reason: string;
}

/**
 * Finds what Velero refuses in a rule, or fails with at each object that the rule fits (velero
 * `internal/resourcemodifiers`, v1.18.3). Velero finds most of it only while it restores.
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

/** Velero puts paths into JSON as they are (velero `internal/resourcemodifiers/json_patch.go`, ToString). */
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
 * Velero puts a value into JSON as text between quotes, or as it is: numbers, booleans, null, objects and lists
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

/** Go's `strconv.ParseFloat` takes it, which knows more numbers than JSON: `0x1p4`, `.5`, `1_000`, `Infinity`, `NaN`. */
function isGoNumber(value: string): boolean {
  if (/^[+-]?(inf|infinity)$|^nan$/i.test(value)) return true;
  if (/^[+-]?0x[\da-f_]*\.?[\da-f_]*p[+-]?\d+$/i.test(value)) return true;
  // One that is too large for a number is text.
  return (
    /^[+-]?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) &&
    Number.isFinite(Number(value.replaceAll("_", "")))
  );
}

/** The text that JSON has between quotes, or undefined where it is not one text. */
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

/** YAML is read by Velero alone; JSON, which most write, is read here. */
function patchDataProblem(data: string): string | undefined {
  if (isUnknown(data)) return undefined;
  if (!/^\s*[[{"]/.test(data)) {
    return /^[^\n:]*$/.test(data.trim()) ? "is no object, in YAML or JSON" : undefined;
  }
  const patch = parsed(data);
  // A flow mapping of YAML begins like JSON.
  if (patch === undefined) return undefined;
  return typeof patch === "object" && patch !== null && !Array.isArray(patch)
    ? undefined
    : "is no object: a patch says the fields that it changes";
}

/** The groups whose types Velero's server knows (velero `pkg/cmd/server/server.go`, v1.18.3, AddToScheme). */
const TYPED = ["", "apps", "batch", "velero.io", "snapshot.storage.k8s.io", "groupsnapshot.storage.k8s.io"];

/** A strategic patch needs the type of its object, and Velero's server has those of few groups. */
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
