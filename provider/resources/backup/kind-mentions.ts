import { isUnknown } from "../../lifecycle/unknown.ts";
import type { KindMention } from "../kinds/kind-mention.ts";
import type { SelectionInputs } from "./selection.ts";

const SCOPED = {
  includedClusterScopedResources: { isNamespaced: false, other: "includedNamespaceScopedResources" },
  excludedClusterScopedResources: { isNamespaced: false, other: "excludedNamespaceScopedResources" },
  includedNamespaceScopedResources: { isNamespaced: true, other: "includedClusterScopedResources" },
  excludedNamespaceScopedResources: { isNamespaced: true, other: "excludedClusterScopedResources" },
} as const;

const SCOPED_KEYS = Object.keys(SCOPED) as (keyof typeof SCOPED)[];

/** The parts of `resourcePolicy` that name kinds. */
export interface Policies {
  includeExcludePolicy?: Partial<Record<keyof typeof SCOPED, string[]>>;
  namespacedFilterPolicies?: { resourceFilters?: { kinds?: string[] }[] }[];
  clusterScopedFilterPolicy?: { resourceFilters?: { kinds?: string[] }[] };
}

/** Lists every word for kinds in a backup's declaration. */
export function kindMentions(selection: SelectionInputs): KindMention[] {
  const { includedResources, excludedResources, hooks, orderedResources } = selection;
  const policies: Policies = selection.resourcePolicy ?? {};
  const scoped = (prefix: string, lists: Partial<Record<keyof typeof SCOPED, string[] | undefined>> = {}) =>
    SCOPED_KEYS.flatMap((key) => {
      const { isNamespaced, other } = SCOPED[key];
      const scope = { isNamespaced, other: prefix + other };
      return mentionsIn(prefix + key, lists[key], { isWanted: key.startsWith("included"), scope });
    });
  const filters = (path: string, list: { kinds?: string[] }[] = [], scope: KindMention["scope"]) =>
    list.flatMap(({ kinds }, index) =>
      mentionsIn(`${path}.resourceFilters.${index}.kinds`, kinds, {
        reads: "policy",
        isWanted: true,
        ...(scope && { scope }),
      }),
    );
  const inNamespaces = "resourcePolicy.namespacedFilterPolicies";
  const inCluster = "resourcePolicy.clusterScopedFilterPolicy";
  return [
    ...mentionsIn("includedResources", includedResources, { isWanted: true }),
    ...mentionsIn("excludedResources", excludedResources),
    ...scoped("", selection),
    ...scoped("resourcePolicy.includeExcludePolicy.", policies.includeExcludePolicy),
    ...(policies.namespacedFilterPolicies ?? []).flatMap(({ resourceFilters }, index) =>
      filters(`${inNamespaces}.${index}`, resourceFilters, { isNamespaced: true, other: inCluster }),
    ),
    ...filters(inCluster, policies.clusterScopedFilterPolicy?.resourceFilters, {
      isNamespaced: false,
      other: inNamespaces,
    }),
    ...(hooks?.resources ?? []).flatMap((hook, index) => [
      ...mentionsIn(`hooks.resources.${index}.includedResources`, hook.includedResources),
      ...mentionsIn(`hooks.resources.${index}.excludedResources`, hook.excludedResources),
    ]),
    ...Object.keys(orderedResources ?? {}).map((word) => ({
      path: `orderedResources.${word}`,
      list: "orderedResources",
      word,
      reads: "order" as const,
      isWanted: false,
    })),
  ];
}

/** The words of one list. */
export const mentionsIn = (
  list: string,
  words: readonly string[] = [],
  how: Partial<Pick<KindMention, "reads" | "isWanted" | "scope">> = {},
): KindMention[] =>
  words.flatMap((word, index) =>
    isUnknown(word)
      ? []
      : [{ path: `${list}.${index}`, list, word, reads: "filter", isWanted: false, ...how }],
  );
