import { Problem } from "../core/errors.ts";
import {
  isPattern,
  mapNamespace,
  type NamespaceMapping,
  type RestoreOptions,
} from "../schemas/restore-options.ts";
import type { Captured } from "../velero/backup-contents.ts";
import { listFilter } from "../velero/matching.ts";
import { NAMESPACE_NAME, NAMESPACE_NAMES } from "../velero/namespace-selection.ts";
import type { BackupSpec } from "../velero/types.ts";
import { namespacesOf } from "./select-items.ts";

/** The namespaces that would be restored into one cluster. */
export interface Finding extends RestoredNamespaces {
  /** Key of the target. */
  cluster: string;
  backupName: string;
}

const SHOWN = 5;

/** Finds the part of a mapping that cannot be done with one backup, whatever else is restored. */
export function mappingProblemFor(
  mapping: NamespaceMapping | undefined = {},
  { names, backupName }: Finding,
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

/** The entries that fit nothing of what would be restored anywhere, as far as was looked. */
export function strayEntries(
  mapping: NamespaceMapping | undefined = {},
  findings: readonly Finding[],
): string[] {
  const fits = (from: string, to: string, { names, mayHold }: Finding) =>
    names === undefined
      ? isPattern(from) || mayHold(from)
      : names.some((name) => mapNamespace(name, { [from]: to }) !== undefined);
  return Object.entries(mapping)
    .filter(([from, to]) => !findings.some((finding) => fits(from, to, finding)))
    .map(([from]) => from);
}

/**
 * An entry that fits nothing is mostly a typing error, by which a namespace comes back under its own name, over what
 * lives there. `unseen` are the targets of which nobody could look what would be restored.
 */
export function strayProblem(
  stray: readonly string[],
  findings: readonly Finding[],
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

const listOf = ({ shown }: Finding): string => (shown.length === 0 ? "none" : some(shown, ", "));

const some = (words: readonly string[], between: string): string =>
  [...words.slice(0, SHOWN), ...(words.length > SHOWN ? ["…"] : [])].join(between);

const quoted = (words: readonly string[]): string => `"${words.join('", "')}"`;

/** The namespaces of a backup from which a restore takes something, by their names in the backup. */
interface RestoredNamespaces {
  /** All of them; undefined where nobody can name them. */
  names: readonly string[] | undefined;
  mayHold: (name: string) => boolean;
  /** For a message: their names, or the patterns by which they were chosen. */
  shown: readonly string[];
}

/** As they are seen in the backup. */
export function seenNamespaces(items: readonly Captured[]): RestoredNamespaces {
  const names = namespacesOf(items);
  return { names, mayHold: (name) => names.includes(name), shown: names };
}

/**
 * As far as they are said, where nobody sees into the backup. They are known where the Backup object or the restore
 * names each: not where one means all of them, or those of a pattern.
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
