import { Problem } from "../core/errors.ts";
import { hasUnknown, shortHash } from "../core/values.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { clusterLabel, type Connection } from "../kubernetes/connection.ts";
import { locations, namespaces } from "../kubernetes/resources.ts";
import type { Use } from "../schemas/backup.ts";
import { namesNamespaces, type NamespaceSelection } from "../velero/namespace-selection.ts";
import { lookForNamespaces } from "./namespaces.ts";
import { missingRights } from "./permissions.ts";
import type { Session } from "../session.ts";
import { combine, nothingWrong, notice, shared, type Verdict, verdictOn } from "./preflight.ts";

/** Other failures are not definite: the same `up` may create an unreachable cluster, or a missing Velero. */
export const DEFINITE = ["Unauthorized", "BadKubeconfig", "AnotherCluster"];

/**
 * Checks in a preview whether the cluster accepts our credentials, serves Velero's kinds, and grants the permissions
 * for these uses.
 */
export async function lookAtCluster(
  session: Session,
  connection: Connection,
  cluster: string,
  namespace: string,
  uses: readonly Use[],
): Promise<Verdict> {
  if (connection.offline || hasUnknown([connection, namespace])) return nothingWrong;
  const key = shortHash(32, connection, cluster, namespace);
  const found = await shared(session, `cluster ${key}`, () =>
    look(async (client) => {
      await client.list({ type: locations, namespace });
      if (await client.get({ type: namespaces, name: namespace })) return [];
      return [
        `clusters.${cluster}.namespace: cluster "${cluster}" has no namespace "${namespace}" yet. ` +
          "Name the one in which Velero runs, or install it first and make the cluster's location depend on it",
      ];
    }),
  );
  if (found.failures.length + found.notices.length > 0) return found;
  return combine(
    await Promise.all(
      uses.map((use) =>
        shared(session, `rights ${use} ${key}`, () =>
          look((client) => missingRights(client, namespace, use)),
        ),
      ),
    ),
  );

  async function look(work: (client: KubernetesClient) => Promise<string[]>): Promise<Verdict> {
    try {
      const { client } = await session.clusters.open(connection, clusterLabel(cluster), undefined);
      return combine((await work(client)).map(notice));
    } catch (error) {
      return verdictOn(error, DEFINITE);
    }
  }
}

/**
 * Checks the declared namespaces in a preview. A missing namespace is a warning, because the same `up` may create it.
 */
export function lookAtNamespaces(
  session: Session,
  connection: Connection,
  cluster: string,
  { includedNamespaces, excludedNamespaces }: NamespaceSelection,
): Promise<Verdict> {
  const selection = { includedNamespaces, excludedNamespaces };
  if (connection.offline || hasUnknown([connection, selection]) || !namesNamespaces(selection)) {
    return Promise.resolve(nothingWrong);
  }
  return shared(session, `namespaces ${shortHash(32, connection, cluster, selection)}`, async () => {
    try {
      const { client } = await session.clusters.open(connection, clusterLabel(cluster), undefined);
      await lookForNamespaces(client, selection);
      return nothingWrong;
    } catch (error) {
      // Another check reports a cluster that cannot be reached.
      return isMissingNamespace(error) ? verdictOn(error, []) : nothingWrong;
    }
  });
}

const isMissingNamespace = (error: unknown): boolean =>
  error instanceof Problem && error.code === "NoNamespace";
