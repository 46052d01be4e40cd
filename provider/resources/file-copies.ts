import type { KubernetesClient } from "../kubernetes/client.ts";
import { isForbidden } from "../kubernetes/kubernetes-error.ts";
import { daemonSets, secrets } from "../kubernetes/resources.ts";
import type { Secret } from "../velero/manifests.ts";
import { passwordIn, REPOSITORY_SECRET, WELL_KNOWN_PASSWORD } from "../velero/repository-secret.ts";
import type { SelectionInputs } from "./backup/selection.ts";

/** Velero's chart and its own installer call it so; on Windows nodes it has another name besides. */
export const NODE_AGENTS = ["node-agent", "node-agent-windows"];

/** Whether volumes' data goes into Velero's repositories in the location, which its node agent does. */
export const copiesFiles = ({ volumes, resourcePolicy }: SelectionInputs): boolean =>
  volumes === "fileCopy" ||
  volumes === "moveData" ||
  JSON.stringify(resourcePolicy ?? {}).includes('"fs-backup"');

/**
 * What is wrong with how the Velero in that namespace would copy files, in words. Who may not read Secrets is told
 * nothing of the password.
 */
export async function adviceOnFileCopies(client: KubernetesClient, namespace: string): Promise<string[]> {
  const [repository, agents] = await Promise.all([
    client.get<Secret>({ type: secrets, name: REPOSITORY_SECRET, namespace }).catch(hidden),
    nodeAgentsIn(client, namespace),
  ]);
  const cluster = `cluster "${client.label.key}"`;
  const isWellKnown =
    repository === undefined ||
    (repository !== "hidden" && passwordIn(repository).password === WELL_KNOWN_PASSWORD);
  return [
    ...(isWellKnown
      ? [
          `Velero encrypts file copies of volumes in ${cluster} with a password that stands in its source for everybody ` +
            "to read; give the BackupLocation a `repositoryPassword` before the first of them is made",
        ]
      : []),
    ...(agents.every((agent) => agent === undefined)
      ? [
          `no node agent runs in namespace "${namespace}" of ${cluster}, and without one no volume's data is copied: ` +
            "install it (`velero install --use-node-agent`, or the chart's `deployNodeAgent: true`)",
        ]
      : []),
    ...(agents.includes("hidden")
      ? [
          `whether a node agent runs in namespace "${namespace}" of ${cluster}, without which no volume's data is copied, ` +
            `cannot be seen: these credentials may not get daemonsets (${NODE_AGENTS.join(", ")}) there`,
        ]
      : []),
  ];
}

const nodeAgentsIn = (client: KubernetesClient, namespace: string) =>
  Promise.all(NODE_AGENTS.map((name) => client.get({ type: daemonSets, name, namespace }).catch(hidden)));

/** Tells if it is certain that no node agent moves the data of volumes there. */
export const lacksNodeAgent = async (client: KubernetesClient, namespace: string): Promise<boolean> =>
  (await nodeAgentsIn(client, namespace)).every((agent) => agent === undefined);

function hidden(error: unknown): "hidden" {
  if (isForbidden(error)) return "hidden";
  throw error;
}
