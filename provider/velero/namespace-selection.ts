import type { KubernetesObject } from "../kubernetes/resources.ts";
import { drillLabel, excludedLabel } from "./manifests.ts";

/**
 * The declared namespaces. An entry is a name, a glob, a `/regular expression/`, or an exclusion `~/regular
 * expression/`.
 */
export interface NamespaceSelection {
  includedNamespaces?: string[] | undefined;
  excludedNamespaces?: string[] | undefined;
}

/** The namespaces of a cluster that a selection matches. */
export interface ChosenNamespaces {
  /** The names to send to Velero instead of the declared entries. Absent if the declared entries are sent. */
  sent?: SentNamespaces | undefined;
  /** All selected names. Undefined if no entry is declared. */
  resolved?: string[] | undefined;
  /** Declared names that do not exist. */
  missing: string[];
}

type Entry =
  | { kind: "name"; name: string }
  | { kind: "all" | "glob" | "pattern" | "exclusion"; matches: RegExp };

/** Returns what is wrong with an entry, or undefined. */
export function namespaceEntryProblem(text: string, place: "included" | "excluded"): string | undefined {
  try {
    const { kind } = parse(text);
    if (kind === "exclusion" && place === "excluded")
      return 'leaves out already; "~/…/" belongs to includedNamespaces';
    // Velero replaces wildcards with a letter when it validates the name of a namespace.
    if ((kind === "name" || kind === "glob") && !NAMESPACE_NAME.test(text.replace(/[*?[\]]/g, "x")))
      return `"${text}" can be the name of no namespace: those are ${NAMESPACE_NAMES}`;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Resolves a selection. Regular expressions are resolved here. Globs are resolved by Velero since 1.18
 * (`globsByVelero`). If one entry of a list has to be resolved here, the whole list is.
 */
export function chooseNamespaces(
  { includedNamespaces, excludedNamespaces }: NamespaceSelection,
  existing: readonly string[],
  { globsByVelero }: { globsByVelero: boolean },
): ChosenNamespaces {
  const [included, excluded] = [(includedNamespaces ?? []).map(parse), (excludedNamespaces ?? []).map(parse)];
  if (included.length + excluded.length === 0) return { missing: [] };
  const selected = selectedIn({ includedNamespaces, excludedNamespaces }, existing);
  const isOurs = ({ kind }: Entry) =>
    kind === "pattern" || kind === "exclusion" || (kind === "glob" && !globsByVelero);
  const leavesOut = excluded.some(isOurs);
  // Velero refuses a name that is in both lists.
  const inBoth = (entry: Entry) =>
    leavesOut && entry.kind === "name" && selected.excluded.includes(entry.name);
  const sent = {
    ...(included.some((entry) => isOurs(entry) || inBoth(entry)) && {
      includedNamespaces: selected.included,
    }),
    ...(leavesOut && { excludedNamespaces: selected.excluded }),
  };
  return {
    ...(Object.keys(sent).length > 0 && { sent }),
    resolved: selected.included,
    missing: included.flatMap((entry) =>
      entry.kind === "name" && !existing.includes(entry.name) ? [entry.name] : [],
    ),
  };
}

/** Returns the selected and the excluded namespaces, in alphabetical order. */
export function selectedIn(
  { includedNamespaces, excludedNamespaces }: NamespaceSelection,
  existing: readonly string[],
): { included: string[]; excluded: string[] } {
  const excluded = excludedNamespaces?.length ? select(excludedNamespaces.map(parse), existing) : [];
  const included = select((includedNamespaces ?? []).map(parse), existing);
  return { included: included.filter((name) => !excluded.includes(name)), excluded };
}

/**
 * Returns the names of namespaces that a backup may contain. Velero adds namespaces with its exclude label to the
 * excluded ones, and then refuses a list that names one of them. Namespaces of a drill are left out even if that label
 * was removed, because they hold no data that anybody needs.
 */
export const namesToBackUp = (namespaces: Iterable<KubernetesObject>): string[] =>
  [...namespaces]
    .filter(
      ({ metadata: { labels = {} } }) => labels[excludedLabel] !== "true" && labels[drillLabel] !== "true",
    )
    .map(({ metadata }) => metadata.name);

/** Returns true if an entry has to be compared with the existing namespaces. */
export const namesNamespaces = ({ includedNamespaces, excludedNamespaces }: NamespaceSelection): boolean =>
  [...(includedNamespaces ?? []), ...(excludedNamespaces ?? [])].some((entry) => entry !== "*");

export const hasGlobs = (selection: NamespaceSelection): boolean => kindsIn(selection).includes("glob");

/** Returns the entries that are names. */
export const namesIn = ({ includedNamespaces = [] }: NamespaceSelection): string[] =>
  includedNamespaces.filter((entry) => parse(entry).kind === "name");

/**
 * Returns true if the selection has regular expressions. They can be resolved only by a program that can list the
 * namespaces.
 */
export const hasPatterns = (selection: NamespaceSelection): boolean =>
  kindsIn(selection).some((kind) => kind === "pattern" || kind === "exclusion");

const kindsIn = ({ includedNamespaces, excludedNamespaces }: NamespaceSelection): Entry["kind"][] =>
  [...(includedNamespaces ?? []), ...(excludedNamespaces ?? [])].map((entry) => parse(entry).kind);

function select(entries: readonly Entry[], existing: readonly string[]): string[] {
  const positive = entries.filter(({ kind }) => kind !== "exclusion");
  const matching = (name: string) => (entry: Entry) =>
    entry.kind === "name" ? entry.name === name : entry.matches.test(name);
  return existing
    .filter((name) => positive.length === 0 || positive.some(matching(name)))
    .filter((name) => !entries.some((entry) => entry.kind === "exclusion" && entry.matches.test(name)))
    .toSorted();
}

function parse(text: string): Entry {
  const [, negated, expression] = /^(~?)\/(.+)\/$/.exec(text) ?? [];
  if (expression !== undefined) {
    return { kind: negated ? "exclusion" : "pattern", matches: compile(expression) };
  }
  if (/^~?\//.test(text))
    throw new Error(`"${text}" is no regular expression: /…/ needs a slash at both ends`);
  // For every version of Velero, this means all namespaces at every run.
  if (text === "*") return { kind: "all", matches: /^/ };
  if (!/[*?[\]]/.test(text)) return { kind: "name", name: text };
  return { kind: "glob", matches: globToRegExp(text) };
}

function compile(expression: string): RegExp {
  try {
    return new RegExp(expression);
  } catch (error) {
    throw new Error(
      `/${expression}/ is no regular expression: ${error instanceof Error ? error.message : ""}`,
      {
        cause: error,
      },
    );
  }
}

/**
 * Compiles a glob as Velero 1.18 reads it (`pkg/util/wildcard`): `*`, `?`, `[abc]` and `[a-c]`. It refuses what Velero
 * would refuse.
 */
function globToRegExp(glob: string): RegExp {
  if (/[|()!{},]/.test(glob) || glob.includes("**")) {
    throw new Error(
      `"${glob}" is no glob of Velero's: those have *, ? and [a-c] only, and no two * in a row`,
    );
  }
  if (!/^(?:[^[\]]|\[[^[\]]+\])*$/.test(glob)) throw new Error(`"${glob}" has an unclosed or empty [ ]`);
  const source = glob.replace(/\[([^\]]+)\]|[*?]|[.+^$\\]/g, (part, characters?: string) => {
    if (part === "*") return ".*";
    if (part === "?") return ".";
    return characters === undefined ? `\\${part}` : characterClass(characters, glob);
  });
  return new RegExp(`^${source}$`);
}

/** Returns a character class: one range, or literal characters. A dash is literal unless it is the second character. */
function characterClass(characters: string, glob: string): string {
  const escaped = (text: string) => text.replace(/[\\^-]/g, "\\$&");
  if (characters[1] !== "-") return `[${escaped(characters)}]`;
  const [from = "", , to = "", ...more] = characters;
  if (to === "" || to < from || more.length > 0)
    throw new Error(`"${glob}" has [${characters}], where Velero takes one range, [a-c], or letters, [abc]`);
  return `[${escaped(from)}-${escaped(to)}]`;
}

/** The name of a namespace is an RFC 1123 label. */
export const NAMESPACE_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The same rule in words, for messages. */
export const NAMESPACE_NAMES = "at most 63 of a-z, 0-9 and, between them, -";

/** The names that replace declared patterns. A field is absent if Velero gets the declared entries. */
export interface SentNamespaces {
  includedNamespaces?: string[] | undefined;
  excludedNamespaces?: string[] | undefined;
}
