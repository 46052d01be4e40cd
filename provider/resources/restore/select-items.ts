import { resolveResource, type ServedKind } from "../../kubernetes/discovery.ts";
import type { LabelSelector } from "../../velero/types.ts";
import { mapNamespace } from "./map-namespace.ts";
import { excludedResourcesOf, isDrill, type RestoreOptions } from "./options.ts";
import type { Captured } from "./read-contents.ts";

/** An object of a backup that a restore takes up, and where it goes. */
export interface Selected extends Captured {
  /** Of the target; absent where it is cluster-scoped. */
  intoNamespace?: string;
}

/** What Velero never restores (velero.md 1.4). */
const NEVER = [
  "nodes",
  "events",
  "events.events.k8s.io",
  "backups.velero.io",
  "restores.velero.io",
  "resticrepositories.velero.io",
  "backuprepositories.velero.io",
  "csinodes.storage.k8s.io",
  "volumeattachments.storage.k8s.io",
];

/**
 * What a restore with these options takes of a backup, by Velero's own rules (velero `pkg/restore/restore.go`,
 * getOrderedResourceCollection and restoreItem); the volumes that it provisions anew are not among it.
 */
export function selectItems(
  contents: readonly Captured[],
  options: RestoreOptions,
  kinds: readonly ServedKind[],
): Selected[] {
  const resolve = (words: readonly string[] = []) =>
    new Set(words.map((word) => resolveResource(word, kinds)));
  const [included, excluded] = [resolve(options.includedResources), resolve(excludedResourcesOf(options))];
  const isWantedKind = (resource: string) =>
    !NEVER.includes(resource) &&
    (included.size === 0 || included.has("*") || included.has(resource)) &&
    !excluded.has(resource) &&
    !excluded.has("*");
  const isWantedNamespace = namespaceFilter(options);
  const all = isEverything(options);
  const isWantedScope = ({ namespace }: Captured) =>
    namespace === undefined
      ? options.includeClusterResources !== false &&
        !isDrill(options) &&
        (options.includeClusterResources === true || all)
      : isWantedNamespace(namespace);
  const isLabelled = labelFilter(options);
  const named = contents.filter(
    (item) => isWantedKind(item.resource) && isWantedScope(item) && isLabelled(item) && !isCompleted(item),
  );
  const wanted = withVolumes(named, contents, options).filter(
    ({ resource }) => options.restorePVs !== false || resource !== VOLUMES,
  );
  const items = wanted
    .filter(({ resource }) => resource !== NAMESPACES)
    .map((item) =>
      item.namespace === undefined
        ? item
        : { ...item, intoNamespace: namespaceInto(item.namespace, options) },
    );
  return [...namespacesFor(wanted, contents, options), ...items];
}

const NAMESPACES = "namespaces";
const VOLUMES = "persistentvolumes";

/** A claim brings its volume along, wherever cluster-scoped objects are not ruled out. */
function withVolumes(
  items: readonly Captured[],
  contents: readonly Captured[],
  options: RestoreOptions,
): readonly Captured[] {
  if (options.includeClusterResources === false || isDrill(options)) return items;
  const claimed = new Set(
    items
      .filter(({ resource }) => resource === "persistentvolumeclaims")
      .map(({ object }) => (object["spec"] as { volumeName?: string } | undefined)?.volumeName),
  );
  const volumes = contents.filter(({ resource, name }) => resource === VOLUMES && claimed.has(name));
  return [...items, ...volumes.filter((volume) => !items.includes(volume))];
}

/** Velero makes the namespace of whatever it restores, by the name that it gets there, and no other object of that kind. */
function namespacesFor(
  wanted: readonly Captured[],
  contents: readonly Captured[],
  options: RestoreOptions,
): Selected[] {
  const names = wanted.flatMap(({ resource, namespace, name }) =>
    resource === NAMESPACES ? [name] : namespace === undefined ? [] : [namespace],
  );
  return [...new Set(names)].map((name) => {
    const captured = contents.find((item) => item.resource === NAMESPACES && item.name === name);
    return restoredNamespace(name, options, captured);
  });
}

const namespaceInto = (name: string, { namespaceMapping }: RestoreOptions): string =>
  mapNamespace(name, namespaceMapping) ?? name;

/** A namespace as Velero makes it for what it restores there. */
export const restoredNamespace = (name: string, options: RestoreOptions, captured?: Captured): Selected => ({
  resource: NAMESPACES,
  name: namespaceInto(name, options),
  object: captured?.object ?? { metadata: { name } },
});

const isEverything = ({ includedNamespaces = [], excludedNamespaces = [] }: RestoreOptions): boolean =>
  (includedNamespaces.length === 0 || includedNamespaces.includes("*")) && excludedNamespaces.length === 0;

/** Globs are Velero's, in both lists. */
export function namespaceFilter({
  includedNamespaces = [],
  excludedNamespaces = [],
}: RestoreOptions): (name: string) => boolean {
  const [wanted, unwanted] = [includedNamespaces.map(globToRegExp), excludedNamespaces.map(globToRegExp)];
  return (name) =>
    (wanted.length === 0 || wanted.some((each) => each.test(name))) &&
    !unwanted.some((each) => each.test(name));
}

const globToRegExp = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[.+^${}()|\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  );

function labelFilter({ labelSelector, orLabelSelectors }: RestoreOptions): (item: Captured) => boolean {
  const selectors = labelSelector ? [labelSelector] : (orLabelSelectors ?? []);
  return ({ object }) =>
    selectors.length === 0 || selectors.some((selector) => matches(selector, object.metadata.labels ?? {}));
}

function matches(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Record<string, string>,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case "In":
          return value !== undefined && values.includes(value);
        case "NotIn":
          return value === undefined || !values.includes(value);
        case "Exists":
          return value !== undefined;
        default:
          return value === undefined;
      }
    })
  );
}

/** Pods and Jobs that have done their work, and pods that a kubelet makes from its own files. */
function isCompleted({ resource, object }: Captured): boolean {
  const status = object["status"] as { phase?: string; completionTime?: string } | undefined;
  if (resource === "jobs.batch") return Boolean(status?.completionTime);
  if (resource !== "pods") return false;
  return (
    ["Succeeded", "Failed"].includes(status?.phase ?? "") ||
    object.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined
  );
}
