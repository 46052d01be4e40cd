import { Problem } from "../core/errors.ts";
import { nearestNames } from "../core/validate.ts";
import type { ServedKind } from "../kubernetes/discovery.ts";
import { globToRegExp, isForVelero, resolveKind, resolveKindAlone } from "../velero/matching.ts";

/** A word for kinds in a declaration, its path, and how Velero reads it there. */
export interface KindMention {
  /** The path of the word: `includedResources.0`. */
  path: string;
  /** The list with the word: `includedResources`. */
  list: string;
  word: string;
  /**
   * Velero's way to read the word. `filter`: resolved, otherwise a glob over `deployments.apps`. `policy`: resolved without
   * a group, otherwise compared literally. `glob`: never resolved. `order`: resolved by us.
   */
  reads: "filter" | "policy" | "glob" | "order";
  /** True if the word includes objects. Otherwise it excludes, changes or sorts them. */
  isWanted: boolean;
  /** The list takes only kinds of this scope. `other` is the property for the other scope. */
  scope?: { isNamespaced: boolean; other: string };
}

/** The kinds that a word may refer to. */
export interface KindFacts {
  purpose: "backup" | "restore";
  /** The cluster key. For a restore, it is the target's. */
  cluster: string;
  kinds: readonly ServedKind[];
  /** API versions that did not answer the discovery. */
  silent: readonly string[];
  /** The kinds in the backup that is restored. Absent if the backup cannot be read. */
  stored?: readonly string[] | undefined;
}

/** A word that Velero does not read as it is meant. */
export interface KindFinding {
  path: string;
  word: string;
  /**
   * `misplaced`: the kind exists, and Velero handles the word differently than it says. `misspelt`: the kind does not
   * exist, but one with a similar name does. `unknown`: the kind does not exist, and its objects would be missing.
   * `idle`: the kind does not exist, and nothing would be missing.
   */
  weight: "misplaced" | "misspelt" | "unknown" | "idle";
  reason: string;
}

/** Returns the kinds that Velero resolves the word to, as `deployments.apps`. */
export function kindsMeant(
  { word, reads }: Pick<KindMention, "word" | "reads">,
  facts: Pick<KindFacts, "kinds" | "stored">,
): string[] {
  switch (reads) {
    case "filter":
      return one(resolveKind(word, facts.kinds)) ?? matching(globToRegExp(word), facts);
    case "policy":
      return word === "*"
        ? matching(/^/, facts)
        : (one(resolveKindAlone(word, facts.kinds)) ?? knownWords(facts).filter((each) => each === word));
    case "glob":
      // Velero separates at dots: `*` matches every kind of the core group (velero `internal/resourcemodifiers`).
      return matching(globToRegExp(word, "."), facts);
    case "order":
      return one(resolveKind(word, facts.kinds)) ?? [];
  }
}

const one = (kind: ServedKind | undefined): string[] | undefined => kind && [kind.groupResource];

const matching = (pattern: RegExp, facts: Pick<KindFacts, "kinds" | "stored">): string[] =>
  knownWords(facts).filter((each) => pattern.test(each));

/** Returns all known kinds, each once. */
const knownWords = ({ kinds, stored = [] }: Pick<KindFacts, "kinds" | "stored">): string[] => [
  ...new Set([...kinds.filter(isForVelero).map(({ groupResource }) => groupResource), ...stored]),
];

const HEAVIEST_FIRST: readonly KindFinding["weight"][] = ["misspelt", "misplaced", "unknown", "idle"];

/** Keeps the most severe finding of each word. */
export const oneEach = (findings: readonly KindFinding[]): KindFinding[] => {
  const paths = [...new Set(findings.map(({ path }) => path))];
  return paths.flatMap((path) => {
    const own = findings.filter((each) => each.path === path);
    return HEAVIEST_FIRST.flatMap((weight) => own.find((each) => each.weight === weight) ?? []).slice(0, 1);
  });
};

/** Combines all findings into one message, which begins with the first one's property. */
export function kindProblem([first, ...others]: readonly KindFinding[], undone: string): Problem | undefined {
  if (!first) return undefined;
  return new Problem({
    code: "WrongKind",
    property: first.path,
    what: [first.reason, ...others.map(({ path, reason }) => `${path}: ${reason}`)].join("; "),
    todo: undone,
  });
}

/**
 * Velero removes these from the included kinds of a backup, and excludes them. A list with no other kind then becomes
 * empty, which means all (velero `pkg/controller/backup_controller.go`, modifyResourceIncludeExclude).
 */
const NEVER_BACKED_UP = [
  "volumesnapshots.snapshot.storage.k8s.io",
  "volumesnapshotcontents.snapshot.storage.k8s.io",
];

/** Velero excludes these from every restore (velero `pkg/controller/restore_controller.go`, nonRestorableResources). */
export const NEVER_RESTORED: readonly string[] = [
  "nodes",
  "events",
  "events.events.k8s.io",
  "backups.velero.io",
  "restores.velero.io",
  "resticrepositories.velero.io",
  "backuprepositories.velero.io",
  "csinodes.storage.k8s.io",
  "volumeattachments.storage.k8s.io",
];

/** Returns the reason why these kinds are never backed up or restored, or undefined. */
export function neverTaken(kinds: readonly string[], purpose: KindFacts["purpose"]): string | undefined {
  const names = kinds.join(", ");
  if (purpose === "restore")
    return kinds.every((kind) => NEVER_RESTORED.includes(kind))
      ? `Velero never restores ${names}: take it out`
      : undefined;
  return kinds.every((kind) => NEVER_BACKED_UP.includes(kind))
    ? `Velero takes ${names} with the volumes that they are of, and drops it here, where alone it would mean every kind: take it out`
    : undefined;
}

/** Returns how many wrong letters a typing error may have. A short word with more of them is another word. */
const mistakesIn = (word: string): number => (word.length <= 4 ? 1 : 2);

interface Near {
  /** The nearest kinds, as `deployments.apps`. */
  names: string[];
  /** True if one of them must be meant. Otherwise the word may be a kind that is defined later. */
  isCertain: boolean;
}

/** Returns the kinds that are meant by a word that Velero cannot resolve. */
export function nearestKinds(word: string, facts: Pick<KindFacts, "kinds" | "stored">): Near {
  const aliases = aliasesOf(facts);
  const resolved = resolveKind(word, facts.kinds)?.groupResource;
  const exact = resolved === undefined ? aliases.get(word.toLowerCase()) : [resolved];
  if (exact) return { names: [...exact], isCertain: true };
  const close = nearestNames(word, aliases.keys(), { mistakes: mistakesIn(word) });
  if (close.length > 0) {
    const names = new Set(close.flatMap((alias) => aliases.get(alias) ?? []));
    return { names: [...names].toSorted(), isCertain: true };
  }
  // Another group may have a kind of the same name. Only definitions add groups later, and their groups have a dot.
  const [name = "", ...group] = word.split(".");
  const elsewhere = aliases.get(name.toLowerCase()) ?? [];
  return { names: [...elsewhere], isCertain: elsewhere.length > 0 && group.length === 1 };
}

/** Maps every name of a kind, in lower case, to its full names. */
function aliasesOf({ kinds, stored = [] }: Pick<KindFacts, "kinds" | "stored">): Map<string, string[]> {
  const aliases = new Map<string, string[]>();
  const add = (alias: string, groupResource: string) => {
    const key = alias.toLowerCase();
    const names = aliases.get(key) ?? [];
    if (!names.includes(groupResource)) aliases.set(key, [...names, groupResource]);
  };
  for (const { groupResource, plural, singular, shortNames } of kinds.filter(isForVelero)) {
    const group = groupResource.slice(plural.length);
    for (const alias of [groupResource, plural, singular, singular + group, ...shortNames])
      add(alias, groupResource);
  }
  for (const groupResource of stored)
    for (const alias of [groupResource, groupResource.split(".")[0] ?? ""]) add(alias, groupResource);
  return aliases;
}
