import { wordsOf } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { discover, type Served, type ServedKind } from "../../kubernetes/discovery.ts";
import {
  isForbidden,
  isOfOneKind,
  isUnreachable,
  KubernetesError,
} from "../../kubernetes/kubernetes-error.ts";
import type { KubernetesObject } from "../../kubernetes/resources.ts";
import type { RestoreOptions } from "./options.ts";
import type { Target } from "./plan.ts";
import type { Selected } from "./select-items.ts";

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
 * The target as a restore would find it: what it serves, and of the kinds that matter all objects, by list calls alone.
 * `choose` chooses what is restored, once it is known what is served.
 */
export async function lookAtTarget<C extends { items: readonly Selected[] }>(
  client: KubernetesClient,
  choose: (kinds: readonly ServedKind[]) => C,
  { existingResourcePolicy }: Pick<RestoreOptions, "existingResourcePolicy"> = {},
): Promise<TargetCluster & { chosen: C }> {
  const { default: pMap } = await import("p-map");
  const { kinds, silent } = await discover(client);
  const chosen = choose(kinds);
  const { items } = chosen;
  const live = new Map<string, KubernetesObject>();
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
        return { found: [], isHidden: false };
      });
      if (isHidden) hidden.add(kind.groupResource);
      for (const [namespace, object] of found)
        live.set(placeOf(kind.groupResource, namespace, object.metadata.name), object);
    },
    { concurrency: AT_ONCE },
  );
  async function look(kind: ServedKind, namespaces: readonly (string | undefined)[]) {
    const listed = await listIn(client, kind, namespaces);
    if (mayBeConverted(kind)) await requireConversion(client, kind);
    return listed;
  }
  const find = ({ resource, intoNamespace, name }: Selected) =>
    live.get(placeOf(resource, intoNamespace, name));
  // A definition that is there already stays as it is, with the versions that it has, unless it is to be patched.
  const brought = kindsBrought(items.filter((item) => existingResourcePolicy === "update" || !find(item)));
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
    find,
  };
}

const placeOf = (resource: string, namespace = "", name: string): string =>
  `${resource} ${namespace}/${name}`;

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

type Found = [namespace: string | undefined, object: KubernetesObject][];

/** Of many namespaces all at once, where these credentials may do so. */
async function listIn(
  client: KubernetesClient,
  type: ServedKind,
  namespaces: readonly (string | undefined)[],
): Promise<{ found: Found; isHidden: boolean }> {
  if (namespaces.length > MANY) {
    const all = await client.list({ type }).catch(hidden);
    if (all)
      return { found: all.items.map((object) => [object.metadata.namespace, object]), isHidden: false };
  }
  const { default: pMap } = await import("p-map");
  const lists = await pMap(
    namespaces,
    async (namespace): Promise<Found | undefined> => {
      const found = await client.list({ type, ...(namespace ? { namespace } : {}) }).catch(hidden);
      return found?.items.map((object) => [namespace, object]);
    },
    { concurrency: MANY },
  );
  return { found: lists.flatMap((each) => each ?? []), isHidden: lists.includes(undefined) };
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
