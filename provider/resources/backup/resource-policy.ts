import type { KubernetesClient } from "../../kubernetes/client.ts";
import { configMaps, type KubernetesObject } from "../../kubernetes/resources.ts";
import { ensure, isIncarnation, mergePatch } from "../../lifecycle/ensure.ts";
import { ownersOf, stampOf } from "../../lifecycle/identity.ts";
import type { ClusterBackupOutputs } from "./outputs.ts";
import { hasOwnPolicy, sharedPolicyTrouble, withPolicyInForce } from "./shared-policy.ts";

/** The one key that Velero allows such a ConfigMap. */
const KEY = "resource-policy.yaml";
/** The only version there is. */
const VERSION = "v1";

interface ConfigMap extends KubernetesObject {
  data: Record<string, string>;
}

/** The policies as Velero reads them, which takes YAML; JSON is some. */
const manifest = (state: ClusterBackupOutputs): ConfigMap => ({
  metadata: { name: state.objectName, namespace: state.location.namespace, ...stampOf(state) },
  data: { [KEY]: JSON.stringify({ version: VERSION, ...state.resourcePolicy }, undefined, 2) },
});

const WHOLE = ["data"];

interface Circumstances {
  /** State, where this is an update. */
  before: ClusterBackupOutputs | undefined;
  /** Called once the policies are there, with what is then in effect. */
  onEffect: (outputs: ClusterBackupOutputs) => void;
}

/**
 * Puts the declared policies where the backup will find them, which has to be before it begins. Those of somebody else have
 * to be there.
 */
export async function ensureResourcePolicy(
  client: KubernetesClient,
  aim: ClusterBackupOutputs,
  { before, onEffect }: Circumstances,
): Promise<void> {
  if (!hasOwnPolicy(aim)) return void (await withPolicyInForce(client, aim.location.namespace, aim));
  await ensure(client, configMaps, manifest(aim), { owners: ownersOf(aim), whole: WHOLE });
  // The next step may be refused, and a destroy removes only what state knows.
  onEffect({ ...(before ?? aim), resourcePolicy: aim.resourcePolicy });
}

/** Removes them once nothing will ask for them any more; what another incarnation has taken over stays. */
export async function removeResourcePolicy(
  client: KubernetesClient,
  state: ClusterBackupOutputs,
): Promise<void> {
  const target = { type: configMaps, name: state.objectName, namespace: state.location.namespace };
  const live = await client.get(target);
  if (live && isIncarnation(live, state.incarnation)) await client.delete(target, { uid: live.metadata.uid });
}

/** What has become of them behind our back, in words. */
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
