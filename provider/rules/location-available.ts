import type { Deadline } from "../core/deadline.ts";
import { Problem } from "../core/errors.ts";
import type { KubernetesClient, Target } from "../kubernetes/client.ts";
import { isOwnedBy } from "../kubernetes/ensure.ts";
import { isForbidden } from "../kubernetes/kubernetes-error.ts";
import { locations } from "../kubernetes/resources.ts";
import { waitFor, WaitTimeout } from "../kubernetes/wait.ts";
import { requireVelero } from "./velero-alive.ts";
import type { LocationReference } from "../schemas/backup.ts";
import { cannotReachStore, isPluginMissing, pluginImage } from "../velero/server.ts";
import type { BackupStorageLocation } from "../velero/types.ts";
import { frequencyOf, frequencyTwin, USUAL_FREQUENCY, orphanedLabel } from "../velero/manifests.ts";

const AVAILABLE_WITHIN_MS = 30_000;
/** Another stack's location may have a long validation frequency. The wait is never longer than this. */
const LONGEST_MS = 180_000;
/** A Velero whose last validation is younger than this is alive. */
const VALIDATION_FRESH_MS = 90_000;

/** The use of a location, in the words of the resource that needs it. */
interface Purpose {
  undone: string;
  /** Absent if read access is enough. */
  readOnly?: string;
}

const toBackUp: Purpose = { undone: "No backup was begun", readOnly: "nothing can be backed up to it" };

/** A resource that uses a location: its lineage, and the reference to the location. */
export interface LocationUse {
  lineage: string;
  location: LocationReference;
}

/**
 * Waits until Velero may write to the location. If a Backup is created earlier, Velero refuses it for good
 * (docs/design/velero-facts.md#validation-happens-once).
 */
export async function requireLocation(
  client: KubernetesClient,
  user: LocationUse,
  deadline: Deadline,
  purpose: Purpose = toBackUp,
): Promise<void> {
  const { locationName, namespace } = user.location;
  const target = { type: locations, name: locationName, namespace };
  const place = `BackupStorageLocation ${namespace}/${locationName} in cluster "${client.label.key}"`;
  const seen = await client.get<BackupStorageLocation>(target);
  const location =
    seen?.status?.phase === "Available"
      ? seen
      : await awaitAvailable(client, target, { seen, user, place, deadline, purpose });
  if (location.metadata.labels?.[orphanedLabel] !== undefined) {
    client.session.notices.warn(
      place,
      "its owner has left it to those who still use it; it goes with the last of them",
    );
  }
  const age = Date.now() - Date.parse(location.status?.lastValidationTime ?? "");
  if (age >= VALIDATION_FRESH_MS) await requireVelero(client, namespace, lowerFirst(purpose.undone));
  if (location.spec.accessMode === "ReadOnly" && purpose.readOnly !== undefined) {
    throw new Problem({
      code: "LocationReadOnly",
      property: "location",
      what: `${place} is read-only, so ${purpose.readOnly}`,
      todo: "Its ClusterLocation's `message` says why, and which `takeOver` would make it writable.",
    });
  }
}

interface Awaited {
  seen: BackupStorageLocation | undefined;
  user: LocationUse;
  place: string;
  deadline: Deadline;
  purpose: Purpose;
}

async function awaitAvailable(
  client: KubernetesClient,
  target: Target,
  { seen, user, place, deadline, purpose }: Awaited,
): Promise<BackupStorageLocation> {
  const { namespace, offline } = user.location;
  const isOthers = seen !== undefined && !isOfThisStack(seen, user);
  // A store that recovered a moment ago stays Unavailable for up to a minute, unless Velero is asked to validate.
  if (seen && !isOthers) await requestValidation(client, target).catch(unlessForbidden);
  const limit = AbortSignal.timeout(isOthers ? patienceWith(seen) : AVAILABLE_WITHIN_MS);
  const patience = { name: deadline.name, signal: AbortSignal.any([deadline.signal, limit]) };
  return waitFor<BackupStorageLocation, BackupStorageLocation>(
    client,
    target,
    (live) => {
      if (!live)
        throw new Problem({
          code: "NoLocation",
          property: "location",
          what: offline
            ? `${place} does not exist: the stack that owns the location has declared the cluster offline`
            : `${place} does not exist`,
          todo: offline
            ? "No backup can be taken of the cluster to it. Have a connection declared there, or use another location."
            : "Run `pulumi refresh` and up: its ClusterLocation makes it again.",
        });
      return live.status?.phase === "Available" ? live : undefined;
    },
    { deadline: patience, what: "", todo: "" },
  ).catch((error: unknown) => {
    if (!(error instanceof WaitTimeout)) throw error;
    const { status } = error.last as BackupStorageLocation;
    if (status?.phase === undefined) throw neverLookedAt(client, namespace, place, purpose);
    throw new Problem({
      code: cannotReachStore(status.message) ? "VeleroCannotReachStore" : "LocationUnavailable",
      property: "location",
      what: `${place} is ${status.phase}`,
      said: status.message,
      todo: `${purpose.undone}. See that Velero runs there and reaches the store.${isOthers ? seldom(seen) : ""}`,
    });
  });
}

const neverLookedAt = (client: KubernetesClient, namespace: string, place: string, { undone }: Purpose) =>
  new Problem({
    code: "VeleroNotResponding",
    property: `${client.label.property}.namespace`,
    what: `${place} is not looked at by any Velero`,
    todo: `${undone}. See that Velero's server runs in namespace "${namespace}" (kubectl -n ${namespace} get pods).`,
  });

/** Credentials for backups need no permission to change locations. */
const unlessForbidden = (error: unknown): undefined => {
  if (!isForbidden(error)) throw error;
};

/**
 * Returns true for a location of this stack. A request for validation changes the location, and we never change another
 * stack's.
 */
const isOfThisStack = (live: BackupStorageLocation, { lineage, location }: LocationUse): boolean =>
  lineage === location.lineage && isOwnedBy(live, [location]);

/**
 * Returns the validation interval. The server's own setting is not known, if the location leaves the frequency to it.
 */
const periodOf = ({ spec }: BackupStorageLocation): number =>
  frequencyOf(spec.validationFrequency) ?? frequencyOf(USUAL_FREQUENCY) ?? 0;

/** Velero validates another stack's location again by itself, at its interval. */
const patienceWith = (location: BackupStorageLocation): number =>
  Math.min(periodOf(location) + AVAILABLE_WITHIN_MS, LONGEST_MS);

/** Explains a long validation interval: waiting longer would not help. */
function seldom(location: BackupStorageLocation): string {
  const period = periodOf(location);
  if (period > 0 && period <= LONGEST_MS) return "";
  const when = period === 0 ? "never by itself" : `every ${location.spec.validationFrequency} only`;
  return ` Velero looks at this location ${when}; a refresh and an up of the stack that owns it have it look at once.`;
}

const lowerFirst = (words: string): string => words.charAt(0).toLowerCase() + words.slice(1);

/**
 * Velero validates at once after a change of `spec`. A round of waiting is longer than the second in which two
 * validations have the same time.
 */
const ROUND_MS = 2_500;
/** A location that stays Unavailable for this long is not just being created. */
const UNAVAILABLE_MS = 12_000;
/** A Velero that has not validated by then is not running. */
const VALIDATION_TIMEOUT_MS = 60_000;

/**
 * Waits until Velero itself has found the location Available since the last change. `before` is its last validation
 * before that change. Each further round begins with a request for validation. So a Velero that never validates by
 * itself (`--store-validation-frequency=0`) works as well.
 */
export async function awaitValidated(
  client: KubernetesClient,
  target: Target,
  options: { before: string | undefined; nudgeFirst: boolean; deadline: Deadline },
): Promise<BackupStorageLocation> {
  const since = Date.now();
  let seen: BackupStorageLocation | undefined;
  let before = options.before;
  for (let round = 0; ; round++) {
    if (round > 0 || options.nudgeFirst) before = await requestValidation(client, target);
    const validated = await validation(client, target, { before, deadline: options.deadline }, round);
    if (validated?.status?.phase === "Available") return validated;
    seen = validated ?? seen;
    if (seen && isPluginMissing(seen.status?.message)) throw pluginMissing(client, target, seen);
    const waited = Date.now() - since;
    const patience = seen && !lacksSecret(seen) ? UNAVAILABLE_MS : VALIDATION_TIMEOUT_MS;
    if (waited > patience || options.deadline.signal.aborted) {
      throw seen ? unavailable(client, target, seen) : notValidated(client, target);
    }
  }
}

/**
 * Returns true if Velero does not see the location's Secret yet. Velero reads Secrets from a cache, which needs half a
 * minute after a restart of the API server. The Secret exists, because it was created before.
 */
const lacksSecret = ({ status }: BackupStorageLocation): boolean =>
  /Secret "[^"]*" not found/.test(status?.message ?? "");

/** Returns the location after a new validation. Returns undefined when this round is over. */
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
        if (!location) throw locationVanished(client, target);
        const { phase, lastValidationTime } = location.status ?? {};
        const anew = phase !== undefined && lastValidationTime !== before;
        // An Unavailable location may become Available within the round.
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

/** Requests a validation by Velero. Returns the time of the last validation before it. */
async function requestValidation(client: KubernetesClient, target: Target): Promise<string | undefined> {
  const location = await client.get<BackupStorageLocation>(target);
  if (!location) throw locationVanished(client, target);
  await client.patch(target, {
    spec: { validationFrequency: frequencyTwin(location.spec.validationFrequency) },
  });
  return location.status?.lastValidationTime;
}

const locationInWords = (client: KubernetesClient, { name, namespace }: Target) =>
  `BackupStorageLocation ${namespace}/${name} in cluster "${client.label.key}"`;

const locationVanished = (client: KubernetesClient, target: Target) =>
  new Problem({
    code: "DeletedExternally",
    what: `${locationInWords(client, target)} was deleted while it was being waited for`,
    todo: "Find out who deletes it, and run up again.",
  });

const unavailable = (client: KubernetesClient, target: Target, location: BackupStorageLocation) =>
  new Problem({
    code: cannotReachStore(location.status?.message) ? "VeleroCannotReachStore" : "LocationUnavailable",
    property: client.label.property,
    what: `${locationInWords(client, target)} is Unavailable`,
    said: location.status?.message ?? "Velero gives no reason",
    todo: "The program reaches the store, and Velero does not: look at the address, the network policy and the certificate as seen from inside of the cluster.",
  });

const pluginMissing = (client: KubernetesClient, target: Target, { spec, status }: BackupStorageLocation) =>
  new Problem({
    code: "PluginMissing",
    property: client.label.property,
    what: `the Velero of cluster "${client.label.key}" has no plugin for provider "${spec.provider}", which ${locationInWords(client, target)} needs`,
    said: status?.message,
    todo:
      `Install it: \`velero plugin add ${pluginImage(spec.provider)}:<version>\`, the version that its README pairs with this ` +
      `Velero, or as an init container in the Helm chart's \`initContainers\`; then run up again.`,
  });

const notValidated = (client: KubernetesClient, target: Target) =>
  new Problem({
    code: "VeleroNotResponding",
    property: `${client.label.property}.namespace`,
    what: `${locationInWords(client, target)} is not looked at by any Velero`,
    todo: `See that Velero's server runs in namespace "${target.namespace}" and has not stopped (kubectl -n ${target.namespace} get pods), or name its namespace.`,
  });
