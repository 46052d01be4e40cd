import { Problem } from "../core/errors.ts";
import { nearestNames } from "../core/nearest-names.ts";
import type { ServedKind } from "../kubernetes/discovery.ts";
import { globToRegExp, isForVelero, resolveKind, resolveKindAlone } from "../velero/matching.ts";

/** A word of the user's that stands for kinds, where it stands, and what Velero makes of it there. */
export interface KindMention {
  /** `includedResources.0` */
  path: string;
  /** `includedResources` */
  list: string;
  word: string;
  /**
   * `filter`: resolved, and else a glob over `deployments.apps`. `policy`: resolved without a group, and else compared
   * as it is. `glob`: never resolved. `order`: resolved by us.
   */
  reads: "filter" | "policy" | "glob" | "order";
  /** Objects of it are to be taken; a word that is not wanted leaves out, changes or sorts what there is. */
  isWanted: boolean;
  /** The list takes kinds of this scope only; `other` is the property for the other scope. */
  scope?: { isNamespaced: boolean; other: string };
}

/** The kinds that a word may stand for. */
export interface KindFacts {
  purpose: "backup" | "restore";
  /** Key of the cluster: of a restore, of its target. */
  cluster: string;
  kinds: readonly ServedKind[];
  /** These API versions did not say what they have. */
  silent: readonly string[];
  /** The kinds in the backup that is to be restored; absent where nobody sees into it. */
  stored?: readonly string[] | undefined;
}

/** A word that does not mean what it says. */
export interface KindFinding {
  path: string;
  word: string;
  /**
   * `misplaced`: it is there, and Velero does something else with it than it says. `misspelt`: it is not there, but one
   * of nearly that name. `unknown`: it is not there, and what is wanted of it would be missed. `idle`: it is not there,
   * and nothing is missed.
   */
  weight: "misplaced" | "misspelt" | "unknown" | "idle";
  reason: string;
}

/** The kinds for which Velero takes the word where it stands, as `deployments.apps`. */
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
        : (one(resolveKindAlone(word, facts.kinds)) ?? known(facts).filter((each) => each === word));
    case "glob":
      // Velero separates at dots: `*` is every kind of the core group (velero `internal/resourcemodifiers`).
      return matching(globToRegExp(word, "."), facts);
    case "order":
      return one(resolveKind(word, facts.kinds)) ?? [];
  }
}

const one = (kind: ServedKind | undefined): string[] | undefined => kind && [kind.groupResource];

const matching = (pattern: RegExp, facts: Pick<KindFacts, "kinds" | "stored">): string[] =>
  known(facts).filter((each) => pattern.test(each));

/** Lists all kinds that there are, each once. */
const known = ({ kinds, stored = [] }: Pick<KindFacts, "kinds" | "stored">): string[] => [
  ...new Set([...kinds.filter(isForVelero).map(({ groupResource }) => groupResource), ...stored]),
];

const HEAVIEST_FIRST: readonly KindFinding["weight"][] = ["misspelt", "misplaced", "unknown", "idle"];

/** Keeps the heaviest finding of each word. */
export const oneEach = (findings: readonly KindFinding[]): KindFinding[] => {
  const paths = [...new Set(findings.map(({ path }) => path))];
  return paths.flatMap((path) => {
    const own = findings.filter((each) => each.path === path);
    return HEAVIEST_FIRST.flatMap((weight) => own.find((each) => each.weight === weight) ?? []).slice(0, 1);
  });
};

/** Puts all findings into one message, which begins with the first one's property. */
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
 * Velero drops these from what a backup includes, and excludes them: a list of nothing else is empty then, which means
 * all (velero `pkg/controller/backup_controller.go`, modifyResourceIncludeExclude).
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

/** Tells why nothing of these kinds is ever taken, or undefined. */
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

/** A short word of which a letter is wrong is mostly another word; so is a longer one with three. */
const mistakesIn = (word: string): number => (word.length <= 4 ? 1 : 2);

interface Near {
  /** As `deployments.apps`, the nearest ones. */
  names: string[];
  /** One of them must be meant; else it may be a kind of its own, which is still to come. */
  isCertain: boolean;
}

/** The kinds that a word may stand for which means none to Velero. */
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
  // A kind of the same name may be in another group. Only definitions add groups later, and theirs have a dot.
  const [name = "", ...group] = word.split(".");
  const elsewhere = aliases.get(name.toLowerCase()) ?? [];
  return { names: [...elsewhere], isCertain: elsewhere.length > 0 && group.length === 1 };
}

/** Maps every name of a kind, in small letters, to its full names. */
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
