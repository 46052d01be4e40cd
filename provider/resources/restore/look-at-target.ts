import type { KubernetesClient } from "../../kubernetes/client.ts";
import { discover, type ServedKind } from "../../kubernetes/discovery.ts";
import { isForbidden } from "../../kubernetes/kubernetes-error.ts";
import type { KubernetesObject } from "../../kubernetes/resources.ts";
import type { Target } from "./plan.ts";
import type { Selected } from "./select-items.ts";

export interface TargetCluster extends Target {
  kinds: readonly ServedKind[];
}

const AT_ONCE = 10;

/** The target as a restore would find it: what it serves, and of the kinds that matter all objects, by list calls alone. */
export async function lookAtTarget(
  client: KubernetesClient,
  select: (kinds: readonly ServedKind[]) => readonly Selected[],
): Promise<TargetCluster & { items: readonly Selected[] }> {
  const { default: pMap } = await import("p-map");
  const { kinds, apiVersions } = await discover(client);
  const items = select(kinds);
  const scopes = new Map(
    items.flatMap((item): [string, { kind: ServedKind; namespace?: string }][] => {
      const kind = kinds.find(({ groupResource }) => groupResource === item.resource);
      if (!kind?.isListable) return [];
      const { intoNamespace } = item;
      return [
        [scopeOf(item), { kind, ...(intoNamespace === undefined ? {} : { namespace: intoNamespace }) }],
      ];
    }),
  );
  const live = new Map<string, KubernetesObject>();
  await pMap(
    [...scopes],
    async ([scope, { kind, namespace }]) => {
      const { items: found } = await client
        .list({ type: kind, ...(namespace ? { namespace } : {}) })
        .catch(hidden);
      for (const object of found) live.set(`${scope}/${object.metadata.name}`, object);
    },
    { concurrency: AT_ONCE },
  );
  const brought = kindsBrought(items);
  return {
    kinds,
    items,
    knows: ({ resource, object }) =>
      brought.has(resource) ||
      (kinds.some(({ groupResource }) => groupResource === resource) &&
        (object.apiVersion === undefined || apiVersions.has(object.apiVersion))),
    find: (item) => live.get(`${scopeOf(item)}/${item.name}`),
  };
}

const scopeOf = ({ resource, intoNamespace = "" }: Selected): string => `${resource} ${intoNamespace}`;

/** Kinds whose definitions are restored as well, which Velero does first. */
function kindsBrought(items: readonly Selected[]): Set<string> {
  return new Set(
    items
      .filter(({ resource }) => resource === "customresourcedefinitions.apiextensions.k8s.io")
      .map(({ name }) => name),
  );
}

/** What these credentials may not see counts as not there. */
function hidden(error: unknown): { items: KubernetesObject[] } {
  if (isForbidden(error)) return { items: [] };
  throw error;
}
