import { nearestNames } from "../../nearest-names.ts";
import { isForVelero, resolveKind } from "../../velero/resolve-kind.ts";
import type { KindFacts } from "./kind-mention.ts";

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
