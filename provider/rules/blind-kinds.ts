import { setTimeout as sleep } from "node:timers/promises";
import { Problem, wordsOf } from "../core/errors.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { freshDiscovery, type ServedKind } from "../kubernetes/discovery.ts";
import { isForbidden, KubernetesError } from "../kubernetes/kubernetes-error.ts";
import { customResourceDefinitions, type KubernetesObject } from "../kubernetes/resources.ts";
import { withPolicyInForce } from "./resource-policy.ts";
import type { Deadline } from "../core/deadline.ts";
import type { Progress } from "../core/notices.ts";
import type { ResourcePolicy, SelectionInputs } from "../velero/selection-entries.ts";
import { holdsKind, parseResourceList } from "../velero/backup-files.ts";
import { groupOf, isForVelero, listFilter, matchesLabels, resolveKind } from "../velero/matching.ts";
import type { Backup, BackupSpec } from "../velero/types.ts";
import { type FilePlace, veleroFile } from "../velero/velero-file.ts";

/** A kind that a backup should have objects of, and has none. */
export interface BlindKind {
  groupResource: string;
  definedAt: Date;
  /** One of the missing objects. */
  example: string;
}

/** Velero's server does not start without these kinds (velero `pkg/cmd/server/server.go`, veleroResourcesExist). */
const OWN_GROUP = ".velero.io";

/** Velero has seen an older definition many times. */
const YOUNG_MS = 3_600_000;

/**
 * Returns the kinds that a backup lacks because Velero had not discovered them yet: Velero refreshes its list of served
 * kinds every five minutes. The objects decide: the kind was defined shortly before the backup began, the backup
 * includes it, such objects existed in the backup's namespaces, and the backup has none of them. `unseen` is the reason
 * why this could not be checked.
 */
export async function blindKinds(
  backup: Backup,
  selection: Pick<SelectionInputs, "resourcePolicy">,
  place: FilePlace,
): Promise<{ blind: BlindKind[]; unseen?: string | undefined }> {
  const { client } = place;
  const began = new Date(backup.status?.startTimestamp ?? "");
  const definitions = await listUnlessForbidden(client, customResourceDefinitions, undefined);
  if (!definitions) return { blind: [], unseen: mayNotList(["customresourcedefinitions"]) };
  const young = definitions.filter(({ metadata: { name, creationTimestamp = "" } }) => {
    const age = began.getTime() - Date.parse(creationTimestamp);
    return age >= 0 && age < YOUNG_MS && !name.endsWith(OWN_GROUP);
  });
  if (young.length === 0) return { blind: [] };

  const { resourcePolicy } = await withPolicyInForce(client, place.namespace, selection);
  const policies: ResourcePolicy = resourcePolicy ?? {};
  const { kinds } = await freshDiscovery(client);
  const isTaken = kindFilter(backup.spec, policies.includeExcludePolicy, kinds);
  const suspects = young.flatMap(({ metadata }) => {
    const kind = kinds.find(({ groupResource }) => groupResource === metadata.name);
    const definedAt = new Date(metadata.creationTimestamp ?? "");
    return kind && isTaken(kind) && !isFiltered(kind, policies) ? [{ kind, definedAt }] : [];
  });
  const missing = await Promise.all(
    suspects.map(async ({ kind, definedAt }) => {
      const objects = await objectsFor(client, kind, backup.spec, policies).catch(unlisted);
      if (typeof objects === "string")
        return { trouble: `${kind.groupResource} cannot be listed: ${objects}` };
      if (!objects) return { hidden: kind.groupResource };
      const first = objects.find(({ metadata }) => isThere(metadata.creationTimestamp, began));
      return {
        kind,
        blind: first && { groupResource: kind.groupResource, definedAt, example: nameOf(first) },
      };
    }),
  );
  const hidden = missing.flatMap((each) => each.hidden ?? []);
  const lacking = missing.flatMap(({ kind, blind }) => (kind && blind ? [{ kind, blind }] : []));
  const troubles = [
    ...(hidden.length > 0 ? [mayNotList(hidden)] : []),
    ...missing.flatMap((each) => each.trouble ?? []),
  ];
  const unseen = troubles.length > 0 ? troubles.join("; ") : undefined;
  if (lacking.length === 0) return { blind: [], unseen };
  const file = await veleroFile("resourceList", place, "store");
  if (!file) return { blind: [], unseen: "Velero's list of what it holds is not there" };
  const list = parseResourceList(file);
  return {
    blind: lacking.flatMap(({ kind, blind }) =>
      holdsKind(list, { group: groupOf(kind), kind: kind.kind }) ? [] : [blind],
    ),
    unseen,
  };
}

/**
 * The server or the conversion of a new kind may not work. It fails in the same way each time, and must not block other
 * kinds.
 */
function unlisted(error: unknown): string {
  if (error instanceof KubernetesError && error.status >= 400) return wordsOf(error);
  throw error;
}

const mayNotList = (kinds: readonly string[]): string => `these credentials may not list ${kinds.join(", ")}`;

/** Returns true if a finer filter decides about objects of this kind. */
const isFiltered = ({ isNamespaced }: ServedKind, { clusterScopedFilterPolicy }: ResourcePolicy): boolean =>
  !isNamespaced && clusterScopedFilterPolicy !== undefined;

/**
 * Lists the objects of a kind that the backup should take. Returns undefined if these credentials may not list them.
 */
async function objectsFor(
  client: KubernetesClient,
  kind: ServedKind,
  spec: BackupSpec,
  { namespacedFilterPolicies = [] }: ResourcePolicy,
): Promise<KubernetesObject[] | undefined> {
  const { includedNamespaces = [], excludedNamespaces = [] } = spec;
  const named = includedNamespaces.filter((name) => !/[*?[]/.test(name));
  const areNamed = kind.isNamespaced && named.length > 0 && named.length === includedNamespaces.length;
  const lists = await Promise.all(
    (areNamed ? named : [undefined]).map((namespace) => listUnlessForbidden(client, kind, namespace)),
  );
  if (lists.includes(undefined)) return undefined;
  const isWanted = listFilter(includedNamespaces, excludedNamespaces);
  // A policy in somebody's own ConfigMap may name no namespaces.
  const isFinelyFiltered = listFilter(namespacedFilterPolicies.flatMap(({ namespaces }) => namespaces ?? []));
  return lists
    .flatMap((each) => each ?? [])
    .filter(
      ({ metadata: { namespace, labels = {}, deletionTimestamp } }) =>
        deletionTimestamp === undefined &&
        labels["velero.io/exclude-from-backup"] !== "true" &&
        matchesLabels(spec, labels) &&
        (namespace === undefined ||
          (isWanted(namespace) && !(namespacedFilterPolicies.length > 0 && isFinelyFiltered(namespace)))),
    );
}

async function listUnlessForbidden(
  client: KubernetesClient,
  type: { apiVersion: string; kind: string; plural: string },
  namespace: string | undefined,
): Promise<KubernetesObject[] | undefined> {
  const scope = { type, ...(namespace === undefined ? {} : { namespace }), metadataOnly: true as const };
  return client.list(scope).then(
    ({ items }) => items,
    (error: unknown) => {
      if (!isForbidden(error)) throw error;
      return undefined;
    },
  );
}

const isThere = (created: string | undefined, when: Date): boolean =>
  new Date(created ?? "").getTime() <= when.getTime();

const nameOf = ({ metadata: { namespace, name } }: KubernetesObject): string =>
  namespace === undefined ? name : `${namespace}/${name}`;

/**
 * Velero's interval for the discovery of kinds (velero `pkg/cmd/server/server.go`, initDiscoveryHelper), and the
 * longest time that a discovery takes.
 */
const REFRESH_MS = 300_000;
const MARGIN_MS = 30_000;

interface WaitOptions {
  deadline: Deadline;
  progress: Progress;
  now: () => Date;
  place: string;
  /** True if no other backup is taken after this one. */
  isLast: boolean;
}

/**
 * Waits until Velero must have discovered the kinds that a backup lacks, so that another backup can be taken. Fails if
 * the deadline is earlier, or if Velero must have discovered them already.
 */
export async function outwaitDiscovery(
  { status = {} }: Backup,
  blind: readonly BlindKind[],
  { place, isLast, deadline, progress, now }: WaitOptions,
): Promise<void> {
  const seenAt = Math.max(...blind.map(({ definedAt }) => definedAt.getTime())) + REFRESH_MS + MARGIN_MS;
  const lacks = `${place} is Completed, and yet holds none of ${blind.map(blindKindInWords).join(", ")}`;
  if (isLast || Date.parse(status.startTimestamp ?? "") > seenAt)
    throw new Problem({
      code: "UndiscoveredKinds",
      what: `${lacks}: Velero should have seen by then that the API serves it, and has not`,
      todo: "See its log, restart its server (kubectl rollout restart deployment/velero) and run up again, which takes another.",
    });
  // The cluster's clock counts if it is known: the program's clock may be slow.
  const today = Math.max(now().getTime(), Date.parse(status.completionTimestamp ?? "") || 0);
  const [remaining, time] = [seenAt - today, new Date(seenAt).toISOString().slice(11, 19)];
  if (remaining > (deadline.endsAt ?? Number.POSITIVE_INFINITY) - now().getTime())
    throw new Problem({
      code: "UndiscoveredKinds",
      what: `${lacks}: Velero looks every five minutes at what the API serves, and had not seen it yet`,
      todo: `Run up again after ${time}Z, which takes another; or restart Velero's server and run it at once. With a longer ${deadline.name} it waits for that by itself.`,
    });
  if (remaining <= 0) return;
  const kinds = blind.map(({ groupResource }) => groupResource).join(", ");
  progress.report(
    `${place} holds none of ${kinds}, and is rejected: Velero looks every five minutes at what the API serves`,
    `another is taken at ${time}Z`,
  );
  try {
    await sleep(remaining, undefined, { signal: deadline.signal });
  } finally {
    progress.stop();
  }
}

const blindKindInWords = ({ groupResource, definedAt, example }: BlindKind): string =>
  `${groupResource} (${example}; defined at ${definedAt.toISOString().slice(11, 19)}Z)`;

type Scoped = NonNullable<ResourcePolicy["includeExcludePolicy"]>;

/**
 * Returns a filter for the kinds that a backup takes, by its spec and the filters of its resource policy. The rules are
 * Velero's (velero `pkg/util/collections/includes_excludes.go`, both ShouldInclude).
 */
export function kindFilter(
  spec: BackupSpec,
  policy: Partial<Scoped> | undefined,
  kinds: readonly ServedKind[],
): (kind: ServedKind) => boolean {
  const isWholeCluster =
    (spec.excludedNamespaces ?? []).length === 0 && (spec.includedNamespaces ?? ["*"]).includes("*");
  const takes = isOld(spec)
    ? oldFilter(spec, kinds, isWholeCluster)
    : scopedFilter(spec, policy, kinds, isWholeCluster);
  return (kind) => isForVelero(kind) && takes(kind);
}

const isOld = ({
  includeClusterResources,
  includedResources = [],
  excludedResources = [],
}: BackupSpec): boolean =>
  includeClusterResources !== undefined || includedResources.length + excludedResources.length > 0;

const NAMESPACES = "namespaces";

function oldFilter(spec: BackupSpec, kinds: readonly ServedKind[], isWholeCluster: boolean) {
  const resolve = (words: readonly string[] = []) =>
    words.map((word) => resolveKind(word, kinds)?.groupResource ?? word);
  const isNamed = listFilter(resolve(spec.includedResources), resolve(spec.excludedResources));
  return ({ groupResource, isNamespaced }: ServedKind): boolean => {
    if (!isNamespaced && spec.includeClusterResources === false) return false;
    const isBeside = !isNamespaced && groupResource !== NAMESPACES;
    if (isBeside && spec.includeClusterResources === undefined && !isWholeCluster) return false;
    return isNamed(groupResource);
  };
}

function scopedFilter(
  spec: BackupSpec,
  policy: Partial<Scoped> | undefined,
  kinds: readonly ServedKind[],
  isWholeCluster: boolean,
) {
  const resolve = (words: readonly string[] = [], isNamespaced: boolean) =>
    words.flatMap((word) => {
      const kind = resolveKind(word, kinds);
      if (!kind) return [word];
      return kind.isNamespaced === isNamespaced ? [kind.groupResource] : [];
    });
  const lists = (included: keyof Scoped, excluded: keyof Scoped, isNamespaced: boolean) => {
    const [wanted, unwanted] = [resolve(spec[included], isNamespaced), resolve(spec[excluded], isNamespaced)];
    const isDecided = (kind: string) => [...wanted, ...unwanted].some((glob) => listFilter([glob])(kind));
    // The backup's own filters take precedence over those of its policy.
    return {
      wanted: [...wanted, ...resolve(policy?.[included], isNamespaced).filter((kind) => !isDecided(kind))],
      unwanted: [
        ...unwanted,
        ...resolve(policy?.[excluded], isNamespaced).filter((kind) => !isDecided(kind)),
      ],
    };
  };
  const inNamespaces = lists("includedNamespaceScopedResources", "excludedNamespaceScopedResources", true);
  const inCluster = lists("includedClusterScopedResources", "excludedClusterScopedResources", false);
  const isAll = ({ wanted, unwanted }: { wanted: string[]; unwanted: string[] }) =>
    unwanted.length === 0 && (wanted.length === 0 || wanted.includes("*"));
  const isUnsaid = inCluster.wanted.length + inCluster.unwanted.length === 0;
  return ({ groupResource, isNamespaced }: ServedKind): boolean => {
    if (isNamespaced) return listFilter(inNamespaces.wanted, inNamespaces.unwanted)(groupResource);
    if (!listFilter([], inCluster.unwanted)(groupResource)) return false;
    if (isUnsaid && isWholeCluster && isAll(inNamespaces)) return true;
    if (groupResource === NAMESPACES) return true;
    return inCluster.wanted.length > 0 && listFilter(inCluster.wanted)(groupResource);
  };
}
