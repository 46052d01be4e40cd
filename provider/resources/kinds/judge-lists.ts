import type { KindFacts, KindFinding, KindMention } from "./kind-mention.ts";
import { kindsMeant } from "./kinds-meant.ts";

/** These parts of a declaration decide what comes of its lists of kinds. */
export interface Around {
  includeClusterResources?: boolean | undefined;
  /** Not all namespaces are taken. */
  isLimited: boolean;
}

/** Finds words that contradict each other, and lists of which nothing can come. */
export function judgeLists(
  mentions: readonly KindMention[],
  around: Around,
  facts: KindFacts,
): KindFinding[] {
  const read = mentions.map((mention) => ({ ...mention, meant: kindsMeant(mention, facts) }));
  return [
    ...contradictions(read),
    ...hooksWithoutPods(read),
    ...outOfScope(
      read.filter(({ list }) => list === "includedResources"),
      around,
      facts,
    ),
  ];
}

type Read = KindMention & { meant: readonly string[] };

const misplaced = ({ path, word }: KindMention, reason: string): KindFinding => ({
  path,
  word,
  weight: "misplaced",
  reason,
});

const PAIRS = [
  ["includedResources", "excludedResources"],
  ["includedClusterScopedResources", "excludedClusterScopedResources"],
  ["includedNamespaceScopedResources", "excludedNamespaceScopedResources"],
];

/** Finds a kind in both lists under two of its names. The schema finds the same word in both. */
const contradictions = (read: readonly Read[]): KindFinding[] =>
  PAIRS.flatMap(([included, excluded]) => {
    const wanted = read.filter(({ list, meant }) => list === included && meant.length === 1);
    return read
      .filter(({ list }) => list === excluded)
      .flatMap((unwanted) => {
        const both = wanted.find(
          ({ word, meant: [kind = ""] }) => word !== unwanted.word && unwanted.meant.includes(kind),
        );
        return both
          ? [misplaced(unwanted, `"${unwanted.word}" leaves out what ${included} names as "${both.word}"`)]
          : [];
      });
  });

const HOOK = /^hooks\.resources\.\d+\.(included|excluded)Resources$/;

/** Velero runs hooks for pods alone (velero `internal/hook/item_hook_handler.go`). */
function hooksWithoutPods(read: readonly Read[]): KindFinding[] {
  const lists = [...new Set(read.map(({ list }) => list))].filter((list) => HOOK.test(list));
  return lists.flatMap((list) => {
    const words = read.filter((each) => each.list === list);
    const pods = words.find(({ meant }) => meant.includes("pods"));
    const [culprit] = list.endsWith("excludedResources") ? [pods] : pods ? [] : words;
    return culprit ? [misplaced(culprit, "leaves out pods, and Velero runs hooks for pods alone")] : [];
  });
}

/** Velero takes these along with what they belong to, also if nobody asks for cluster-scoped kinds. */
const COMPANIONS = [
  "persistentvolumes",
  "customresourcedefinitions.apiextensions.k8s.io",
  "clusterroles.rbac.authorization.k8s.io",
  "clusterrolebindings.rbac.authorization.k8s.io",
  "priorityclasses.scheduling.k8s.io",
  "volumesnapshotcontents.snapshot.storage.k8s.io",
  "volumesnapshotclasses.snapshot.storage.k8s.io",
];

/** Finds kinds that lie in no namespace, if Velero takes none, or only those that belong to what it captures. */
function outOfScope(
  words: readonly Read[],
  { includeClusterResources, isLimited }: Around,
  { kinds, purpose }: KindFacts,
): KindFinding[] {
  if (includeClusterResources === true || (includeClusterResources === undefined && !isLimited)) return [];
  const clusterScoped = kinds.filter((kind) => !kind.isNamespaced).map(({ groupResource }) => groupResource);
  const isOutside = ({ meant }: Read) =>
    meant.length > 0 && meant.every((kind) => clusterScoped.includes(kind) && kind !== "namespaces");
  const outside = words.filter(isOutside);
  if (includeClusterResources === false)
    return outside.map((each) =>
      misplaced(
        each,
        `"${each.word}" lies in no namespace, and includeClusterResources: false leaves it out`,
      ),
    );
  const isNothing = outside.length === words.length;
  return outside
    .filter(({ meant }) => isNothing || !meant.every((kind) => COMPANIONS.includes(kind)))
    .map(({ path, word }) => ({
      path,
      word,
      weight: isNothing ? "misplaced" : "idle",
      reason: `"${word}" lies in no namespace, and where not all namespaces are ${purpose === "backup" ? "backed up" : "restored"} Velero leaves it out: say includeClusterResources: true`,
    }));
}
