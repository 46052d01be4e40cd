import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { configMaps, type KubernetesObject } from "../../kubernetes/resources.ts";
import { parseResourcePolicy } from "./parse-resource-policy.ts";
import type { SelectionInputs } from "./selection.ts";

type Declared = Pick<SelectionInputs, "resourcePolicy">;

/** The name of a ConfigMap with policies that is somebody else's: it is never changed or removed. */
export const sharedPolicyName = ({ resourcePolicy }: Declared): string | undefined =>
  resourcePolicy?.["configMap"] as string | undefined;

/** Tells whether the policies are in a ConfigMap that this project makes and removes. */
export const hasOwnPolicy = (declared: Declared): boolean =>
  declared.resourcePolicy !== undefined && sharedPolicyName(declared) === undefined;

/** The same selection with the policies in force: what stands in a ConfigMap that it names is as good as declared. */
export async function withPolicyInForce<Selection extends Declared>(
  client: KubernetesClient,
  namespace: string,
  selection: Selection,
): Promise<Selection> {
  const name = sharedPolicyName(selection);
  if (name === undefined) return selection;
  const read = await readPolicy(client, namespace, name);
  if ("policy" in read) return { ...selection, resourcePolicy: read.policy };
  throw new Problem({
    code: read.isGone ? "NoResourcePolicy" : "BadResourcePolicy",
    property: "resourcePolicy.configMap",
    what: `ConfigMap ${namespace}/${name} in cluster "${client.label.key}", which \`resourcePolicy\` names, ${read.problem}`,
    todo: read.isGone
      ? "It has to be in Velero's own namespace, and whoever keeps it makes it. Without it every run fails."
      : "Mend it, or name another one. Velero fails every run for it.",
  });
}

/** What has become of policies that somebody else keeps, in words. What they say is theirs to change. */
export async function sharedPolicyTrouble(
  client: KubernetesClient,
  namespace: string,
  selection: Declared,
): Promise<string | undefined> {
  const name = sharedPolicyName(selection);
  if (name === undefined) return undefined;
  const read = await readPolicy(client, namespace, name);
  if ("policy" in read) return undefined;
  return `ConfigMap ${namespace}/${name}, its resource policy, ${read.problem}, and every run fails for it; up cannot mend it`;
}

async function readPolicy(
  client: KubernetesClient,
  namespace: string,
  name: string,
): Promise<{ policy: Record<string, unknown> } | { problem: string; isGone: boolean }> {
  const live = await client.get<KubernetesObject & { data?: Record<string, string> }>({
    type: configMaps,
    name,
    namespace,
  });
  if (!live) return { problem: "is not there", isGone: true };
  const parsed = await parseResourcePolicy(live.data);
  return "policy" in parsed ? parsed : { ...parsed, isGone: false };
}
