import { Problem } from "../../errors.ts";
import type { KubernetesClient, Target } from "../../kubernetes/client.ts";
import { waitFor, WaitTimeout } from "../../kubernetes/wait.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { cannotReachStore } from "../../velero/store-reach.ts";
import { isPluginMissing, pluginImage } from "../../velero/plugins.ts";
import type { BackupStorageLocation } from "../../velero/types.ts";
import { nudged } from "../../velero/validation-frequency.ts";

/** Velero validates at once after a change of `spec`; each round of waiting is longer than the second in which a validation's time would not change. */
const ROUND_MS = 2_500;
/** A location that stays Unavailable that long is not merely being created. */
const PATIENCE_MS = 12_000;
/** A Velero that has not validated by then is not running. */
const SILENCE_MS = 60_000;

/**
 * Waits until Velero itself has found the location Available since the change that was just made. `before` is its
 * last validation before that change. Each further round begins with a nudge, so a Velero that never looks by itself
 * (`--store-validation-frequency=0`) is no different.
 */
export async function awaitAvailable(
  client: KubernetesClient,
  target: Target,
  options: { before: string | undefined; nudgeFirst: boolean; deadline: Deadline },
): Promise<BackupStorageLocation> {
  const since = Date.now();
  let seen: BackupStorageLocation | undefined;
  let before = options.before;
  for (let round = 0; ; round++) {
    if (round > 0 || options.nudgeFirst) before = await nudge(client, target);
    const validated = await validation(client, target, { before, deadline: options.deadline }, round);
    if (validated?.status?.phase === "Available") return validated;
    seen = validated ?? seen;
    if (seen && isPluginMissing(seen.status?.message)) throw pluginMissing(client, target, seen);
    const waited = Date.now() - since;
    const patience = seen && !lacksSecret(seen) ? PATIENCE_MS : SILENCE_MS;
    if (waited > patience || options.deadline.signal.aborted) {
      throw seen ? unavailable(client, target, seen) : silent(client, target);
    }
  }
}

/**
 * Velero reads Secrets from a cache, which after a restart of the API server takes half a minute to see a new one. The
 * one that the location names is there: it was made just before.
 */
const lacksSecret = ({ status }: BackupStorageLocation): boolean =>
  /Secret "[^"]*" not found/.test(status?.message ?? "");

/** The location once it has been validated anew, or undefined when this round is over. */
async function validation(
  client: KubernetesClient,
  target: Target,
  { before, deadline }: { before: string | undefined; deadline: Deadline },
  round: number,
): Promise<BackupStorageLocation | undefined> {
  const roundOver = AbortSignal.timeout(ROUND_MS);
  const limit = { name: deadline.name, signal: AbortSignal.any([roundOver, deadline.signal]) };
  try {
    return await waitFor<BackupStorageLocation, BackupStorageLocation>(
      client,
      target,
      (location) => {
        if (!location) throw vanished(client, target);
        const { phase, lastValidationTime } = location.status ?? {};
        const anew = phase !== undefined && lastValidationTime !== before;
        // An Unavailable one may come right by itself within the round.
        return anew && (phase === "Available" || round === 0) ? location : undefined;
      },
      { deadline: limit, what: "", todo: "" },
    );
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    const last = error.last as BackupStorageLocation | undefined;
    return last?.status?.phase !== undefined && last.status.lastValidationTime !== before ? last : undefined;
  }
}

/** Has Velero look at once. Tells when the location was validated last before. */
export async function nudge(client: KubernetesClient, target: Target): Promise<string | undefined> {
  const location = await client.get<BackupStorageLocation>(target);
  if (!location) throw vanished(client, target);
  await client.patch(target, { spec: { validationFrequency: nudged(location.spec.validationFrequency) } });
  return location.status?.lastValidationTime;
}

const placeOf = (client: KubernetesClient, { name, namespace }: Target) =>
  `BackupStorageLocation ${namespace}/${name} in cluster "${client.label.key}"`;

const vanished = (client: KubernetesClient, target: Target) =>
  new Problem({
    code: "Vanished",
    what: `${placeOf(client, target)} was deleted while it was being waited for`,
    todo: "Find out who deletes it, and run up again.",
  });

const unavailable = (client: KubernetesClient, target: Target, location: BackupStorageLocation) =>
  new Problem({
    code: cannotReachStore(location.status?.message) ? "StoreOutOfReach" : "LocationUnavailable",
    property: client.label.property,
    what: `${placeOf(client, target)} is Unavailable`,
    said: location.status?.message ?? "Velero gives no reason",
    todo: "The program reaches the store, and Velero does not: look at the address, the network policy and the certificate as seen from inside of the cluster.",
  });

const pluginMissing = (client: KubernetesClient, target: Target, { spec, status }: BackupStorageLocation) =>
  new Problem({
    code: "PluginMissing",
    property: client.label.property,
    what: `the Velero of cluster "${client.label.key}" has no plugin for provider "${spec.provider}", which ${placeOf(client, target)} needs`,
    said: status?.message,
    todo:
      `Install it: \`velero plugin add ${pluginImage(spec.provider)}:<version>\`, the version that its README pairs with this ` +
      `Velero, or as an init container in the Helm chart's \`initContainers\`; then run up again.`,
  });

const silent = (client: KubernetesClient, target: Target) =>
  new Problem({
    code: "VeleroSilent",
    property: `${client.label.property}.namespace`,
    what: `${placeOf(client, target)} is not looked at by any Velero`,
    todo: `See that Velero's server runs in namespace "${target.namespace}" and has not stopped (kubectl -n ${target.namespace} get pods), or name its namespace.`,
  });
