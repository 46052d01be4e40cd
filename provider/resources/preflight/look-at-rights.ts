import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { KubernetesObject, ResourceType } from "../../kubernetes/resources.ts";
import { type Need, neededRights, type Use } from "./needed-rights.ts";

interface Right {
  type: ResourceType;
  verb: string;
  namespace?: string | undefined;
}

/**
 * What these credentials may not do of what the use needs, a sentence for each consequence. Asked, not tried: reviews
 * are answered and kept nowhere.
 */
export async function missingRights(
  client: KubernetesClient,
  veleroNamespace: string,
  use: Use,
): Promise<string[]> {
  const needs = neededRights[use];
  const known = needs.some(({ isClusterWide }) => !isClusterWide)
    ? await rulesIn(client, veleroNamespace)
    : [];
  const missing = await Promise.all(
    needs.map(async (need) => {
      const namespace = need.isClusterWide ? undefined : veleroNamespace;
      const refused = await Promise.all(
        need.verbs.map(async (verb) => {
          const right = { type: need.type, verb, namespace };
          return isSaid(known, right) || (await isAllowed(client, right))
            ? []
            : [`${verb} ${need.type.plural}`];
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

/** All that the credentials may do in a namespace, at one question. Who is not told asks for each right. */
async function rulesIn(client: KubernetesClient, namespace: string): Promise<Rule[]> {
  const review = { metadata: { name: "" }, spec: { namespace } };
  const { status } = await client
    .create<KubernetesObject & { status?: { resourceRules?: Rule[] } }>(RULES, review)
    .catch(() => ({ status: undefined }));
  return status?.resourceRules ?? [];
}

/** What is not said may be allowed all the same, by an authorizer that keeps no rules. */
const isSaid = (rules: readonly Rule[], { type, verb, namespace }: Right): boolean =>
  namespace !== undefined &&
  rules.some(
    ({ verbs, apiGroups = [], resources = [], resourceNames = [] }) =>
      has(verbs, verb) &&
      has(apiGroups, groupOf(type)) &&
      has(resources, type.plural) &&
      resourceNames.length === 0,
  );

const has = (list: readonly string[], wanted: string): boolean => list.includes(wanted) || list.includes("*");

async function isAllowed(client: KubernetesClient, { type, verb, namespace }: Right): Promise<boolean> {
  const resourceAttributes = { namespace, verb, group: groupOf(type), resource: type.plural };
  const review = { metadata: { name: "" }, spec: { resourceAttributes } };
  const { status } = await client.create<typeof review & { status?: { allowed?: boolean } }>(ACCESS, review);
  return status?.allowed !== false;
}

const groupOf = ({ apiVersion }: ResourceType): string =>
  apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";

const reviews = (kind: string): ResourceType => ({
  apiVersion: "authorization.k8s.io/v1",
  kind,
  plural: `${kind.toLowerCase()}s`,
});
const ACCESS = reviews("SelfSubjectAccessReview");
const RULES = reviews("SelfSubjectRulesReview");
