import { shortHash } from "../core/values.ts";
import type { OpenCluster } from "../kubernetes/clusters.ts";
import { locations, namespaces } from "../kubernetes/resources.ts";
import type { Use } from "../../model/rights.ts";
import { type Finding, warning } from "./finding.ts";
import { missingRights } from "./permissions.ts";
import { type ClusterPlace, type ClusterRule, shared } from "./preflight.ts";

/** Other failures are open: the same `up` may create an unreachable cluster, or a missing Velero. */
export const DEFINITE_CLUSTER_CODES = ["Unauthorized", "BadKubeconfig", "AnotherCluster"];

/** The cluster accepts our credentials, serves Velero's kinds, and grants the permissions for these uses. */
export function clusterUsable(
  { connection, cluster }: ClusterPlace,
  namespace: string,
  uses: readonly Use[],
): ClusterRule {
  const key = shortHash(32, connection, cluster, namespace);
  return {
    inputs: [namespace],
    refusals: DEFINITE_CLUSTER_CODES,
    open: "all",
    async find(open, session) {
      const found = await shared(session, `cluster ${key}`, () => findVelero(open));
      if (found.length > 0) return found;
      const rights = uses.map((use) =>
        shared(session, `rights ${use} ${key}`, async () =>
          (await missingRights(open.client, namespace, use)).map(warning),
        ),
      );
      return (await Promise.all(rights)).flat();
    },
  };

  async function findVelero({ client }: OpenCluster): Promise<Finding[]> {
    await client.list({ type: locations, namespace });
    if (await client.get({ type: namespaces, name: namespace })) return [];
    return [
      warning(
        `clusters.${cluster}.namespace: cluster "${cluster}" has no namespace "${namespace}" yet. ` +
          "Name the one in which Velero runs, or install it first and make the cluster's location depend on it",
      ),
    ];
  }
}
