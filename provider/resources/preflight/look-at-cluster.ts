import { Problem } from "../../errors.ts";
import { clusterLabel, type Connection } from "../../kubernetes/connection.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import {
  backups,
  locations,
  namespaces,
  type ResourceType,
  schedules,
  secrets,
} from "../../kubernetes/resources.ts";
import { shortHash } from "../../lifecycle/canonical.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { namesNamespaces, type NamespaceSelection } from "../backup/namespaces.ts";
import { lookForNamespaces } from "../backup/require-namespaces.ts";
import { notice, nothingWrong, shared, type Verdict, verdictOn } from "./verdict.ts";

/** A cluster that does not answer, and a Velero that is not there, may be what the same up is to make. */
export const DEFINITE = ["Unauthorized", "BadKubeconfig", "AnotherCluster"];

/** Whether the cluster takes our credentials, knows Velero's kinds, and lets us do there what an up needs. */
export function lookAtCluster(connection: Connection, cluster: string, namespace: string): Promise<Verdict> {
  if (connection.offline || hasUnknown([connection, namespace])) return Promise.resolve(nothingWrong);
  return shared(`cluster ${shortHash(32, connection, cluster, namespace)}`, async () => {
    try {
      const { client } = await openCluster(connection, clusterLabel(cluster), undefined);
      await client.list({ type: locations, namespace });
      if (!(await client.get({ type: namespaces, name: namespace }))) {
        return notice(
          `clusters.${cluster}.namespace: cluster "${cluster}" has no namespace "${namespace}" yet. ` +
            "Name the one in which Velero runs, or install it first and make the cluster's location depend on it",
        );
      }
      const missing = await missingRights(client, namespace);
      if (missing.length === 0) return nothingWrong;
      return notice(
        `clusters.${cluster}: in namespace "${namespace}" these credentials may not ${missing.join(", ")}; ` +
          "an up with the same ones would fail",
      );
    } catch (error) {
      return verdictOn(error, DEFINITE);
    }
  });
}

/** A namespace that is not there may be what the same up is to make. */
export function lookAtNamespaces(
  connection: Connection,
  cluster: string,
  { includedNamespaces, excludedNamespaces }: NamespaceSelection,
): Promise<Verdict> {
  const selection = { includedNamespaces, excludedNamespaces };
  if (connection.offline || hasUnknown([connection, selection]) || !namesNamespaces(selection)) {
    return Promise.resolve(nothingWrong);
  }
  return shared(`namespaces ${shortHash(32, connection, cluster, selection)}`, async () => {
    try {
      const { client } = await openCluster(connection, clusterLabel(cluster), undefined);
      await lookForNamespaces(client, selection);
      return nothingWrong;
    } catch (error) {
      // That the cluster cannot be asked is told by the look at it.
      return isMissingNamespace(error) ? verdictOn(error, []) : nothingWrong;
    }
  });
}

const isMissingNamespace = (error: unknown): boolean =>
  error instanceof Problem && error.code === "NoNamespace";

const NEEDED: readonly [ResourceType, readonly string[]][] = [
  [locations, ["create", "patch", "delete"]],
  [secrets, ["create", "patch", "delete"]],
  [backups, ["create", "patch", "delete"]],
  [schedules, ["create", "patch", "delete"]],
];

const accessReviews: ResourceType = {
  apiVersion: "authorization.k8s.io/v1",
  kind: "SelfSubjectAccessReview",
  plural: "selfsubjectaccessreviews",
};

/** Asked, not tried: a review is answered and kept nowhere. */
async function missingRights(client: KubernetesClient, namespace: string): Promise<string[]> {
  const asked = NEEDED.flatMap(([type, verbs]) => verbs.map((verb) => ({ type, verb })));
  const answers = await Promise.all(
    asked.map(async ({ type, verb }) => {
      const group = type.apiVersion.includes("/") ? type.apiVersion.split("/")[0] : "";
      const review = {
        metadata: { name: "" },
        spec: { resourceAttributes: { namespace, verb, group, resource: type.plural } },
      };
      const { status } = await client.create<typeof review & { status?: { allowed?: boolean } }>(
        accessReviews,
        review,
      );
      return status?.allowed === false ? [`${verb} ${type.plural}`] : [];
    }),
  );
  return answers.flat();
}
