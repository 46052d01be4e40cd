import { Problem } from "../core/errors.ts";
import { ownersOf, stampOf } from "../core/identity.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { ensure, isIncarnation, mergePatch } from "../kubernetes/ensure.ts";
import { parseYaml } from "../kubernetes/kubeconfig/judge-kubeconfig.ts";
import { configMaps, type KubernetesObject } from "../kubernetes/resources.ts";
import type { ClusterBackupOutputs } from "../schemas/cluster-backup.ts";
import { type Declared, hasOwnPolicy, sharedPolicyName } from "../schemas/selection.ts";
import { findingsOf } from "./finding.ts";
import type { ClusterRule } from "./preflight.ts";

/** The one key that we write. Velero allows exactly one. */
const KEY = "resource-policy.yaml";
/** The only version that exists. */
const VERSION = "v1";

interface ConfigMap extends KubernetesObject {
  data: Record<string, string>;
}

/** Returns the ConfigMap. Velero reads YAML, and JSON is valid YAML. */
const manifest = (state: ClusterBackupOutputs): ConfigMap => ({
  metadata: { name: state.objectName, namespace: state.location.namespace, ...stampOf(state) },
  data: { [KEY]: JSON.stringify({ version: VERSION, ...state.resourcePolicy }, undefined, 2) },
});

const WHOLE = ["data"];

interface PolicyContext {
  /** The state, if this is an update. */
  before: ClusterBackupOutputs | undefined;
  /** Is called when the policies are in the cluster, with the outputs that are then in effect. */
  onEffect: (outputs: ClusterBackupOutputs) => void;
}

/**
 * Creates or updates the ConfigMap with the declared policies, before the backup begins. Policies of another owner have
 * to exist.
 */
export async function ensureResourcePolicy(
  client: KubernetesClient,
  desired: ClusterBackupOutputs,
  { before, onEffect }: PolicyContext,
): Promise<void> {
  if (!hasOwnPolicy(desired))
    return void (await withPolicyInForce(client, desired.location.namespace, desired));
  await ensure(client, configMaps, manifest(desired), { owners: ownersOf(desired), whole: WHOLE });
  // The next step may fail, and a destroy removes only what is in state.
  onEffect({ ...(before ?? desired), resourcePolicy: desired.resourcePolicy });
}

/** Removes the policies when nothing needs them any more. A ConfigMap that another incarnation has taken over stays. */
export async function removeResourcePolicy(
  client: KubernetesClient,
  state: ClusterBackupOutputs,
): Promise<void> {
  const target = { type: configMaps, name: state.objectName, namespace: state.location.namespace };
  const live = await client.get(target);
  if (live && isIncarnation(live, state.incarnation)) await client.delete(target, { uid: live.metadata.uid });
}

/** Describes how others have changed the policies. */
export async function resourcePolicyDrift(
  client: KubernetesClient,
  state: ClusterBackupOutputs,
): Promise<string | undefined> {
  const { namespace } = state.location;
  if (!hasOwnPolicy(state)) return sharedPolicyTrouble(client, namespace, state);
  const live = await client.get<ConfigMap>({ type: configMaps, name: state.objectName, namespace });
  const name = `ConfigMap ${namespace}/${state.objectName}`;
  if (!live) return `${name}, its resource policy, is gone, and every run fails for it; up makes it again`;
  return mergePatch(live, manifest(state), WHOLE)
    ? `${name}, its resource policy, was changed by someone else; up sets it right`
    : undefined;
}

const ACTIONS = ["skip", "snapshot", "fs-backup", "custom"];

/** Policies as somebody wrote them, or the reason why Velero cannot read them. */
type ParsedPolicy = { policy: Record<string, unknown> } | { problem: string };

/**
 * Reads the data of a ConfigMap as Velero reads its resource policies: one key of any name, with YAML of one version
 * (velero v1.18.3, internal/resourcepolicies/resource_policies.go). Rules for kinds and volumes are not checked here,
 * because later versions of Velero have more of them.
 */
export async function parseResourcePolicy(
  data: Readonly<Record<string, string>> = {},
): Promise<ParsedPolicy> {
  const [file, ...others] = Object.entries(data);
  if (file === undefined) return { problem: "has no data, and Velero wants exactly one key" };
  if (others.length > 0) {
    return {
      problem: `has ${others.length + 1} keys (${Object.keys(data).join(", ")}), and Velero wants exactly one`,
    };
  }
  const [key, text] = file;
  try {
    return judgePolicy(key, await parseYaml(text));
  } catch (error) {
    const { reason, message } = error as { reason?: string; message?: string };
    return { problem: `holds no YAML in its key "${key}": ${reason ?? message ?? String(error)}` };
  }
}

function judgePolicy(key: string, policy: unknown): ParsedPolicy {
  if (!isObject(policy)) return { problem: `holds no resource policies in its key "${key}"` };
  const { version, volumePolicies = [] } = policy;
  if (version !== VERSION)
    return {
      problem: `has version ${JSON.stringify(version) ?? "none"} in its key "${key}", and Velero knows "${VERSION}" alone`,
    };
  if (volumePolicies !== null && !Array.isArray(volumePolicies))
    return { problem: "has volumePolicies that are no list" };
  const wrong = ((volumePolicies ?? []) as unknown[]).findIndex((each) => !isVolumePolicy(each));
  if (wrong >= 0)
    return {
      problem: `has no action that Velero knows in volumePolicies.${wrong}: its type is one of ${ACTIONS.join(", ")}`,
    };
  return { policy };
}

function isVolumePolicy(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { conditions = {}, action } = value;
  return (
    (conditions === null || isObject(conditions)) &&
    isObject(action) &&
    ACTIONS.includes(String(action["type"]))
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Returns the selection with the policies in force: those of a ConfigMap that it names replace the reference. */
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

/** Describes why policies of another owner cannot be used. Changes of their content are no drift. */
async function sharedPolicyTrouble(
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

/**
 * Velero can read the policies of the ConfigMap that a selection names. A missing one is an open finding, because the
 * same `up` may create it.
 */
export const policyReadable = (namespace: string, selection: Declared): ClusterRule => ({
  inputs: [namespace, selection.resourcePolicy],
  find: ({ client }) =>
    findingsOf(withPolicyInForce(client, namespace, selection), {
      refusals: ["BadResourcePolicy"],
      open: "all",
    }),
});
