import { Problem } from "../core/errors.ts";
import { isPattern, mapNamespace, type NamespaceMapping } from "../schemas/restore-options.ts";
import type { RestoreOptions } from "../velero/restore-option-entries.ts";
import type { Captured } from "../velero/backup-contents.ts";
import { listFilter } from "../velero/matching.ts";
import { NAMESPACE_NAME, NAMESPACE_NAMES } from "../velero/namespace-selection.ts";
import type { BackupSpec } from "../velero/types.ts";
import { namespacesOf } from "./choose-items.ts";

/** The namespaces that would be restored into one cluster, by backup. */
export interface BackupNamespaces extends RestoredNamespaces {
  /** The cluster key of the target. */
  cluster: string;
  backupName: string;
}

const NAMESPACES_SHOWN = 5;

/** Returns the problem of a mapping that cannot be applied to one backup. */
export function mappingProblemFor(
  mapping: NamespaceMapping | undefined = {},
  { names, backupName }: BackupNamespaces,
): Problem | undefined {
  const patterns = Object.keys(mapping).filter(isPattern);
  if (names === undefined) return patterns.length > 0 ? unresolvable(patterns, backupName) : undefined;
  const bad = names
    .map((name) => [name, mapNamespace(name, mapping) ?? name] as const)
    .filter(([name, into]) => into !== name && !NAMESPACE_NAME.test(into));
  if (bad.length === 0) return undefined;
  const words = bad.map(([name, into]) => `"${name}" → "${into}" (${into.length} characters)`);
  return new Problem({
    code: "BadMappedName",
    property: "namespaceMapping",
    what: `gives namespaces of Backup ${backupName} names that Kubernetes does not take: ${some(words, "; ")}`,
    todo: `Map them to names of ${NAMESPACE_NAMES}.`,
  });
}

const unresolvable = (patterns: readonly string[], backupName: string): Problem =>
  new Problem({
    code: "MappingUnresolved",
    property: "namespaceMapping",
    what: `nobody can say which namespaces are meant by ${quoted(patterns)}: Backup ${backupName} does not name its own, and this program has no way to the store (\`access\`) to see them`,
    todo: "Nothing is restored, since a namespace that no entry maps comes back over what lives. Map each namespace by its name, name them in includedNamespaces, or give the program a way to the store.",
  });

/**
 * Returns the entries of the mapping that match no namespace of any restored backup. A backup whose namespaces are not
 * known counts as a match for its patterns.
 */
export function strayEntries(
  mapping: NamespaceMapping | undefined = {},
  findings: readonly BackupNamespaces[],
): string[] {
  const fits = (from: string, to: string, { names, mayHold }: BackupNamespaces) =>
    names === undefined
      ? isPattern(from) || mayHold(from)
      : names.some((name) => mapNamespace(name, { [from]: to }) !== undefined);
  return Object.entries(mapping)
    .filter(([from, to]) => !findings.some((finding) => fits(from, to, finding)))
    .map(([from]) => from);
}

/**
 * Reports entries that match no namespace. Such an entry is mostly a typing error: the namespace would be restored
 * under its own name, over the live one. `unseen` are the targets whose backups could not be read.
 */
export function strayProblem(
  stray: readonly string[],
  findings: readonly BackupNamespaces[],
  unseen: readonly string[] = [],
): Problem {
  const [only, ...more] = findings;
  const isOne = only !== undefined && more.length + unseen.length === 0;
  const where = isOne
    ? `what is restored (${listOf(only)})`
    : `what is restored into any cluster (${some(
        findings.map((finding) => `"${finding.cluster}": ${listOf(finding)}`),
        "; ",
      )})`;
  const notSeen = unseen.length > 0 ? `, as far as can be seen without ${quoted(unseen)}` : "";
  return new Problem({
    code: "MappingFitsNothing",
    property: "namespaceMapping",
    what: `${quoted(stray)} fits no namespace of ${where}${notSeen}, and what no entry fits keeps its own name`,
    todo:
      "Nothing is restored. Mend the name, or leave the entry out." +
      (unseen.length > 0
        ? " See to the clusters that could not be looked at first, if it is meant for them."
        : ""),
  });
}

const listOf = ({ shown }: BackupNamespaces): string => (shown.length === 0 ? "none" : some(shown, ", "));

const some = (words: readonly string[], between: string): string =>
  [...words.slice(0, NAMESPACES_SHOWN), ...(words.length > NAMESPACES_SHOWN ? ["…"] : [])].join(between);

const quoted = (words: readonly string[]): string => `"${words.join('", "')}"`;

/** The namespaces of a backup from which a restore takes objects, by their names in the backup. */
interface RestoredNamespaces {
  /** All of the names. Undefined if they are not known. */
  names: readonly string[] | undefined;
  mayHold: (name: string) => boolean;
  /** The names or the patterns, for a message. */
  shown: readonly string[];
}

/** Returns the namespaces of the objects of a backup. */
export function seenNamespaces(items: readonly Captured[]): RestoredNamespaces {
  const names = namespacesOf(items);
  return { names, mayHold: (name) => names.includes(name), shown: names };
}

/**
 * Returns the namespaces that the Backup object or the restore declares, for a backup whose contents cannot be read.
 * The names are known only if one of the two lists each name: not if it selects all namespaces, or uses a pattern.
 */
export function saidNamespaces(spec: BackupSpec, options: RestoreOptions): RestoredNamespaces {
  const selections: Selection[] = [options, spec];
  const filters = selections.map(({ includedNamespaces, excludedNamespaces }) =>
    listFilter(includedNamespaces, excludedNamespaces),
  );
  const mayHold = (name: string) => filters.every((holds) => holds(name));
  const names = selections
    .map(({ includedNamespaces = [] }) => includedNamespaces)
    .find((included) => included.length > 0 && !included.some(isGlob))
    ?.filter(mayHold);
  return { names, mayHold, shown: names ?? spec.includedNamespaces ?? ["*"] };
}

type Selection = Pick<BackupSpec, "includedNamespaces" | "excludedNamespaces">;

/** The characters of Velero's patterns, in a backup and in a restore. */
const isGlob = (entry: string): boolean => /[*?[\]{}\\]/.test(entry);
