import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { namespaces } from "../../kubernetes/resources.ts";
import { waitFor } from "../../kubernetes/wait.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { isOwnedBy } from "../../lifecycle/ensure.ts";
import { ownedBy, ownersOf, stampOf } from "../../lifecycle/identity.ts";
import type { RestoredItem } from "../../velero/restore-results.ts";
import type { Restore } from "../../velero/types.ts";
import { mapNamespace } from "./map-namespace.ts";
import type { Part } from "./part.ts";
import { namespacesIn, type Selected } from "./select-items.ts";

/** On a namespace that a drill has made: nobody's data is in it. And on the Restore that has made it. */
export const drillLabel = "pulumi-velero.io/drill";

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
  if (foreign.length === 0) return;
  throw new Problem({
    code: "NamespaceTaken",
    property: "namespaceMapping",
    what: `leads into ${foreign.map(({ metadata }) => metadata.name).join(", ")} of cluster "${client.label.key}", which is there already and was not made by this drill`,
    todo: "Map to names that nobody uses; or remove it by hand, where a drill has left it that could not know what it made.",
  });
}

const isDrilled =
  (part: Part) =>
  (namespace: { metadata: { name: string; labels?: Record<string, string> } }): boolean =>
    namespace.metadata.labels?.[drillLabel] === "true" && isOwnedBy(namespace, ownersOf(part));

/**
 * Marks the namespaces that a drill's restore has made, so that only those are ever removed: not one that somebody has
 * made by that name since, while the run that began the drill was dead.
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
  if (made.size === 0) return [];
  const { items } = await client.list({ type: namespaces });
  const latest = Date.parse(status?.completionTimestamp ?? "") + CLOCKS_MS;
  const ours = items.filter(
    ({ metadata: { name, creationTimestamp = "" } }) =>
      made.has(name) && Date.parse(creationTimestamp) <= latest,
  );
  const labels = { ...stampOf(part).labels, [drillLabel]: "true" };
  for (const { metadata } of ours) {
    const { name, uid } = metadata;
    await client.patch({ type: namespaces, name }, { metadata: { uid, labels } });
  }
  return ours.map(({ metadata }) => metadata.name);
}

/** Removes what drills of this resource have left, and waits until it is gone. Gives the names of its namespaces. */
export async function clearDrill(
  client: KubernetesClient,
  part: Part,
  deadline: Deadline,
): Promise<string[]> {
  const { items } = await client.list({
    type: namespaces,
    labelSelector: `${drillLabel}=true,${ownedBy(ownersOf(part))}`,
  });
  await Promise.all(
    items.map(async ({ metadata: { name, uid } }) => {
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
    }),
  );
  return items.map(({ metadata }) => metadata.name);
}
