import type { Health } from "../../lifecycle/check.ts";
import { same } from "../../lifecycle/canonical.ts";
import { metadataEdits } from "../../lifecycle/metadata-edits.ts";
import { complaintsOf, isExpired, stateOf } from "../../velero/phases.ts";
import type { Backup, DeleteBackupRequest } from "../../velero/types.ts";
import { deletionErrors, isStuck } from "./is-stuck.ts";
import { type ClusterBackupOutputs, outcomeOf } from "./outputs.ts";
import { type StoredFiles, tarballIn } from "./stored-files.ts";

export type Found = Partial<ClusterBackupOutputs> & { health: Health };

/** What there is of a single backup. */
export interface SingleFindings {
  live: Backup | undefined;
  /** Undefined where the store was not asked, or gave no answer. */
  files: StoredFiles | undefined;
  requests: readonly DeleteBackupRequest[];
  now: Date;
}

const ENDED: Found = { health: "Healthy", phase: "Expired", message: undefined };

/** A backup that ended by its TTL, or that Velero is deleting for it, has done its work: no drift. One that vanished before is drift. */
export function judgeSingle(
  state: ClusterBackupOutputs,
  { live, files, requests, now }: SingleFindings,
): Found {
  // It was refused before anything was stored.
  if (state.backupName === undefined) return { health: "Unhealthy", message: state.unfinished };
  const name = `Backup ${state.location.namespace}/${state.backupName}`;
  const expired = isExpired(state.expiration, now) ? ENDED : undefined;
  if (!live && expired) return expired;
  if (!live) return { health: "Missing", message: `${name} is gone before its time; up takes another` };
  const seen = outcomeOf(live);
  const phase = live.status?.phase ?? "New";
  const good = (): Found => {
    const found = judgeData(state, name, { files, expired });
    const isFine = found.health === "Healthy" && found.phase === undefined;
    return { ...seen, ...((isFine ? judgeTags(live, state, name) : undefined) ?? found) };
  };
  switch (stateOf(live)) {
    case "completed":
      return good();
    case "partiallyFailed":
      return state.allowPartialFailure
        ? good()
        : { ...seen, health: "Failing", message: `${name}: ${complaintsOf(live)}; up takes another` };
    case "deleting": {
      const refused = deletionErrors(live, requests);
      if (refused === undefined && expired) return expired;
      return refused === undefined
        ? {
            ...seen,
            health: "Missing",
            message: `${name} is being deleted before its time; up takes another`,
          }
        : { ...seen, health: "Stuck", message: `${name} was to be deleted and could not be: ${refused}` };
    }
    case "running":
      return isStuck(live, now)
        ? {
            ...seen,
            health: "Stuck",
            message: `${name} has been ${phase} since ${seen.startTime ?? live.metadata.creationTimestamp}`,
          }
        : { ...seen, health: "Unhealthy", message: `${name} is ${phase}; up waits for it` };
    default:
      return {
        ...seen,
        health: "Failing",
        message: `${name} is ${phase}: ${complaintsOf(live)}; up takes another`,
      };
  }
}

/** A Backup that Velero brings back from the store has the labels and annotations of its time. */
function judgeTags(live: Backup, state: ClusterBackupOutputs, name: string): Found | undefined {
  const edits = metadataEdits(live, state);
  return edits === undefined
    ? undefined
    : { health: "Drifted", message: `${edits} of ${name} is not what is declared; up sets it right` };
}

/** Judges whether its data is still what was stored: Velero does not (docs/design/velero-facts.md#lost-files). */
function judgeData(
  { location: { storePrefix }, backupName = "", stored }: ClusterBackupOutputs,
  name: string,
  { files, expired }: { files: StoredFiles | undefined; expired: Found | undefined },
): Found {
  if (!files) return { health: "Healthy", message: undefined };
  const tarball = tarballIn(files, storePrefix, backupName);
  if (!tarball && expired) return expired;
  if (!tarball) {
    return {
      health: "Missing",
      message: `the data of ${name} is gone from the store (${storePrefix}/backups/${backupName}/); up takes another`,
    };
  }
  if (stored && !same(stored, tarball)) {
    return {
      health: "Suspect",
      message:
        `the tarball of ${name} is not the one that Velero stored: it has ${tarball.size} bytes, and had ${stored.size}. ` +
        "See who has written it; change `triggers` to take another backup",
    };
  }
  return { health: "Healthy", message: undefined };
}
