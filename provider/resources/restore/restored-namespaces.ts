import type { BackupSpec } from "../../velero/types.ts";
import { listFilter } from "./glob.ts";
import type { RestoreOptions } from "./options.ts";
import type { Captured } from "../read-contents.ts";
import { namespacesOf } from "./select-items.ts";

/** The namespaces of a backup from which a restore takes something, by their names in the backup. */
export interface RestoredNamespaces {
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
