import { Problem, wordsOf } from "../../core/errors.ts";
import { nameOf } from "../../core/identity.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { discover } from "../../kubernetes/discovery.ts";
import { isForbidden } from "../../kubernetes/kubernetes-error.ts";
import { persistentVolumeClaims } from "../../kubernetes/resources.ts";
import {
  type DataClaim,
  dataClaims,
  type DataFate,
  judgeRestoredVolume,
  restoredClaimName,
  RESTORE_PODS,
  type RestoreEvidence,
} from "../../restore-model/data-claims.ts";
import { selectItems } from "../../restore-model/choose-items.ts";
import { isTarballProblem } from "../../velero/backup-contents.ts";
import { restoredVolumesIn } from "../../velero/backup-files.ts";
import { restoreStateOf } from "../../velero/phases.ts";
import type { Restore } from "../../velero/types.ts";
import { type FilePlace, veleroFile } from "../../velero/velero-file.ts";
import { type Gathered, gatherEvidence, savedClaims } from "../../volumes/saved-claims.ts";
import { claimsInWords } from "../../volumes/judge-claims.ts";
import { type Claim, claimName } from "../../volumes/volume-objects.ts";
import type { RestoreJudgement } from "./finalize.ts";
import type { RestoreInCluster, SourcePlace } from "./part.ts";

/**
 * Checks whether the data of claims came back with a restore that ended well. Returns a problem if some did not. Other
 * results are warnings. For a restore that failed in part and was accepted, lost data is a warning as well. Throws if
 * the program's own access to the store fails: such a restore must not be accepted without the check.
 */
export async function lookForLostData(
  client: KubernetesClient,
  part: RestoreInCluster,
  { metadata, spec, status }: Restore,
  { place: { location, store, storePrefix }, judgement }: { place: SourcePlace; judgement: RestoreJudgement },
): Promise<Problem | undefined> {
  const restore = `Restore ${metadata.namespace}/${metadata.name} in cluster "${client.label.key}"`;
  const warn = (words: string) =>
    client.session.notices.warn(nameOf(part.owner), `warning: ${restore}: ${words}`);
  const files: FilePlace = { client, ...location, store, storePrefix, name: spec.backupName ?? "" };
  const claims = await claimsToRestore(files, part.whole).catch(gone);
  if (!Array.isArray(claims)) {
    if (claims.hasStoreFailed) throw dataUnknown(restore, claims.blind);
    warn(`whether the data of its volumes came back cannot be seen: ${claims.blind}`);
    return undefined;
  }
  if (claims.length === 0) return undefined;
  const lines = await veleroFile("restoreVolumeInfo", { ...files, name: metadata.name }, "store").catch(
    (error: unknown) => {
      if (store) throw dataUnknown(restore, wordsOf(error));
    },
  );
  if (!lines) {
    warn(
      `whether the data of ${claims.length} claims came back cannot be seen: Velero's list of its volumes cannot be read`,
    );
    return undefined;
  }
  const isCompleted = restoreStateOf({ metadata, spec, ...(status && { status }) }) === "completed";
  const evidence: RestoreEvidence = {
    lines: restoredVolumesIn(lines),
    items: judgement.counts && judgement.items,
    isCompleted,
    live: await liveClaims(client, claims),
  };
  const judged = claims.map((claim) => ({
    claim: restoredClaimName(claim),
    fate: judgeRestoredVolume(claim, evidence, part.whole),
  }));
  tellTheRest(judged, warn);
  const lost = judged.filter(isLost);
  if (lost.length === 0) return undefined;
  const what = `the data of ${lost.length} of ${claims.length} ${claims.length === 1 ? "claim" : "claims"} did not come back`;
  if (!isCompleted) {
    warn(`${what}: ${claimsInWords(lost)}`);
    return undefined;
  }
  return new Problem({
    code: "DataNotRestored",
    what: `${restore} is Completed, and yet ${what}`,
    said: claimsInWords(lost),
    todo: `These claims are there, and empty. ${RESTORE_PODS} Remove what it made, and change \`triggers\` to restore again.`,
  });
}

type Blind = Required<Pick<Gathered, "blind">> & Pick<Gathered, "hasStoreFailed">;

const dataUnknown = (restore: string, said: string): Problem =>
  new Problem({
    code: "DataUnknown",
    property: "storage",
    what: `${restore} has ended, and whether the data of its volumes came back cannot be seen`,
    said,
    todo: "The next up looks again, and restores nothing twice.",
  });

/** Returns the restored claims whose data the backup holds, or the reason why they are not known. */
async function claimsToRestore(
  files: FilePlace,
  options: RestoreInCluster["whole"],
): Promise<DataClaim[] | Blind> {
  const { contents, files: records, blind = "", ...how } = await gatherEvidence(files);
  if (!contents || !records) return { blind, ...how };
  const { kinds } = await discover(files.client);
  return dataClaims(selectItems(contents, options, kinds), savedClaims(contents, records));
}

/** A tarball that is missing now existed when the restore began. */
function gone(error: unknown): Blind {
  if (error instanceof Problem && isTarballProblem(error)) return { blind: error.message };
  throw error;
}

async function liveClaims(
  client: KubernetesClient,
  claims: readonly DataClaim[],
): Promise<RestoreEvidence["live"]> {
  const namespaces = [...new Set(claims.map(({ intoNamespace }) => intoNamespace))];
  try {
    const lists = await Promise.all(
      namespaces.map((namespace) => client.list<Claim>({ type: persistentVolumeClaims, namespace })),
    );
    return new Map(lists.flatMap(({ items }) => items).map((claim) => [claimName(claim), claim]));
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}

interface Judged {
  claim: string;
  fate: DataFate;
}

const isLost = (each: Judged): each is { claim: string; fate: Extract<DataFate, { fate: "lost" }> } =>
  each.fate.fate === "lost";

/** Warns of claims whose data is neither back nor lost. */
function tellTheRest(judged: readonly Judged[], warn: (words: string) => void): void {
  const told = judged.flatMap(({ claim, fate }) => {
    const why = WORDS[fate.fate] ?? (fate.fate === "unseen" ? fate.why : undefined);
    return why === undefined ? [] : [{ claim, fate: { why } }];
  });
  if (told.length > 0) warn(`of these claims no data was seen to come back: ${claimsInWords(told)}`);
}

const WORDS: Partial<Record<DataFate["fate"], string>> = {
  waits: "its volume is made of its snapshot once a pod asks for it",
  kept: "it was there before, and was left as it was",
};
