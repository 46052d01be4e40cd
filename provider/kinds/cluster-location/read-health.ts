import { Problem, wordsOf } from "../../core/errors.ts";
import { describeOwner, ownerLabel, ownersOf, userMetadataOf } from "../../core/identity.ts";
import type { UserMetadata } from "../../core/user-metadata.ts";
import type { Fingerprinter } from "../../core/secrets.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { sharedList } from "../../kubernetes/clusters.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { metadataEdits } from "../../kubernetes/ensure.ts";
import { isForbidden } from "../../kubernetes/kubernetes-error.ts";
import { type KubernetesObject, locations, secrets } from "../../kubernetes/resources.ts";
import { isMarkedBy, type Marker, wasMarkedBy } from "../../rules/attach.ts";
import { claimEditsInCluster, claimInCluster, claimInStore } from "../../rules/claim.ts";
import type { HealthFinding } from "../../rules/finding.ts";
import { staleReasonOf } from "../../rules/velero-alive.ts";
import type { ClusterLocationOutputs, Sent } from "../../schemas/cluster-location.ts";
import type { ClusterLocationHealth } from "../../../model/health.ts";
import { programAccess } from "../../store/store-access.ts";
import { CREDENTIAL_KEY, type Secret, orphanedLabel } from "../../velero/manifests.ts";
import type { LocationPhase } from "../../../model/phases.ts";
import type { BackupStorageLocation } from "../../velero/types.ts";
import type { Session } from "../../session.ts";
import { editedParts, secretFingerprint } from "./manifest.ts";

interface LocationFindings {
  health: ClusterLocationHealth;
  phase?: LocationPhase | undefined;
  message?: string | undefined;
  lastValidated?: string | undefined;
  lastSynced?: string | undefined;
}

/** The facts that a refresh gathers about a location and those of `reads`. */
interface Seen {
  locations: ReadonlyMap<string, BackupStorageLocation>;
  /** The Secrets, as `lookAtSecrets` returns them. */
  secrets: ReadonlyMap<string, Secret | undefined>;
  fingerprinter: Fingerprinter;
  /** The problem of the claim on the prefix. */
  claim: string | undefined;
  /** The reason why the Velero of an Available location may have stopped. */
  staleReason: string | undefined;
}

/**
 * Reads the health of the location, with one list per cluster for all locations of this process. It writes only if
 * `staleReasonOf` has to ask the server.
 */
export async function readHealth(session: Session, state: ClusterLocationOutputs): Promise<LocationFindings> {
  if (state.connection.offline) return { health: "Offline" };
  const access = session.newestAccess.of(state, state);
  try {
    const { client } = await session.clusters.open(
      access.connection,
      clusterLabel(state.cluster),
      state.clusterUid,
    );
    const all = await sharedList<BackupStorageLocation>(client, locations, state.namespace);
    const live = all.get(state.locationName);
    const [secrets, claim, staleReason] = await Promise.all([
      lookAtSecrets(client, state, all),
      lookAtClaim(session, client, { ...state, ...access, storage: access.storage ?? state.storage }),
      live?.status?.phase === "Available" ? staleReasonOf(client, live, all.values(), new Date()) : undefined,
    ]);
    const { fingerprinter } = session;
    return judgeLocation(state, { locations: all, secrets, fingerprinter, claim, staleReason });
  } catch (error) {
    // An unreachable cluster keeps its state: one unavailable cluster does not stop the refresh of thirty
    // (docs/design/rules.md#missing-and-unreachable).
    return { health: "Unknown", message: wordsOf(error) };
  }
}

/** The first problem decides the health. All of them are in the message. */
export function judgeLocation(state: ClusterLocationOutputs, seen: Seen): LocationFindings {
  const live = seen.locations.get(state.locationName);
  if (!live && state.clusterUid === undefined) return { health: "Unhealthy", message: state.unfinished };
  if (!live) return gone(state, state.locationName);
  const { phase, lastValidationTime, lastSyncedTime } = live.status ?? {};
  const status = { phase, lastValidated: lastValidationTime, lastSynced: lastSyncedTime };
  if (state.unfinished !== undefined) return { ...status, health: "Unhealthy", message: state.unfinished };
  if (live.metadata.labels?.[orphanedLabel] !== undefined) {
    return {
      ...status,
      health: "Unhealthy",
      message: "a destroy that was not finished has left it to other stacks; up takes it back",
    };
  }
  const [first, ...others] = [
    ...editsOf(live, state, seen),
    ...(seen.claim === undefined ? [] : [{ health: "Drifted", message: seen.claim } as const]),
    ...locationFindings(live, state, seen),
    ...Object.values(state.readLocations).flatMap((name) => onReader(name, state, seen)),
  ];
  if (!first) return { ...status, health: "Healthy", message: usualMessage(state) };
  // Several locations may share a Secret.
  const messages = new Set([first, ...others].map(({ message }) => message));
  return { ...status, health: first.health, message: [...messages].join(". ") };
}

/** Returns the message of a healthy location. An earlier refresh may have left a finding in `message`. */
const usualMessage = ({ notice, health, message }: ClusterLocationOutputs): string | undefined =>
  notice ?? (health === "Healthy" ? message : undefined);

const gone = ({ namespace }: ClusterLocationOutputs, name: string): Finding =>
  missing(`BackupStorageLocation ${namespace}/${name} is gone; up makes it again`);

const editsOf = (
  live: BackupStorageLocation,
  state: ClusterLocationOutputs,
  { secrets, fingerprinter }: Seen,
): Finding[] =>
  findEdits(live, {
    declared: userMetadataOf(state),
    sent: state.sent?.[live.metadata.name],
    salt: state.incarnation,
    secrets,
    fingerprinter,
  });

function onReader(name: string, state: ClusterLocationOutputs, seen: Seen): Finding[] {
  const live = seen.locations.get(name);
  return live ? [...editsOf(live, state, seen), ...unavailable(live)] : [gone(state, name)];
}

/** Returns Velero's findings about the location, if a Velero works there. */
function locationFindings(
  live: BackupStorageLocation,
  state: ClusterLocationOutputs,
  { staleReason }: Seen,
): Finding[] {
  const [verdict] = unavailable(live);
  if (verdict) return [verdict];
  if (staleReason !== undefined) return [{ health: "Unknown", message: staleReason }];
  if (state.default !== true || live.spec.default === true) return [];
  return [
    {
      health: "Unhealthy",
      message: "Velero's default location is another one now; up takes it back, or says who has it",
    },
  ];
}

function unavailable(live: BackupStorageLocation): Finding[] {
  const { phase, message = "Velero gives no reason" } = live.status ?? {};
  if (phase === "Available") return [];
  const words =
    phase === undefined
      ? "is not looked at by any Velero"
      : `is ${phase}: ${message.trim().replace(/[.\s]+$/, "")}`;
  return [{ health: "Unhealthy", message: `${locationInWords(live)} ${words}; up has Velero look again` }];
}

type Finding = HealthFinding<ClusterLocationHealth>;

interface DriftContext {
  declared: UserMetadata;
  /** Absent in states of older versions. */
  sent: Sent | undefined;
  salt: string;
  /** The Secrets that could be read. Undefined stands for a missing one. */
  secrets: ReadonlyMap<string, Secret | undefined>;
  fingerprinter: Fingerprinter;
}

/** Finds what someone else has changed in our live location, and in the Secret that it names. */
function findEdits(live: BackupStorageLocation, how: DriftContext): Finding[] {
  const { declared, sent, salt } = how;
  const place = locationInWords(live);
  if (isMadeAnew(live)) return [drift(`${place} ${MADE_ANEW}`)];
  if (!sent) return [];
  const tags = metadataEdits(live, declared);
  const edited = editedParts(live, sent, salt);
  const { accessMode, provider, objectStorage } = live.spec;
  const others = edited.filter((part) => part !== "accessMode" && part !== "place");
  const found = [
    edited.includes("accessMode") &&
      (accessMode === "ReadOnly"
        ? `${place} was made read-only by someone else, so nothing can be backed up to it; up makes it writable again`
        : `${place} was made writable by someone else; up makes it read-only again`),
    edited.includes("place") &&
      `${place} was pointed to ${provider} bucket "${objectStorage.bucket}", ${objectStorage.prefix ?? ""}/ by someone ` +
        "else: what is stored stays, but Velero takes its Backup objects out of the cluster; up points it back, and " +
        "Velero brings them back",
    others.length > 0 &&
      `someone else has changed ${others.join(" and ")} of ${place}; up sets it as declared`,
    tags !== undefined && `someone else has changed ${tags} of ${place}; up sets it as declared`,
  ].filter((each) => each !== false);
  const keys = edited.includes("credential") ? [] : findInSecret(live, { ...how, sent });
  return [...found.map(drift), ...keys];
}

function findInSecret(
  { spec, metadata: { namespace = "" } }: BackupStorageLocation,
  { declared, sent, secrets, fingerprinter }: DriftContext & { sent: Sent },
): Finding[] {
  const { name = "", key = CREDENTIAL_KEY } = spec.credential ?? {};
  if (!secrets.has(name)) return [];
  const live = secrets.get(name);
  const content = live?.data?.[key];
  const place = `Secret ${namespace}/${name}`;
  if (sent.secret === undefined) {
    const lacks = live ? `has no key "${key}" any more` : "is gone";
    return content === undefined
      ? [missing(`${place}, which \`existingSecret\` names, ${lacks}; up cannot make it`)]
      : [];
  }
  if (!live) return [missing(`${place} with the keys for the store is gone; up makes it again`)];
  if (isMadeAnew(live)) return [drift(`${place} ${MADE_ANEW}`)];
  const file = Buffer.from(content ?? "", "base64").toString("utf8");
  const tags = metadataEdits(live, declared);
  if (secretFingerprint(fingerprinter, file, sent.secret) === sent.secret) {
    return tags === undefined
      ? []
      : [
          drift(
            `someone else has changed ${tags} of ${place} with the keys for the store; up sets it as declared`,
          ),
        ];
  }
  return [
    drift(
      `${place} with the keys for the store was changed by someone else; up puts the declared ones there`,
    ),
  ];
}

const MADE_ANEW =
  "was made anew by someone else, and up changes nothing of it; delete it, and up makes it as declared";

/** Returns true if someone else created the object anew: all of our objects have this label. */
const isMadeAnew = ({ metadata }: KubernetesObject): boolean => metadata.labels?.[ownerLabel] === undefined;

const drift = (message: string): Finding => ({ health: "Drifted", message });

const missing = (message: string): Finding => ({ health: "Missing", message });

const locationInWords = ({ metadata: { namespace, name } }: BackupStorageLocation): string =>
  `BackupStorageLocation ${namespace}/${name}`;

/**
 * Reads the Secrets that the locations were told to use. Undefined stands for a missing one. Secrets that may not be
 * read here are left out: a refresh often has fewer permissions than an `up`.
 */
async function lookAtSecrets(
  client: KubernetesClient,
  { sent = {}, incarnation, namespace }: ClusterLocationOutputs,
  locations: ReadonlyMap<string, BackupStorageLocation>,
): Promise<Map<string, Secret | undefined>> {
  const names = Object.entries(sent).flatMap(([location, each]) => {
    const live = locations.get(location);
    const name = live?.spec.credential?.name;
    // If somebody named another Secret there, it is not ours to read.
    return live && name && !editedParts(live, each, incarnation).includes("credential") ? [name] : [];
  });
  const found = await Promise.all(
    [...new Set(names)].map(async (name) => {
      const target = { type: secrets, name, namespace };
      return client.get<Secret>(target).then(
        (secret) => [[name, secret] as const],
        (error: unknown) => {
          if (isForbidden(error)) return [];
          throw error;
        },
      );
    }),
  );
  return new Map(found.flat());
}

/**
 * Returns the problem of the claim on the prefix, if it has changed. A place that cannot be reached is not reported
 * here: the BackupLocation reports the store.
 */
async function lookAtClaim(
  session: Session,
  client: KubernetesClient,
  state: ClusterLocationOutputs,
): Promise<string | undefined> {
  if (state.accessMode !== "ReadWrite") return undefined;
  try {
    const store = session.stores.open(programAccess(state, state.cluster));
    const place = store ? claimInStore(store, state.storePrefix) : claimInCluster(client, state);
    const verdict = judgeClaim(await place.read(), state, store?.address ?? `cluster "${state.cluster}"`);
    return verdict ?? (store ? undefined : await claimEditsInCluster(client, state));
  } catch (error) {
    return error instanceof Problem && error.code === "BadMarker"
      ? error.message.replace(/\.$/, "")
      : undefined;
  }
}

export function judgeClaim(
  marker: Marker | undefined,
  state: Pick<
    ClusterLocationOutputs,
    "owner" | "lineage" | "formerOwners" | "adoptLineage" | "storePrefix" | "clusterUid"
  >,
  where: string,
): string | undefined {
  const { storePrefix, clusterUid } = state;
  const claim = `the claim on ${storePrefix}/ in ${where}`;
  if (!marker) return `${claim} is gone; up claims it anew`;
  if (!isMarkedBy(marker, ownersOf(state)) && !wasMarkedBy(marker, state)) {
    const { words } = describeOwner(marker, ownersOf(state));
    return `${claim} now ${words}, and one location writes to a prefix, ever; up is refused until one of the two has another prefix`;
  }
  if (marker.cluster.uid !== clusterUid) {
    return `${claim} is of another cluster under the key "${marker.cluster.key}"; up attaches it read-only`;
  }
  if (marker.released !== undefined) return `${claim} was released on ${marker.released}; up claims it anew`;
  return undefined;
}
