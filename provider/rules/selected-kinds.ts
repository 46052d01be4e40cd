import { nameOf } from "../core/identity.ts";
import { hasUnknown, isUnknown } from "../core/values.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { clusterLabel, type Connection } from "../kubernetes/connection.ts";
import { freshDiscovery, type Served, sharedDiscovery } from "../kubernetes/discovery.ts";
import { isDrill, restoredBy } from "../schemas/restore-options.ts";
import type { RestoreOptions } from "../velero/restore-option-entries.ts";
import type { ResourcePolicy, SelectionInputs } from "../velero/selection-entries.ts";
import { selectionOf } from "../schemas/selection.ts";
import { membersOf, type WorkspaceBackupInputs } from "../schemas/workspace-backup.ts";
import { foundInAll, judgeKinds, judgeLists, judgeOrder, type Order, orderOf } from "./judge-kinds.ts";
import {
  type KindFacts,
  type KindFinding,
  type KindMention,
  kindProblem,
  kindsMeant,
  oneEach,
} from "./kind-words.ts";
import type { Session } from "../session.ts";
import { type Finding, refusal, warning } from "./finding.ts";
import type { ClusterRule } from "./preflight.ts";

/** Finds the words for kinds in a backup's declaration that Velero would read differently. */
export function judgeSelectedKinds(
  selection: SelectionInputs,
  facts: Omit<KindFacts, "purpose" | "stored">,
): KindFinding[] {
  const all: KindFacts = { ...facts, purpose: "backup" };
  const mentions = kindMentions(selection);
  const { includedNamespaces = [], excludedNamespaces = [], includeClusterResources } = selection;
  const isLimited = excludedNamespaces.length > 0 || includedNamespaces.some((entry) => entry !== "*");
  return oneEach([
    ...judgeKinds(mentions, all),
    ...judgeLists(mentions, { includeClusterResources, isLimited }, all),
    ...judgeOrder(selection.orderedResources ?? {}, all),
  ]);
}

const SCOPED = {
  includedClusterScopedResources: { isNamespaced: false, other: "includedNamespaceScopedResources" },
  excludedClusterScopedResources: { isNamespaced: false, other: "excludedNamespaceScopedResources" },
  includedNamespaceScopedResources: { isNamespaced: true, other: "includedClusterScopedResources" },
  excludedNamespaceScopedResources: { isNamespaced: true, other: "excludedClusterScopedResources" },
} as const;

const SCOPED_KEYS = Object.keys(SCOPED) as (keyof typeof SCOPED)[];

/** Returns every word for kinds in a backup's declaration. */
export function kindMentions(selection: SelectionInputs): KindMention[] {
  const { includedResources, excludedResources, hooks, orderedResources } = selection;
  const policies: ResourcePolicy = selection.resourcePolicy ?? {};
  const scoped = (prefix: string, lists: ResourcePolicy["includeExcludePolicy"] = {}) =>
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

/** Returns the words of one list. */
const mentionsIn = (
  list: string,
  words: readonly string[] = [],
  how: Partial<Pick<KindMention, "reads" | "isWanted" | "scope">> = {},
): KindMention[] =>
  words.flatMap((word, index) =>
    isUnknown(word)
      ? []
      : [{ path: `${list}.${index}`, list, word, reads: "filter", isWanted: false, ...how }],
  );

interface KindRequirement {
  /**
   * `all`: every wrong word is refused. `nothing there`: the cluster is one of many, and is refused only if it has none
   * of the included kinds. `none`: the backup was taken long ago, and nothing is refused.
   */
  refuses: "all" | "nothing there" | "none";
  tell: (notice: string) => void;
}

/**
 * Compares the declared kinds with those that the cluster serves. Words that Velero would ignore are refused before
 * anything begins. Returns the order as Velero looks it up.
 */
export async function requireKinds(
  client: KubernetesClient,
  selection: SelectionInputs,
  { refuses, tell }: KindRequirement,
): Promise<Order | undefined> {
  if (kindMentions(selection).length === 0) return undefined;
  const judge = ({ kinds, silent }: Served) =>
    judgeSelectedKinds(selection, { cluster: client.label.key, kinds, silent });
  let served = await sharedDiscovery(client);
  let findings = judge(served);
  if (findings.length > 0) {
    served = await freshDiscovery(client);
    findings = judge(served);
  }
  const refused = findings.filter(({ weight }) => weight !== "idle");
  const problem = kindProblem(
    { all: refused, "nothing there": nothingLeft(refused, selection, served), none: [] }[refuses],
    "No backup was begun.",
  );
  if (problem) throw problem;
  if (refuses === "all")
    for (const { path, reason } of findings.filter(({ weight }) => weight === "idle"))
      tell(`${path}: ${reason}`);
  return selection.orderedResources && orderOf(selection.orderedResources, served);
}

/**
 * Keeps the findings only if the cluster certainly has none of the included kinds, so that its backup would be empty.
 * An existing schedule is then removed.
 */
function nothingLeft(
  findings: readonly KindFinding[],
  selection: SelectionInputs,
  { kinds, silent }: Served,
): KindFinding[] {
  if (silent.length > 0) return [];
  const mentions = kindMentions(selection);
  const of = (list: keyof SelectionInputs) => mentions.filter((each) => each.list === list);
  const isNone = (words: readonly KindMention[]) =>
    words.every((each) => kindsMeant(each, { kinds }).length === 0);
  const old = of("includedResources");
  const [inNamespaces, inCluster] = [
    of("includedNamespaceScopedResources"),
    of("includedClusterScopedResources"),
  ];
  const wanted = old.length > 0 ? old : inNamespaces.length > 0 ? [...inNamespaces, ...inCluster] : [];
  if (wanted.length === 0 || !isNone(wanted)) return [];
  return findings.filter(({ path }) => wanted.some((each) => each.path === path));
}

type Reach = Record<string, { connection: Connection } | undefined>;

/** The clusters of a backup serve the declared kinds. */
export async function kindsServed(
  session: Session,
  reach: Reach,
  selection: SelectionInputs,
): Promise<Finding[]> {
  const connections = Object.values(reach).map((each) => each?.connection);
  if (hasUnknown([connections, selectionOf(selection)]) || kindMentions(selection).length === 0) return [];
  const answers = await Promise.all(
    Object.entries(reach).flatMap(([key, each]) =>
      each && !each.connection.offline
        ? [findingsInPreview(session, key, each.connection, (facts) => judgeSelectedKinds(selection, facts))]
        : [],
    ),
  );
  const asked = answers.filter((each) => each !== undefined);
  const findings = foundInAll(asked);
  // A cluster that could not be asked may have the kind.
  return kindFindings(asked.length === answers.length ? findings : findings.filter(isDefinite));
}

/** The target of a restore serves the declared kinds, as far as that is known without reading the backup. */
export const restoredKindsServed = (cluster: string, options: RestoreOptions): ClusterRule => ({
  inputs: [restoredBy(options)],
  async find({ client }) {
    if (restoredKindMentions(options).length === 0) return [];
    const findings = judgeRestoredKinds(options, { cluster, ...(await sharedDiscovery(client)) });
    return kindFindings(findings.filter(isDefinite));
  },
});

/**
 * Refuses words that no definition can make right. Other words are warnings, because the same `up` may define the kind.
 */
export function kindFindings(findings: readonly KindFinding[]): Finding[] {
  const problem = kindProblem(findings.filter(isDefinite), "");
  const others = findings.filter((each) => !isDefinite(each));
  return [
    ...(problem ? [refusal(problem)] : []),
    ...others.map(({ path, reason }) => warning(`${path}: ${reason}`)),
  ];
}

const isDefinite = ({ weight }: KindFinding): boolean => weight === "misspelt" || weight === "misplaced";

/** Returns undefined if the cluster cannot be reached, which another check reports. */
async function findingsInPreview(
  session: Session,
  cluster: string,
  connection: Connection,
  judge: (facts: Omit<KindFacts, "purpose">) => KindFinding[],
): Promise<KindFinding[] | undefined> {
  try {
    const { client } = await session.clusters.open(connection, clusterLabel(cluster), undefined);
    return judge({ cluster, ...(await sharedDiscovery(client)) });
  } catch {
    return undefined;
  }
}

/**
 * Refuses kinds that no cluster has, before anything begins. If a cluster cannot be reached, it may have a missing
 * kind. Then there is only a warning.
 */
export async function requireKindsSomewhere(
  session: Session,
  workspace: WorkspaceBackupInputs,
): Promise<void> {
  if (kindMentions(workspace).length === 0) return;
  const keys = membersOf(workspace).filter((key) => !workspace.reach[key]?.connection.offline);
  const answers = await Promise.all(keys.map((key) => findingsIn(session, workspace, key)));
  const asked = answers.filter((each) => each !== undefined);
  const isWhole = asked.length === keys.length;
  const findings = foundInAll(asked);
  const isRefused = ({ weight }: KindFinding) => weight !== "idle" && (isWhole || weight !== "unknown");
  for (const { path, reason } of findings.filter((each) => !isRefused(each)))
    session.notices.warn(nameOf(workspace.owner), `${path}: ${reason}`);
  const problem = kindProblem(findings.filter(isRefused), "No backup was begun.");
  if (problem) throw problem;
}

/** Returns undefined if the cluster cannot be reached, which the cluster's own part reports. */
async function findingsIn(
  session: Session,
  workspace: WorkspaceBackupInputs,
  cluster: string,
): Promise<KindFinding[] | undefined> {
  const { connection } = workspace.reach[cluster] ?? {};
  if (!connection) return undefined;
  try {
    const { client } = await session.clusters.open(connection, clusterLabel(cluster), undefined);
    return judgeSelectedKinds(workspace, { cluster, ...(await freshDiscovery(client)) });
  } catch {
    return undefined;
  }
}

/** Finds the words for kinds in a restore's options that Velero would read differently. */
export function judgeRestoredKinds(
  options: RestoreOptions,
  facts: Omit<KindFacts, "purpose">,
): KindFinding[] {
  const all: KindFacts = { ...facts, purpose: "restore" };
  const mentions = restoredKindMentions(options);
  const { includedNamespaces = [], excludedNamespaces = [], includeClusterResources } = options;
  const isLimited = excludedNamespaces.length > 0 || includedNamespaces.some((entry) => entry !== "*");
  // A drill excludes cluster-scoped objects, whatever it names.
  const around = isDrill(options) ? { isLimited: false } : { includeClusterResources, isLimited };
  return oneEach([...judgeKinds(mentions, all), ...judgeLists(mentions, around, all)]);
}

/** Returns every word for kinds in a restore's options. */
export const restoredKindMentions = ({
  includedResources,
  excludedResources,
  restoreStatus,
  resourceModifiers = [],
}: RestoreOptions): KindMention[] => [
  ...mentionsIn("includedResources", includedResources, { isWanted: true }),
  ...mentionsIn("excludedResources", excludedResources),
  ...mentionsIn("restoreStatus.includedResources", restoreStatus?.includedResources, { isWanted: true }),
  ...mentionsIn("restoreStatus.excludedResources", restoreStatus?.excludedResources),
  ...resourceModifiers.map(({ conditions: { groupResource: word } }, index) => ({
    path: `resourceModifiers.${index}.conditions.groupResource`,
    list: "resourceModifiers",
    word,
    reads: "glob" as const,
    isWanted: false,
  })),
];
