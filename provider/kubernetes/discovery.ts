import type { KubernetesClient } from "./client.ts";
import type { ResourceType } from "./resources.ts";

/** A kind that a cluster serves. */
export interface ServedKind extends ResourceType {
  /** `deployments.apps`; `pods` in the core group. */
  groupResource: string;
  isNamespaced: boolean;
  isListable: boolean;
  /** All that it may be called by: plural, singular, short names, the kind itself. */
  names: readonly string[];
}

interface ApiResource {
  name: string;
  singularName?: string;
  namespaced: boolean;
  kind: string;
  verbs?: string[];
  shortNames?: string[];
}

/**
 * Every kind that the cluster serves, in the version that it prefers, and which other versions there are. A group whose
 * own server does not answer is left out.
 */
export async function discover(
  client: KubernetesClient,
): Promise<{ kinds: ServedKind[]; apiVersions: Set<string> }> {
  const groups = (await client.read("/apis")) as {
    groups: {
      name: string;
      versions: { groupVersion: string }[];
      preferredVersion: { groupVersion: string };
    }[];
  };
  const preferred = ["v1", ...groups.groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
  const lists = await Promise.all(preferred.map((apiVersion) => kindsOf(client, apiVersion).catch(() => [])));
  const apiVersions = [
    "v1",
    ...groups.groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion)),
  ];
  return { kinds: lists.flat(), apiVersions: new Set(apiVersions) };
}

/** What there is of one version. */
export async function kindsOf(client: KubernetesClient, apiVersion: string): Promise<ServedKind[]> {
  const path = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const { resources } = (await client.read(path)) as { resources: ApiResource[] };
  const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
  return resources
    .filter(({ name }) => !name.includes("/"))
    .map(({ name, singularName = "", namespaced, kind, verbs = [], shortNames = [] }) => ({
      apiVersion,
      kind,
      plural: name,
      groupResource: group ? `${name}.${group}` : name,
      isNamespaced: namespaced,
      isListable: verbs.includes("list"),
      names: [name, singularName, kind.toLowerCase(), ...shortNames].filter(Boolean),
    }));
}

/** What a word of a user's stands for, as Velero reads it: `deployments.apps`, `deployments`, `deploy`. */
export function resolveResource(word: string, kinds: readonly ServedKind[]): string {
  const exact = kinds.find(({ groupResource }) => groupResource === word);
  if (exact) return word;
  const [name = "", ...group] = word.toLowerCase().split(".");
  const found = kinds.find(
    (kind) =>
      kind.names.includes(name) &&
      (group.length === 0 || kind.groupResource === `${kind.plural}.${group.join(".")}`),
  );
  return found?.groupResource ?? word;
}
