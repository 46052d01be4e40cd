import type { ServedKind } from "../../kubernetes/discovery.ts";
import { isForVelero, resolveKind, resolveKindAlone } from "../../velero/resolve-kind.ts";
import { globToRegExp } from "../restore/glob.ts";
import type { KindFacts, KindMention } from "./kind-mention.ts";

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
