import { wordsOf } from "../../core/errors.ts";
import type { KubernetesClient, Scope } from "../../kubernetes/client.ts";
import { discover, type Served, type ServedKind } from "../../kubernetes/discovery.ts";
import {
  isForbidden,
  isOfOneKind,
  isUnreachable,
  KubernetesError,
} from "../../kubernetes/kubernetes-error.ts";
import type { KubernetesObject } from "../../kubernetes/resources.ts";
import type { Target } from "../../restore-model/plan.ts";
import type { Selected } from "../../restore-model/select-items.ts";
import type { RestoreOptions } from "../../schemas/restore-options.ts";
import { packObjects } from "../../velero/backup-contents.ts";

export interface TargetCluster extends Target {
  kinds: readonly ServedKind[];
  /** Versions that the cluster names, and whose server did not answer. */
  silent: Served["silent"];
  /** Kinds of which these credentials may not list the objects: `secrets`. */
  hidden: readonly string[];
  /** Kinds whose objects the cluster could not list, each with its words. */
  down: ReadonlyMap<string, string>;
}

/** Kinds that are listed at a time. */
const AT_ONCE = 5;
/** More namespaces than that are not listed one by one. */
const MANY = 5;

/**
 * The target as a restore would find it: what it serves, and what stands in the places of the objects that are restored,
 * by list calls alone. `choose` chooses those, once it is known what is served. Of objects that nobody compares the
 * metadata alone is asked for, and the place alone is kept.
 */
export async function lookAtTarget<C extends { items: readonly Selected[] }>(
  client: KubernetesClient,
  choose: (kinds: readonly ServedKind[]) => C,
  {
    existingResourcePolicy,
    compares = false,
  }: Pick<RestoreOptions, "existingResourcePolicy"> & { compares?: boolean } = {},
): Promise<TargetCluster & { chosen: C }> {
  const { default: pMap } = await import("p-map");
  const { kinds, silent } = await discover(client);
  const chosen = choose(kinds);
  const { items } = chosen;
  const wanted = new Set(items.map(placeOf));
  const live: Found = new Map();
  const pack = packObjects();
  const hidden = new Set<string>();
  const down = new Map<string, string>();
  const scopes = scopesOf(items, kinds);
  await pMap(
    scopes,
    async ([kind, namespaces]) => {
      const { found, isHidden } = await look(kind, [...namespaces]).catch(async (error: unknown) => {
        down.set(kind.groupResource, await failureOfKind(client, kind, error));
        // Where no kind at all can be listed it is the cluster.
        if (down.size === scopes.length && !isOfOneKind(error)) throw error;
        return { found: new Map() as Found, isHidden: false };
      });
      if (isHidden) hidden.add(kind.groupResource);
      for (const [place, object] of found) live.set(place, object);
    },
    { concurrency: AT_ONCE },
  );
  async function look(kind: ServedKind, namespaces: readonly (string | undefined)[]) {
    const isWhole = compares || existingResourcePolicy === "update" || COMPARED.includes(kind.groupResource);
    const listed = await listIn(client, kind, namespaces, {
      isWhole,
      keep(object, namespace) {
        const { name } = object.metadata;
        const place = placeOf({ resource: kind.groupResource, intoNamespace: namespace, name });
        if (!wanted.has(place)) return undefined;
        return [place, isWhole ? pack.add<KubernetesObject>(JSON.stringify(object)) : there(name, namespace)];
      },
    });
    if (mayBeConverted(kind)) await requireConversion(client, kind);
    return listed;
  }
  // A definition that is there already stays as it is, with the versions that it has, unless it is to be patched.
  const brought = kindsBrought(
    items.filter((item) => existingResourcePolicy === "update" || !live.has(placeOf(item))),
  );
  const served = new Set(kinds.map(({ groupResource, apiVersion }) => `${apiVersion} ${groupResource}`));
  return {
    kinds,
    chosen,
    silent,
    hidden: [...hidden].toSorted(),
    down,
    knows: ({ resource, object }) =>
      brought.has(resource) ||
      // It may well be served, by a server that does not answer now.
      silent.includes(object.apiVersion ?? "") ||
      (object.apiVersion === undefined
        ? kinds.some(({ groupResource }) => groupResource === resource)
        : served.has(`${object.apiVersion} ${resource}`)),
    find: (item) => live.get(placeOf(item))?.(),
  };
}

/** They are merged whatever the policy, so that what they have matters. */
const COMPARED = ["serviceaccounts"];

interface Place {
  resource: string;
  intoNamespace?: string | undefined;
  name: string;
}

const placeOf = ({ resource, intoNamespace = "", name }: Place): string =>
  `${resource} ${intoNamespace}/${name}`;

const there = (name: string, namespace: string | undefined) => (): KubernetesObject => ({
  metadata: { name, ...(namespace !== undefined && { namespace }) },
});

/**
 * The kinds that are to be listed, each with its namespaces; undefined stands for what is in none. A kind is listed in
 * the version in which the backup has its objects, where that is served: in another one they may look different.
 */
function scopesOf(
  items: readonly Selected[],
  kinds: readonly ServedKind[],
): [ServedKind, Set<string | undefined>][] {
  const scopes = new Map<ServedKind, Set<string | undefined>>();
  for (const { resource, intoNamespace, object } of items) {
    const all = kinds.filter(({ groupResource }) => groupResource === resource);
    const kind = all.find(({ apiVersion }) => apiVersion === object.apiVersion) ?? all[0];
    if (kind?.isListable) scopes.set(kind, (scopes.get(kind) ?? new Set()).add(intoNamespace));
  }
  return [...scopes];
}

/** The objects that there are, by their places. */
type Found = Map<string, () => KubernetesObject>;

interface Keeping {
  /** All of each object is needed. */
  isWhole: boolean;
  /** Undefined for one that nobody looks for. */
  keep: (
    object: KubernetesObject,
    namespace: string | undefined,
  ) => [string, () => KubernetesObject] | undefined;
}

/** Of many namespaces all at once, where these credentials may do so. */
async function listIn(
  client: KubernetesClient,
  type: ServedKind,
  namespaces: readonly (string | undefined)[],
  keeping: Keeping,
): Promise<{ found: Found; isHidden: boolean }> {
  if (namespaces.length > MANY) {
    const found = await foundBy(client, { type }, keeping).catch(hidden);
    if (found) return { found, isHidden: false };
  }
  const { default: pMap } = await import("p-map");
  const lists = await pMap(
    namespaces,
    (namespace) => foundBy(client, { type, ...(namespace ? { namespace } : {}) }, keeping).catch(hidden),
    { concurrency: MANY },
  );
  return { found: new Map(lists.flatMap((each) => [...(each ?? [])])), isHidden: lists.includes(undefined) };
}

const METADATA = { metadataOnly: true } as const;

/** Page by page, so that a list is never held. */
async function foundBy(client: KubernetesClient, scope: Scope, { isWhole, keep }: Keeping): Promise<Found> {
  let found: Found = new Map();
  for await (const { items, isFirst } of client.pages({ ...scope, ...(!isWhole && METADATA) })) {
    if (isFirst) found = new Map();
    for (const object of items) {
      const [place, kept] = keep(object, scope.namespace ?? object.metadata.namespace) ?? [];
      if (place !== undefined && kept) found.set(place, kept);
    }
  }
  return found;
}

/** Names of kinds that Kubernetes itself brings end so, or have no dot. */
const mayBeConverted = ({ apiVersion, isNamespaced }: ServedKind): boolean =>
  isNamespaced && /^[^/]+\.[^/]+\//.test(apiVersion) && !/\.k8s\.io\//.test(apiVersion);

/**
 * Fails where objects of a kind cannot be converted, wherever they are: Velero lists each kind in all namespaces (velero
 * `pkg/restore/restore.go`), and a list of a namespace that has none converts nothing.
 */
async function requireConversion(client: KubernetesClient, type: ServedKind): Promise<void> {
  try {
    for await (const _page of client.pages({ type, metadataOnly: true })) return;
  } catch (error) {
    // Who may list some namespaces alone cannot know it.
    if (!isForbidden(error)) throw error;
  }
}

/** Kinds whose definitions are restored as well, which Velero does first. */
function kindsBrought(items: readonly Selected[]): Set<string> {
  return new Set(
    items
      .filter(({ resource }) => resource === "customresourcedefinitions.apiextensions.k8s.io")
      .map(({ name }) => name),
  );
}

/** Gives the words of a failure that concerns one kind alone. Throws any other, which would be the same for all kinds. */
async function failureOfKind(client: KubernetesClient, kind: ServedKind, error: unknown): Promise<string> {
  if (!(error instanceof KubernetesError) || [401, 429].includes(error.status)) throw error;
  if (isUnreachable(error)) {
    // Behind any other kind there is the cluster alone. A webhook may hang, while the cluster answers.
    if (!mayBeConverted(kind)) throw error;
    await client.read("/apis");
  }
  return wordsOf(error);
}

/** What these credentials may not see counts as not there. */
function hidden(error: unknown): undefined {
  if (!isForbidden(error)) throw error;
}
