import { type Need, neededRights, type Use } from "../../model/rights.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { type KubernetesObject, type ResourceType, locations, namespaces } from "../kubernetes/resources.ts";
import { shortHash } from "../core/values.ts";
import type { OpenCluster } from "../kubernetes/clusters.ts";
import { type Finding, warning } from "./finding.ts";
import { type ClusterPlace, type ClusterRule, shared } from "./preflight.ts";

interface Right {
  kind: string;
  verb: string;
  namespace?: string | undefined;
}

/**
 * Returns the permissions that these credentials lack for the use, as one sentence for each consequence. It asks for
 * them with access reviews, which the server answers without storing them.
 */
export async function missingRights(
  client: KubernetesClient,
  veleroNamespace: string,
  use: Use,
): Promise<string[]> {
  const needs: readonly Need[] = neededRights[use];
  const known = needs.some(({ isClusterWide }) => !isClusterWide)
    ? await rulesIn(client, veleroNamespace)
    : [];
  const missing = await Promise.all(
    needs.map(async (need) => {
      const namespace = need.isClusterWide ? undefined : veleroNamespace;
      const refused = await Promise.all(
        need.verbs.map(async (verb) => {
          const right = { kind: need.kind, verb, namespace };
          return isSaid(known, right) || (await isAllowed(client, right))
            ? []
            : [`${verb} ${pluralOf(need.kind)}`];
        }),
      );
      return { need, refused: refused.flat() };
    }),
  );
  const consequenceOf = ({ need }: (typeof missing)[number]) => `${need.isClusterWide} ${need.without}`;
  return [...new Set(missing.map(consequenceOf))].flatMap((consequence) =>
    sentence(
      missing.filter((each) => consequenceOf(each) === consequence),
      client,
      veleroNamespace,
    ),
  );
}

function sentence(
  missing: readonly { need: Need; refused: readonly string[] }[],
  { label }: KubernetesClient,
  namespace: string,
): string[] {
  const refused = missing.flatMap((each) => each.refused);
  const [first] = missing;
  if (refused.length === 0 || !first) return [];
  const { isClusterWide, without } = first.need;
  const place = isClusterWide ? `in all of cluster "${label.key}"` : `in namespace "${namespace}"`;
  const end = without === undefined ? "an up with the same ones would fail" : `without it ${without}`;
  return [
    `${label.property}: ${place} these credentials may not ${refused.join(", ")}; ${end}. velero.rbac.provider has all that is needed`,
  ];
}

interface Rule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
}

/**
 * Returns all permissions of the credentials in a namespace, with one request. If that fails, each permission is asked
 * for.
 */
async function rulesIn(client: KubernetesClient, namespace: string): Promise<Rule[]> {
  const review = { metadata: { name: "" }, spec: { namespace } };
  const { status } = await client
    .create<KubernetesObject & { status?: { resourceRules?: Rule[] } }>(RULES, review)
    .catch(() => ({ status: undefined }));
  return status?.resourceRules ?? [];
}

/** A permission that is not listed may still be granted, by an authorizer that does not list its rules. */
const isSaid = (rules: readonly Rule[], { kind, verb, namespace }: Right): boolean =>
  namespace !== undefined &&
  rules.some(
    ({ verbs, apiGroups = [], resources = [], resourceNames = [] }) =>
      has(verbs, verb) &&
      has(apiGroups, groupOf(kind)) &&
      has(resources, pluralOf(kind)) &&
      resourceNames.length === 0,
  );

const has = (list: readonly string[], wanted: string): boolean => list.includes(wanted) || list.includes("*");

async function isAllowed(client: KubernetesClient, { kind, verb, namespace }: Right): Promise<boolean> {
  const resourceAttributes = { namespace, verb, group: groupOf(kind), resource: pluralOf(kind) };
  const review = { metadata: { name: "" }, spec: { resourceAttributes } };
  const { status } = await client.create<typeof review & { status?: { allowed?: boolean } }>(ACCESS, review);
  return status?.allowed !== false;
}

const pluralOf = (kind: string): string => kind.split(".")[0] ?? kind;

const groupOf = (kind: string): string => kind.split(".").slice(1).join(".");

const reviews = (kind: string): ResourceType => ({
  apiVersion: "authorization.k8s.io/v1",
  kind,
  plural: `${kind.toLowerCase()}s`,
});
const ACCESS = reviews("SelfSubjectAccessReview");
const RULES = reviews("SelfSubjectRulesReview");

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
