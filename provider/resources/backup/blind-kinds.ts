import { wordsOf } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { ServedKind } from "../../kubernetes/discovery.ts";
import { isForbidden, KubernetesError } from "../../kubernetes/kubernetes-error.ts";
import { customResourceDefinitions, type KubernetesObject } from "../../kubernetes/resources.ts";
import { freshDiscovery } from "../../lifecycle/shared-discovery.ts";
import { matchesLabels } from "../../velero/matches-labels.ts";
import { groupOf } from "../../velero/resolve-kind.ts";
import { holdsKind, parseResourceList } from "../../velero/resource-list.ts";
import type { Backup, BackupSpec } from "../../velero/types.ts";
import { listFilter } from "../restore/glob.ts";
import { type FilePlace, veleroFile } from "../velero-file.ts";
import { withPolicyInForce } from "./shared-policy.ts";
import type { SelectionInputs } from "./selection.ts";
import { kindFilter } from "./selects-kind.ts";

/** A kind of which a backup should hold objects, and holds none. */
export interface BlindKind {
  groupResource: string;
  definedAt: Date;
  /** One of the objects that it lacks. */
  example: string;
}

/** Velero's server does not start without these (velero `pkg/cmd/server/server.go`, veleroResourcesExist). */
const OWN_GROUP = ".velero.io";

/** A definition that is older was seen by Velero many times over. */
const YOUNG_MS = 3_600_000;

/**
 * The kinds that a backup lacks because Velero had not seen yet that they are served: it looks every five minutes. Told
 * by objects: a kind was defined not long before the backup began, the backup takes it, there were objects of it where
 * the backup looks, and it holds none. `unseen` says why that could not be told, in words.
 */
export async function blindKinds(
  backup: Backup,
  selection: Pick<SelectionInputs, "resourcePolicy">,
  place: FilePlace,
): Promise<{ blind: BlindKind[]; unseen?: string | undefined }> {
  const { client } = place;
  const began = new Date(backup.status?.startTimestamp ?? "");
  const definitions = await listIn(client, customResourceDefinitions, undefined);
  if (!definitions) return { blind: [], unseen: mayNotList(["customresourcedefinitions"]) };
  const young = definitions.filter(({ metadata: { name, creationTimestamp = "" } }) => {
    const age = began.getTime() - Date.parse(creationTimestamp);
    return age >= 0 && age < YOUNG_MS && !name.endsWith(OWN_GROUP);
  });
  if (young.length === 0) return { blind: [] };

  const { resourcePolicy } = await withPolicyInForce(client, place.namespace, selection);
  const policies = (resourcePolicy ?? {}) as Policies;
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

/** A new kind whose server or conversion does not work fails the same way each time, and must not hold up the rest. */
function unlisted(error: unknown): string {
  if (error instanceof KubernetesError && error.status >= 400) return wordsOf(error);
  throw error;
}

const mayNotList = (kinds: readonly string[]): string => `these credentials may not list ${kinds.join(", ")}`;

interface Policies {
  includeExcludePolicy?: Parameters<typeof kindFilter>[1];
  namespacedFilterPolicies?: { namespaces?: string[] }[];
  clusterScopedFilterPolicy?: object;
}

/** A finer filter decides about the objects of this kind. */
const isFiltered = ({ isNamespaced }: ServedKind, { clusterScopedFilterPolicy }: Policies): boolean =>
  !isNamespaced && clusterScopedFilterPolicy !== undefined;

/** Lists the objects of a kind that the backup is to take. Returns undefined if these credentials may not list them. */
async function objectsFor(
  client: KubernetesClient,
  kind: ServedKind,
  spec: BackupSpec,
  { namespacedFilterPolicies = [] }: Policies,
): Promise<KubernetesObject[] | undefined> {
  const { includedNamespaces = [], excludedNamespaces = [] } = spec;
  const named = includedNamespaces.filter((name) => !/[*?[]/.test(name));
  const areNamed = kind.isNamespaced && named.length > 0 && named.length === includedNamespaces.length;
  const lists = await Promise.all(
    (areNamed ? named : [undefined]).map((namespace) => listIn(client, kind, namespace)),
  );
  if (lists.includes(undefined)) return undefined;
  const isWanted = listFilter(includedNamespaces, excludedNamespaces);
  const isFinelyFiltered = listFilter(namespacedFilterPolicies.flatMap(({ namespaces = [] }) => namespaces));
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

async function listIn(
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
