import { shortHash } from "../core/values.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { isForbidden } from "../kubernetes/kubernetes-error.ts";
import { daemonSets, secrets } from "../kubernetes/resources.ts";
import type { SelectionInputs } from "../velero/selection-entries.ts";
import type { Secret } from "../velero/manifests.ts";
import { NODE_AGENTS } from "../volumes/volumes-of-cluster.ts";
import { warning } from "./finding.ts";
import { type ClusterPlace, type ClusterRule, shared } from "./preflight.ts";
import { withPolicyInForce } from "./resource-policy.ts";

/** Returns true if the node agent copies volume data to Velero's repositories in the location. */
export const copiesFiles = ({ volumes, resourcePolicy }: SelectionInputs): boolean =>
  volumes === "fileCopy" ||
  volumes === "moveData" ||
  JSON.stringify(resourcePolicy ?? {}).includes('"fs-backup"');

/**
 * Returns warnings about file copies by the Velero in that namespace. If the credentials may not read Secrets, there is
 * no warning about the password.
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

/** Returns true if there is certainly no node agent. */
export const lacksNodeAgent = async (client: KubernetesClient, namespace: string): Promise<boolean> =>
  (await nodeAgentsIn(client, namespace)).every((agent) => agent === undefined);

function hidden(error: unknown): "hidden" {
  if (isForbidden(error)) return "hidden";
  throw error;
}

/** The cluster's Velero can copy files of volumes, by a password that is not public, if file copies are requested. */
export const fileCopiesPossible = (
  { connection, cluster }: ClusterPlace,
  namespace: string,
  selection: SelectionInputs,
): ClusterRule => ({
  inputs: [namespace, selection.resourcePolicy],
  async find({ client }, session) {
    // Another rule reports policies that cannot be read.
    if (!copiesFiles(await withPolicyInForce(client, namespace, selection))) return [];
    return shared(session, `file copies ${shortHash(32, connection, cluster, namespace)}`, async () =>
      (await adviceOnFileCopies(client, namespace)).map(warning),
    );
  },
});

/**
 * The Secret with the password by which Velero encrypts file copies of volumes: one for all repositories of an
 * installation. If there is none, Velero's server creates it with a constant from its public source
 * (docs/design/velero-facts.md#repository-password).
 */
export const REPOSITORY_SECRET = "velero-repo-credentials";
const REPOSITORY_KEY = "repository-password";
export const WELL_KNOWN_PASSWORD = "static-passw0rd";

/**
 * Names the resource that set the password, only for messages. The Secret has none of our labels, because nothing of
 * ours may ever delete it.
 */
const setByAnnotation = "pulumi-velero.io/repository-password-set-by";

export const repositorySecret = (namespace: string, password: string, setBy: string): Secret => ({
  metadata: { name: REPOSITORY_SECRET, namespace, annotations: { [setByAnnotation]: setBy } },
  type: "Opaque",
  data: { [REPOSITORY_KEY]: Buffer.from(password).toString("base64") },
});

/** Returns the password as Velero reads it: trimmed. */
export function passwordIn({ data, metadata }: Secret): { password?: string; setBy?: string } {
  const content = data?.[REPOSITORY_KEY];
  const setBy = metadata.annotations?.[setByAnnotation];
  return {
    ...(content === undefined ? {} : { password: Buffer.from(content, "base64").toString("utf8").trim() }),
    ...(setBy === undefined ? {} : { setBy }),
  };
}
