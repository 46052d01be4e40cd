import type { KubernetesClient } from "../../kubernetes/client.ts";
import { discover, type Served, type ServedKind } from "../../kubernetes/discovery.ts";
import { isForbidden } from "../../kubernetes/kubernetes-error.ts";
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
  await pMap(
    scopesOf(items, kinds),
    async ([kind, namespaces]) => {
      const { found, isHidden } = await listIn(client, kind, [...namespaces]);
      if (isHidden) hidden.add(kind.groupResource);
      for (const [namespace, object] of found)
        live.set(placeOf(kind.groupResource, namespace, object.metadata.name), object);
    },
    { concurrency: AT_ONCE },
  );
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
    knows: ({ resource, object }) =>
      brought.has(resource) ||
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

/** Kinds whose definitions are restored as well, which Velero does first. */
function kindsBrought(items: readonly Selected[]): Set<string> {
  return new Set(
    items
      .filter(({ resource }) => resource === "customresourcedefinitions.apiextensions.k8s.io")
      .map(({ name }) => name),
  );
}

/** What these credentials may not see counts as not there. */
function hidden(error: unknown): undefined {
  if (!isForbidden(error)) throw error;
}
