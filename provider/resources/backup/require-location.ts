import { Problem } from "../../errors.ts";
import type { KubernetesClient, Target } from "../../kubernetes/client.ts";
import { isForbidden } from "../../kubernetes/kubernetes-error.ts";
import { locations } from "../../kubernetes/resources.ts";
import { waitFor, WaitTimeout } from "../../kubernetes/wait.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { isOwnedBy } from "../../lifecycle/ensure.ts";
import { tell } from "../../lifecycle/notices.ts";
import { leavingLabel } from "../../velero/labels.ts";
import type { BackupStorageLocation } from "../../velero/types.ts";
import { frequencyOf, USUAL_FREQUENCY } from "../../velero/validation-frequency.ts";
import { cannotReachStore } from "../../velero/store-reach.ts";
import { nudge } from "../cluster-location/availability.ts";
import { requireVelero } from "../require-velero.ts";
import type { LocationReference } from "./declaration.ts";

const PATIENCE_MS = 30_000;
/** Another stack's location may say that Velero looks at it seldom; it is waited for no longer than that. */
const LONGEST_MS = 180_000;
/** A Velero that validated so lately is taken to be alive. */
const FRESH_MS = 90_000;

/** What a location is wanted for, in the words of the one that cannot have it. */
interface Purpose {
  undone: string;
  /** Left out where reading is enough. */
  readOnly?: string;
}

const toBackUp: Purpose = { undone: "No backup was begun", readOnly: "nothing can be backed up to it" };

/** The use of a location: the lineage of the resource that uses it, and which one it is. */
export interface LocationUse {
  lineage: string;
  location: LocationReference;
}

/**
 * Waits until Velero may write to the location. A Backup that is created before is refused by Velero for good
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
  if (location.metadata.labels?.[leavingLabel] !== undefined) {
    tell(place, "its owner has left it to those who still use it; it goes with the last of them");
  }
  const age = Date.now() - Date.parse(location.status?.lastValidationTime ?? "");
  if (age >= FRESH_MS) await requireVelero(client, namespace, lowerFirst(purpose.undone));
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
  // A store that was mended a moment ago is Unavailable for up to a minute more, unless Velero is asked to look.
  if (seen && !isOthers) await nudge(client, target).catch(unlessForbidden);
  const limit = AbortSignal.timeout(isOthers ? patienceWith(seen) : PATIENCE_MS);
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
      code: cannotReachStore(status.message) ? "StoreOutOfReach" : "LocationUnavailable",
      property: "location",
      what: `${place} is ${status.phase}`,
      said: status.message,
      todo: `${purpose.undone}. See that Velero runs there and reaches the store.${isOthers ? seldom(seen) : ""}`,
    });
  });
}

const neverLookedAt = (client: KubernetesClient, namespace: string, place: string, { undone }: Purpose) =>
  new Problem({
    code: "VeleroSilent",
    property: `${client.label.property}.namespace`,
    what: `${place} is not looked at by any Velero`,
    todo: `${undone}. See that Velero's server runs in namespace "${namespace}" (kubectl -n ${namespace} get pods).`,
  });

/** Credentials that may take backups need not have the right to change locations. */
const unlessForbidden = (error: unknown): undefined => {
  if (!isForbidden(error)) throw error;
};

/** Velero is asked to look by a change of the location, and nobody changes another stack's. */
const isOfThisStack = (live: BackupStorageLocation, { lineage, location }: LocationUse): boolean =>
  lineage === location.lineage && isOwnedBy(live, [location]);

/** What its server was told is not known of a location that leaves the frequency to the server. */
const periodOf = ({ spec }: BackupStorageLocation): number =>
  frequencyOf(spec.validationFrequency) ?? frequencyOf(USUAL_FREQUENCY) ?? 0;

/** At another stack's location Velero looks again by itself, if it does. */
const patienceWith = (location: BackupStorageLocation): number =>
  Math.min(periodOf(location) + PATIENCE_MS, LONGEST_MS);

/** Waiting longer does not help where Velero looks at a location seldom. */
function seldom(location: BackupStorageLocation): string {
  const period = periodOf(location);
  if (period > 0 && period <= LONGEST_MS) return "";
  const when = period === 0 ? "never by itself" : `every ${location.spec.validationFrequency} only`;
  return ` Velero looks at this location ${when}; a refresh and an up of the stack that owns it have it look at once.`;
}

const lowerFirst = (words: string): string => words.charAt(0).toLowerCase() + words.slice(1);
