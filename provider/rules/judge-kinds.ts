import { kindNamed, resolveKind } from "../velero/matching.ts";
import {
  type KindFacts,
  type KindFinding,
  type KindMention,
  kindsMeant,
  nearestKinds,
  neverTaken,
} from "./kind-words.ts";

/** Finds words that Velero would ignore without a message, or read differently. Returns one finding for each. */
export function judgeKinds(mentions: readonly KindMention[], facts: KindFacts): KindFinding[] {
  const findings = mentions.flatMap((mention) => judgeMention(mention, facts) ?? []);
  if (facts.purpose === "backup") return findings;
  return findings.map((finding) =>
    finding.weight === "idle" && isAllOfItsList(finding, mentions, facts)
      ? { ...finding, weight: "unknown", reason: `${finding.reason}. Nothing would be restored` }
      : finding,
  );
}

function judgeMention(mention: KindMention, facts: KindFacts): KindFinding | undefined {
  const { path, word } = mention;
  const found = (weight: KindFinding["weight"], reason: string) => ({ path, word, weight, reason });
  const meant = kindsMeant(mention, facts);
  if (meant.length === 0) return notThere(mention, facts, found);
  const never = mention.isWanted ? neverTaken(meant, facts.purpose) : undefined;
  if (never !== undefined) return found("misplaced", never);
  const { scope } = mention;
  if (scope === undefined || meant.some((each) => isNamespaced(each, facts) === scope.isNamespaced))
    return undefined;
  return found(
    "misplaced",
    `"${word}" lies ${scope.isNamespaced ? "in no namespace" : "in namespaces"}, and Velero would drop it here in silence: put it into ${scope.other}`,
  );
}

function notThere(
  { word, isWanted }: KindMention,
  facts: KindFacts,
  found: (weight: KindFinding["weight"], reason: string) => KindFinding,
): KindFinding | undefined {
  const { purpose, cluster, kinds, silent, stored } = facts;
  if (KNOWN_TO_VELERO.includes(word) && !(purpose === "backup" && isWanted)) return undefined;
  const inVain = isWanted ? "and Velero would pass over it in silence" : "so that it does nothing";
  const [name = "", ...group] = word.split(".");
  const served = kindNamed(name, group.join("."), kinds);
  const { names, isCertain } = nearestKinds(word, facts);
  const question = names.length > 0 ? ` (is ${names.slice(0, MOST).join(" or ")} meant?)` : "";
  if (served && !isCertain) {
    const reason = `Velero can do nothing with "${word}": its API does not list, create, get and delete them`;
    return found(isWanted ? "misplaced" : "idle", reason);
  }
  const unseen = silent.length > 0 ? ` (no answer came from ${silent.join(", ")})` : "";
  const place =
    stored === undefined
      ? `cluster "${cluster}" has no kind "${word}"${question}${unseen}`
      : `neither cluster "${cluster}" nor the backup has a kind "${word}"${question}${unseen}`;
  // A backup that cannot be read may have it.
  const mayBeStored = purpose === "restore" && stored === undefined && group.length > 1;
  if (isCertain && !mayBeStored) {
    const words = `"${word}" is no name of a kind to Velero here${question}, ${inVain}: mend it`;
    return found("misspelt", served ? words : `${place}, ${inVain}: mend it`);
  }
  if (!isWanted || mayBeStored) return found("idle", `${place}, ${inVain}`);
  // A restore misses nothing if neither the cluster nor the backup has the kind and the word is a full name.
  if (purpose === "restore" && group.length > 0) return found("idle", `${place}, so that none is restored`);
  const todo =
    purpose === "backup" ? "mend it, or make this resource depend on what defines the kind" : "mend it";
  return found("unknown", `${place}, ${inVain}: ${todo}`);
}

const MOST = 3;

/** Velero knows these kinds. A cluster without a CSI driver does not serve them (velero `pkg/restore/actions/csi`). */
const KNOWN_TO_VELERO = ["volumesnapshots", "volumesnapshotcontents", "volumesnapshotclasses"].map(
  (plural) => `${plural}.snapshot.storage.k8s.io`,
);

/** Returns undefined for a kind that only the backup has: it is not defined in the cluster yet. */
const isNamespaced = (groupResource: string, { kinds }: KindFacts): boolean | undefined =>
  kinds.find((kind) => kind.groupResource === groupResource)?.isNamespaced;

/** Returns true if no word of the included kinds matches anything. */
function isAllOfItsList({ path }: KindFinding, mentions: readonly KindMention[], facts: KindFacts): boolean {
  const own = mentions.find((mention) => mention.path === path);
  return (
    own?.list === "includedResources" &&
    facts.stored !== undefined &&
    mentions.filter(({ list }) => list === own.list).every((each) => kindsMeant(each, facts).length === 0)
  );
}

/** The other options that decide about the lists of kinds. */
export interface Around {
  includeClusterResources?: boolean | undefined;
  /** True if not all namespaces are selected. */
  isLimited: boolean;
}

/** Finds words that contradict each other, and lists that select nothing. */
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

/** Finds a kind that is in both lists under two names. The schema finds the same word in both. */
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

/** Velero runs hooks only for pods (velero `internal/hook/item_hook_handler.go`). */
function hooksWithoutPods(read: readonly Read[]): KindFinding[] {
  const lists = [...new Set(read.map(({ list }) => list))].filter((list) => HOOK.test(list));
  return lists.flatMap((list) => {
    const words = read.filter((each) => each.list === list);
    const pods = words.find(({ meant }) => meant.includes("pods"));
    const [culprit] = list.endsWith("excludedResources") ? [pods] : pods ? [] : words;
    return culprit ? [misplaced(culprit, "leaves out pods, and Velero runs hooks for pods alone")] : [];
  });
}

/** Velero includes these with the objects that they belong to, even without a request for cluster-scoped kinds. */
const COMPANIONS = [
  "persistentvolumes",
  "customresourcedefinitions.apiextensions.k8s.io",
  "clusterroles.rbac.authorization.k8s.io",
  "clusterrolebindings.rbac.authorization.k8s.io",
  "priorityclasses.scheduling.k8s.io",
  "volumesnapshotcontents.snapshot.storage.k8s.io",
  "volumesnapshotclasses.snapshot.storage.k8s.io",
];

/** Finds cluster-scoped kinds if Velero takes none of them, or only those that belong to captured objects. */
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

export type Order = Record<string, string[]>;

/**
 * Returns an order as Velero looks it up: by the plural without a group, and by `namespace/name` (velero
 * `pkg/backup/item_collector.go`, getOrderedResourcesForType and sortResourcesByOrder). A kind that does not exist
 * keeps its word.
 */
export function orderOf(declared: Order, { kinds }: Pick<KindFacts, "kinds">): Order {
  return Object.fromEntries(
    Object.entries(declared).map(([word, names]) => [resolveKind(word, kinds)?.plural ?? word, names]),
  );
}

/** Finds entries of an order that match nothing in Velero. */
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

const LIGHTEST_FIRST: readonly KindFinding["weight"][] = ["idle", "unknown", "misplaced", "misspelt"];

/** Returns the findings that hold in every cluster: a word is right if one cluster has the kind. */
export function foundInAll(clusters: readonly (readonly KindFinding[])[]): KindFinding[] {
  const [first = [], ...others] = clusters;
  if (others.length === 0) return [...first];
  return first.flatMap(({ path }) => {
    const same = clusters.flatMap((findings) => findings.find((each) => each.path === path) ?? []);
    if (same.length < clusters.length) return [];
    const lightest = LIGHTEST_FIRST.flatMap((weight) => same.find((each) => each.weight === weight) ?? [])[0];
    return lightest ? [{ ...lightest, reason: `${lightest.reason} (the same in every cluster)` }] : [];
  });
}
