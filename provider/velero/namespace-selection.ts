import type { KubernetesObject } from "../kubernetes/resources.ts";
import { drillLabel, excludedLabel } from "./labels.ts";

/** What the user declared. An entry is a name, a glob, a `/regular expression/`, or `~/one to leave out/`. */
export interface NamespaceSelection {
  includedNamespaces?: string[] | undefined;
  excludedNamespaces?: string[] | undefined;
}

/** What a selection comes to in a cluster. */
export interface ChosenNamespaces {
  /** Names to send in place of what was declared; absent where Velero gets that as it is. */
  sent?: SentNamespaces | undefined;
  /** All that are selected now; undefined where nothing was declared. */
  resolved?: string[] | undefined;
  /** Declared names that do not exist. */
  missing: string[];
}

type Entry =
  | { kind: "name"; name: string }
  | { kind: "all" | "glob" | "pattern" | "exclusion"; matches: RegExp };

/** What is wrong with an entry, or undefined. */
export function namespaceEntryProblem(text: string, place: "included" | "excluded"): string | undefined {
  try {
    const { kind } = parse(text);
    if (kind === "exclusion" && place === "excluded")
      return 'leaves out already; "~/…/" belongs to includedNamespaces';
    // Velero takes wildcards for letters when it looks whether an entry can be a name.
    if ((kind === "name" || kind === "glob") && !NAMESPACE_NAME.test(text.replace(/[*?[\]]/g, "x")))
      return `"${text}" can be the name of no namespace: those are ${NAMESPACE_NAMES}`;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Which namespaces a selection means. Regular expressions are ours to resolve, globs are Velero's from 1.18 on
 * (`globsByVelero`); as soon as one entry of a list has to be resolved here, the whole list is.
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
  // Velero refuses a name that stands in both of its lists.
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

/** Which namespaces are to be backed up, and which the second list leaves out, in alphabetical order. */
export function selectedIn(
  { includedNamespaces, excludedNamespaces }: NamespaceSelection,
  existing: readonly string[],
): { included: string[]; excluded: string[] } {
  const excluded = excludedNamespaces?.length ? select(excludedNamespaces.map(parse), existing) : [];
  const included = select((includedNamespaces ?? []).map(parse), existing);
  return { included: included.filter((name) => !excluded.includes(name)), excluded };
}

/**
 * Their names, but for those that a label keeps out of every backup: Velero adds these to the excluded ones, and then
 * refuses a list that names one of them. What a drill has made holds nobody's data, whoever has taken that label off.
 */
export const namesToBackUp = (namespaces: Iterable<KubernetesObject>): string[] =>
  [...namespaces]
    .filter(
      ({ metadata: { labels = {} } }) => labels[excludedLabel] !== "true" && labels[drillLabel] !== "true",
    )
    .map(({ metadata }) => metadata.name);

/** Whether anything of it has to be compared with the namespaces that there are. */
export const namesNamespaces = ({ includedNamespaces, excludedNamespaces }: NamespaceSelection): boolean =>
  [...(includedNamespaces ?? []), ...(excludedNamespaces ?? [])].some((entry) => entry !== "*");

export const hasGlobs = (selection: NamespaceSelection): boolean => kindsIn(selection).includes("glob");

/** The entries that are names. */
export const namesIn = ({ includedNamespaces = [] }: NamespaceSelection): string[] =>
  includedNamespaces.filter((entry) => parse(entry).kind === "name");

/** Only who sees the namespaces can resolve these. */
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
  // For every Velero that means all of them, at every run.
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

/** As Velero 1.18 reads them (`pkg/util/wildcard`): `*`, `?`, `[abc]` and `[a-c]`; what it would refuse is refused here. */
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

/** One range, or characters of which each stands for itself, a dash that is not the second of them, too. */
function characterClass(characters: string, glob: string): string {
  const escaped = (text: string) => text.replace(/[\\^-]/g, "\\$&");
  if (characters[1] !== "-") return `[${escaped(characters)}]`;
  const [from = "", , to = "", ...more] = characters;
  if (to === "" || to < from || more.length > 0)
    throw new Error(`"${glob}" has [${characters}], where Velero takes one range, [a-c], or letters, [abc]`);
  return `[${escaped(from)}-${escaped(to)}]`;
}

/** Kubernetes takes a label of RFC 1123 as a namespace's name. */
export const NAMESPACE_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The same in words, for a message. */
export const NAMESPACE_NAMES = "at most 63 of a-z, 0-9 and, between them, -";

/** Names that stand for the patterns of what was declared; absent where Velero gets that as it is. */
export interface SentNamespaces {
  includedNamespaces?: string[] | undefined;
  excludedNamespaces?: string[] | undefined;
}
