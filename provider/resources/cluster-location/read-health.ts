import { wordsOf } from "../../errors.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { locations } from "../../kubernetes/resources.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { userMetadataOf } from "../../lifecycle/user-metadata.ts";
import { freshest } from "../../lifecycle/process-memory.ts";
import { sharedList } from "../../lifecycle/shared-list.ts";
import { leavingLabel } from "../../velero/labels.ts";
import type { Secret } from "../../velero/manifests.ts";
import type { BackupStorageLocation, LocationPhase } from "../../velero/types.ts";
import { doubtVelero } from "./doubt-velero.ts";
import { findEdits, type Finding, missing, placeOf } from "./find-edits.ts";
import { lookAtClaim } from "./look-at-claim.ts";
import { lookAtSecrets } from "./look-at-secrets.ts";
import type { ClusterLocationHealth } from "./inputs.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";

interface Found {
  health: ClusterLocationHealth;
  phase?: LocationPhase | undefined;
  message?: string | undefined;
  lastValidated?: string | undefined;
  lastSynced?: string | undefined;
}

/** What a refresh sees of a location and of those of `reads`. */
interface Seen {
  locations: ReadonlyMap<string, BackupStorageLocation>;
  /** See `lookAtSecrets`. */
  secrets: ReadonlyMap<string, Secret | undefined>;
  /** What is wrong with the claim on the prefix. */
  claim: string | undefined;
  /** Why the Velero of an Available location may be dead. */
  doubt: string | undefined;
}

/**
 * How the location is, with one list per cluster for all locations of this process, and no write but where
 * `doubtVelero` has to ask.
 */
export async function readHealth(state: ClusterLocationOutputs): Promise<Found> {
  if (state.connection.offline) return { health: "Offline" };
  const access = freshest(state, state);
  try {
    const { client } = await openCluster(access.connection, clusterLabel(state.cluster), state.clusterUid);
    const all = await sharedList<BackupStorageLocation>(client, locations, state.namespace);
    const live = all.get(state.locationName);
    const [secrets, claim, doubt] = await Promise.all([
      lookAtSecrets(client, state, all),
      lookAtClaim(client, { ...state, ...access, storage: access.storage ?? state.storage }),
      live?.status?.phase === "Available" ? doubtVelero(client, live, all.values(), new Date()) : undefined,
    ]);
    return judge(state, { locations: all, secrets, claim, doubt });
  } catch (error) {
    // An unreachable cluster keeps its state: one dead cluster does not stop the refresh of thirty
    // (docs/design/rules.md#missing-and-unreachable).
    return { health: "Unknown", message: wordsOf(error) };
  }
}

/** Of all that is wrong the first gives the health; each is told. */
export function judge(state: ClusterLocationOutputs, seen: Seen): Found {
  const live = seen.locations.get(state.locationName);
  if (!live && state.clusterUid === undefined) return { health: "Unhealthy", message: state.unfinished };
  if (!live) return gone(state, state.locationName);
  const { phase, lastValidationTime, lastSyncedTime } = live.status ?? {};
  const status = { phase, lastValidated: lastValidationTime, lastSynced: lastSyncedTime };
  if (state.unfinished !== undefined) return { ...status, health: "Unhealthy", message: state.unfinished };
  if (live.metadata.labels?.[leavingLabel] !== undefined) {
    return {
      ...status,
      health: "Unhealthy",
      message: "a destroy that was not finished has left it to other stacks; up takes it back",
    };
  }
  const [first, ...others] = [
    ...editsOf(live, state, seen),
    ...(seen.claim === undefined ? [] : [{ health: "Drifted", message: seen.claim } as const]),
    ...verdictOn(live, state, seen),
    ...Object.values(state.readLocations).flatMap((name) => onReader(name, state, seen)),
  ];
  if (!first) return { ...status, health: "Healthy", message: usualMessage(state) };
  // Several locations may share a Secret.
  const messages = new Set([first, ...others].map(({ message }) => message));
  return { ...status, health: first.health, message: [...messages].join(". ") };
}

/** An earlier refresh may have found something, which stands in `message` since. */
const usualMessage = ({ notice, health, message }: ClusterLocationOutputs): string | undefined =>
  notice ?? (health === "Healthy" ? message : undefined);

const gone = ({ namespace }: ClusterLocationOutputs, name: string): Finding =>
  missing(`BackupStorageLocation ${namespace}/${name} is gone; up makes it again`);

const editsOf = (live: BackupStorageLocation, state: ClusterLocationOutputs, { secrets }: Seen): Finding[] =>
  findEdits(live, {
    declared: userMetadataOf(state),
    sent: state.sent?.[live.metadata.name],
    salt: state.incarnation,
    secrets,
  });

function onReader(name: string, state: ClusterLocationOutputs, seen: Seen): Finding[] {
  const live = seen.locations.get(name);
  return live ? [...editsOf(live, state, seen), ...unavailable(live)] : [gone(state, name)];
}

/** What Velero says of it, as far as there is a Velero. */
function verdictOn(live: BackupStorageLocation, state: ClusterLocationOutputs, { doubt }: Seen): Finding[] {
  const [verdict] = unavailable(live);
  if (verdict) return [verdict];
  if (doubt !== undefined) return [{ health: "Unknown", message: doubt }];
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
  return [{ health: "Unhealthy", message: `${placeOf(live)} ${words}; up has Velero look again` }];
}
