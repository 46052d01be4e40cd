import { resolveKind } from "../../velero/resolve-kind.ts";
import type { KindFacts, KindFinding } from "./kind-mention.ts";

export type Order = Record<string, string[]>;

/**
 * An order as Velero looks it up: by the plural alone, without a group, and by `namespace/name` (velero
 * `pkg/backup/item_collector.go`, getOrderedResourcesForType and sortResourcesByOrder). A kind that is not there keeps
 * its word.
 */
export function orderOf(declared: Order, { kinds }: Pick<KindFacts, "kinds">): Order {
  return Object.fromEntries(
    Object.entries(declared).map(([word, names]) => [resolveKind(word, kinds)?.plural ?? word, names]),
  );
}

/** Finds the entries of an order that Velero would not find. */
export function judgeOrder(declared: Order, { kinds }: Pick<KindFacts, "kinds">): KindFinding[] {
  const words = Object.keys(declared);
  return Object.entries(declared).flatMap(([word, names]): KindFinding[] => {
    const found = (path: string, reason: string): KindFinding => ({
      path,
      word,
      weight: "misplaced",
      reason,
    });
    const path = `orderedResources.${word}`;
    const kind = resolveKind(word, kinds);
    if (!kind) return [];
    const same = words.find((other) => other !== word && resolveKind(other, kinds)?.plural === kind.plural);
    return [
      ...(same !== undefined && words.indexOf(same) < words.indexOf(word)
        ? [found(path, `Velero takes "${word}" and "${same}" for one and the same: put them into one list`)]
        : []),
      ...names.flatMap((name, index) => {
        if (name.includes("/") === kind.isNamespaced) return [];
        const reason = kind.isNamespaced
          ? `"${name}" says no namespace: Velero looks for namespace/${name}`
          : `${kind.plural} lie in no namespace: Velero looks for "${name.split("/")[1]}"`;
        return [found(`${path}.${index}`, reason)];
      }),
    ];
  });
}
