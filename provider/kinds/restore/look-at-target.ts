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
import type { Selected } from "../../restore-model/choose-items.ts";
import type { RestoreOptions } from "../../velero/restore-option-entries.ts";
import { packObjects } from "../../velero/backup-contents.ts";

export interface TargetCluster extends Target {
  kinds: readonly ServedKind[];
  /** API versions that the cluster names, and whose server did not answer. */
  silent: Served["silent"];
  /** Kinds that these credentials may not list: `secrets`. */
  hidden: readonly string[];
  /** Kinds that the cluster could not list, with its messages. */
  down: ReadonlyMap<string, string>;
}

/** The number of kinds that are listed in parallel. */
const LISTS_AT_ONCE = 5;
/** If there are more namespaces than this, they are not listed one by one. */
const MANY = 5;

/**
 * Reads the target as a restore would find it: the kinds that it serves, and the live objects at the places of the
 * restored ones, by list calls alone. `choose` selects the objects once the served kinds are known. If an object is not
 * compared, only its metadata is requested, and only its place is kept.
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
  const wanted = new Set(items.map(nameInTarget));
  const live: LiveObjects = new Map();
  const pack = packObjects();
  const hidden = new Set<string>();
  const down = new Map<string, string>();
  const scopes = scopesOf(items, kinds);
  await pMap(
    scopes,
    async ([kind, namespaces]) => {
      const { found, isHidden } = await look(kind, [...namespaces]).catch(async (error: unknown) => {
        down.set(kind.groupResource, await failureOfKind(client, kind, error));
        // If no kind at all can be listed, the cluster itself has failed.
        if (down.size === scopes.length && !isOfOneKind(error)) throw error;
        return { found: new Map() as LiveObjects, isHidden: false };
      });
      if (isHidden) hidden.add(kind.groupResource);
      for (const [place, object] of found) live.set(place, object);
    },
    { concurrency: LISTS_AT_ONCE },
  );
  async function look(kind: ServedKind, namespaces: readonly (string | undefined)[]) {
    const isWhole = compares || existingResourcePolicy === "update" || COMPARED.includes(kind.groupResource);
    const listed = await listLive(client, kind, namespaces, {
      isWhole,
      keep(object, namespace) {
        const { name } = object.metadata;
        const place = nameInTarget({ resource: kind.groupResource, intoNamespace: namespace, name });
        if (!wanted.has(place)) return undefined;
        return [place, isWhole ? pack.add<KubernetesObject>(JSON.stringify(object)) : there(name, namespace)];
      },
    });
    if (mayBeConverted(kind)) await requireConversion(client, kind);
    return listed;
  }
  // An existing definition stays unchanged, with its versions, unless the restore patches it.
  const brought = kindsBrought(
    items.filter((item) => existingResourcePolicy === "update" || !live.has(nameInTarget(item))),
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
      // It may be served by a server that does not answer now.
      silent.includes(object.apiVersion ?? "") ||
      (object.apiVersion === undefined
        ? kinds.some(({ groupResource }) => groupResource === resource)
        : served.has(`${object.apiVersion} ${resource}`)),
    find: (item) => live.get(nameInTarget(item))?.(),
  };
}

/** ServiceAccounts are merged under every policy, so their content matters. */
const COMPARED = ["serviceaccounts"];

interface TargetObject {
  resource: string;
  intoNamespace?: string | undefined;
  name: string;
}

const nameInTarget = ({ resource, intoNamespace = "", name }: TargetObject): string =>
  `${resource} ${intoNamespace}/${name}`;

const there = (name: string, namespace: string | undefined) => (): KubernetesObject => ({
  metadata: { name, ...(namespace !== undefined && { namespace }) },
});

/**
 * Returns the kinds to list, each with its namespaces. Undefined stands for cluster-scoped objects. A kind is listed in
 * the version that the backup has, if it is served: in another version the objects may differ.
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

/** The live objects, by their places. */
type LiveObjects = Map<string, () => KubernetesObject>;

interface Keeping {
  /** True if complete objects are needed. */
  isWhole: boolean;
  /** Returns the place and the object to keep, or undefined if it is not needed. */
  keep: (
    object: KubernetesObject,
    namespace: string | undefined,
  ) => [string, () => KubernetesObject] | undefined;
}

/** Lists all namespaces at once if there are many and the credentials may do so. */
async function listLive(
  client: KubernetesClient,
  type: ServedKind,
  namespaces: readonly (string | undefined)[],
  keeping: Keeping,
): Promise<{ found: LiveObjects; isHidden: boolean }> {
  if (namespaces.length > MANY) {
    const found = await foundBy(client, { type }, keeping).catch(noneIfForbidden);
    if (found) return { found, isHidden: false };
  }
  const { default: pMap } = await import("p-map");
  const lists = await pMap(
    namespaces,
    (namespace) =>
      foundBy(client, { type, ...(namespace ? { namespace } : {}) }, keeping).catch(noneIfForbidden),
    { concurrency: MANY },
  );
  return { found: new Map(lists.flatMap((each) => [...(each ?? [])])), isHidden: lists.includes(undefined) };
}

const METADATA = { metadataOnly: true } as const;

/** Reads page by page, so that a list is never completely in memory. */
async function foundBy(
  client: KubernetesClient,
  scope: Scope,
  { isWhole, keep }: Keeping,
): Promise<LiveObjects> {
  let found: LiveObjects = new Map();
  for await (const { items, isFirst } of client.pages({ ...scope, ...(!isWhole && METADATA) })) {
    if (isFirst) found = new Map();
    for (const object of items) {
      const [place, kept] = keep(object, scope.namespace ?? object.metadata.namespace) ?? [];
      if (place !== undefined && kept) found.set(place, kept);
    }
  }
  return found;
}

/**
 * Returns true for kinds with a custom definition. The groups of Kubernetes' own kinds end with k8s.io, or have no dot.
 */
const mayBeConverted = ({ apiVersion, isNamespaced }: ServedKind): boolean =>
  isNamespaced && /^[^/]+\.[^/]+\//.test(apiVersion) && !/\.k8s\.io\//.test(apiVersion);

/**
 * Throws if objects of a kind cannot be converted in any namespace: Velero lists each kind in all namespaces (velero
 * `pkg/restore/restore.go`), and listing a namespace without such objects converts nothing.
 */
async function requireConversion(client: KubernetesClient, type: ServedKind): Promise<void> {
  try {
    for await (const _page of client.pages({ type, metadataOnly: true })) return;
  } catch (error) {
    // Credentials that may list only some namespaces cannot check that.
    if (!isForbidden(error)) throw error;
  }
}

/** Returns the kinds whose definitions are restored as well. Velero restores these first. */
function kindsBrought(items: readonly Selected[]): Set<string> {
  return new Set(
    items
      .filter(({ resource }) => resource === "customresourcedefinitions.apiextensions.k8s.io")
      .map(({ name }) => name),
  );
}

/** Returns the message of a failure of one kind. Throws any other failure, which would be the same for all kinds. */
async function failureOfKind(client: KubernetesClient, kind: ServedKind, error: unknown): Promise<string> {
  if (!(error instanceof KubernetesError) || [401, 429].includes(error.status)) throw error;
  if (isUnreachable(error)) {
    // Other kinds are served by the cluster itself. A webhook may hang while the cluster answers.
    if (!mayBeConverted(kind)) throw error;
    await client.read("/apis");
  }
  return wordsOf(error);
}

/** Objects that these credentials may not list count as missing. */
function noneIfForbidden(error: unknown): undefined {
  if (!isForbidden(error)) throw error;
}
