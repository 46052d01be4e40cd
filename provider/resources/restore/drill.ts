import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isConflict } from "../../kubernetes/kubernetes-error.ts";
import { type KubernetesObject, namespaces } from "../../kubernetes/resources.ts";
import { waitFor } from "../../kubernetes/wait.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { isIncarnation, isOwnedBy } from "../../lifecycle/ensure.ts";
import { nameOf, ownedBy, ownersOf, stampOf } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import { drillLabel, excludedLabel } from "../../velero/labels.ts";
import type { RestoredItem } from "../../velero/restore-results.ts";
import type { Restore } from "../../velero/types.ts";
import { awaitLeftovers, releaseLeftovers } from "./leftovers.ts";
import { mapNamespace } from "./map-namespace.ts";
import type { Part } from "./part.ts";
import { namespacesIn, type Selected } from "./select-items.ts";

/** By how much the clocks of Velero and of the API server may differ. */
const CLOCKS_MS = 60_000;

/** There has to be something to prove, and every namespace has to go somewhere else, and to where nobody lives. */
export async function requireRoom(
  client: KubernetesClient,
  part: Part,
  { backupName, items }: { backupName: string; items: readonly Selected[] },
): Promise<void> {
  if (items.length === 0) {
    throw new Problem({
      code: "NothingToRestore",
      property: "drill",
      what: `nothing of Backup ${backupName} would be restored into cluster "${client.label.key}", which would prove nothing`,
      todo: "See what the backup holds, and what includedNamespaces and the other filters leave of it.",
    });
  }
  const unmapped = namespacesIn(items).filter((name) => {
    const into = mapNamespace(name, part.whole.namespaceMapping);
    return into === undefined || into === name;
  });
  if (unmapped.length > 0) {
    throw new Problem({
      code: "NotMapped",
      property: "namespaceMapping",
      what: `maps ${unmapped.join(", ")} nowhere, and a drill restores nothing into a namespace that lives`,
      todo: 'Map all of them, { "*": "*-drill" }, or leave some out with excludedNamespaces.',
    });
  }
  const { items: present } = await client.list({ type: namespaces });
  const targets = new Set(items.map(({ intoNamespace }) => intoNamespace));
  const foreign = present.filter(
    ({ metadata }) => targets.has(metadata.name) && !isDrilled(part)({ metadata }),
  );
  if (foreign.length > 0) throw taken(client, foreign.map(({ metadata }) => metadata.name).join(", "));
}

const taken = (client: KubernetesClient, names: string) =>
  new Problem({
    code: "NamespaceTaken",
    property: "namespaceMapping",
    what: `leads into ${names} of cluster "${client.label.key}", which is there already and was not made by this drill`,
    todo: "Map to names that nobody uses; or remove it by hand, where a drill has left it that could not know what it made.",
  });

const markOf = (part: Part): Record<string, string> => ({
  ...stampOf(part).labels,
  [drillLabel]: "true",
  [excludedLabel]: "true",
});

/**
 * Makes the namespaces of a drill, as Velero would make them (velero `pkg/restore/restore.go`, getNamespace), but marked
 * from their first moment: Velero applies no rules to namespaces, and until they were marked a backup would take them up
 * and a killed run would leave them behind. Each one that is there is reported, whatever becomes of the others.
 */
export async function makeRoom(
  client: KubernetesClient,
  part: Part,
  items: readonly Selected[],
  report: (found: { drilled: string[] }) => void,
): Promise<void> {
  const made: string[] = [];
  const wanted = items.filter(({ resource }) => resource === "namespaces");
  for (const { name, object } of wanted) {
    const { "kubernetes.io/metadata.name": _name, ...labels } = object.metadata.labels ?? {};
    const metadata = {
      name,
      labels: { ...labels, ...markOf(part) },
      annotations: { ...object.metadata.annotations, ...stampOf(part).annotations },
    };
    await client.create(namespaces, { metadata }).catch(async (error: unknown) => {
      if (!isConflict(error)) throw error;
      // A create whose answer was lost on the way, and that was repeated, conflicts with itself.
      const live = await client.get({ type: namespaces, name });
      if (!live || !isIncarnation(live, part.incarnation) || !isDrilled(part)(live))
        throw taken(client, name);
    });
    made.push(name);
    report({ drilled: [...made] });
  }
}

const isDrilled =
  (part: Part) =>
  (namespace: { metadata: { name: string; labels?: Record<string, string> } }): boolean =>
    namespace.metadata.labels?.[drillLabel] === "true" && isOwnedBy(namespace, ownersOf(part));

/**
 * Marks namespaces that a drill's restore has made although they were not foreseen, so that only those are ever removed:
 * not one that somebody has made by that name since, while the run that began the drill was dead. Gives the names of all
 * namespaces that drills of this resource have left.
 */
export async function markDrilled(
  client: KubernetesClient,
  part: Part,
  { status }: Restore,
  restored: readonly RestoredItem[],
): Promise<string[]> {
  const made = new Set(
    restored
      .filter(({ kind, action }) => kind === "v1/Namespace" && action === "created")
      .map(({ name }) => name),
  );
  const { items } = await client.list({ type: namespaces });
  const latest = Date.parse(status?.completionTimestamp ?? "") + CLOCKS_MS;
  const marked = items.filter(isDrilled(part));
  const unmarked = items.filter(
    (each) =>
      made.has(each.metadata.name) &&
      !isDrilled(part)(each) &&
      Date.parse(each.metadata.creationTimestamp ?? "") <= latest,
  );
  for (const { metadata } of unmarked) {
    const { name, uid } = metadata;
    await client.patch({ type: namespaces, name }, { metadata: { uid, labels: markOf(part) } });
  }
  return [...marked, ...unmarked].map(({ metadata }) => metadata.name);
}

/** Lists the namespaces that drills of this resource have made, and that are there. */
export const drilledNow = async (client: KubernetesClient, part: Part): Promise<KubernetesObject[]> => {
  const labelSelector = `${drillLabel}=true,${ownedBy(ownersOf(part))}`;
  const { items } = await client.list({ type: namespaces, labelSelector });
  return items;
};

/** The namespaces of earlier drills that are gone, and the objects that stay outside of them, in words. */
export interface Cleared {
  namespaces: string[];
  left: string[];
}

/** Removes what drills of this resource have left, and waits until it is gone. */
export async function clearDrill(client: KubernetesClient, part: Part, deadline: Deadline): Promise<Cleared> {
  const items = await drilledNow(client, part);
  const leftovers = await releaseLeftovers(client, items);
  await Promise.all(items.map((namespace) => removeNamespace(client, namespace, deadline)));
  return {
    namespaces: items.map(({ metadata }) => metadata.name),
    left: await awaitLeftovers(client, leftovers, deadline),
  };
}

/** Names what a drill could not remove, where there is anything. */
export function tellLeft(client: KubernetesClient, part: Part, left: readonly string[]): void {
  if (left.length === 0) return;
  tell(
    nameOf(part.owner),
    `warning: a drill has left in cluster "${client.label.key}" what it could not remove: ${left.slice(0, SHOWN).join(", ")}${left.length > SHOWN ? `, and ${left.length - SHOWN} more` : ""}. See whose each is, and remove it by hand once nobody needs it`,
  );
}

const SHOWN = 10;

async function removeNamespace(
  client: KubernetesClient,
  { metadata: { name, uid } }: KubernetesObject,
  deadline: Deadline,
): Promise<void> {
  await client.delete({ type: namespaces, name }, { uid });
  await waitFor(
    client,
    { type: namespaces, name },
    (live) => (live?.metadata.uid === uid ? undefined : true),
    {
      deadline,
      what: `namespace ${name} of an earlier drill in cluster "${client.label.key}" is not gone`,
      todo: `See what keeps it: kubectl get namespace ${name} -o yaml.`,
    },
  );
}
