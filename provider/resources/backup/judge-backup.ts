import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { complaintsOf, stateOf } from "../../velero/phases.ts";
import { allOf, errorWords, parseResults } from "../../velero/results.ts";
import type { Backup } from "../../velero/types.ts";
import type { ClusterBackupInputs } from "../cluster-backup/inputs.ts";
import { isTarballProblem } from "../read-contents.ts";
import { veleroFile } from "../velero-file.ts";
import { gatherEvidence } from "../volumes/gather-evidence.ts";
import { savesVolumes } from "../volumes/saves-volumes.ts";
import { claimsInWords, remedyFor } from "../volumes/claims-in-words.ts";
import { isFiltered } from "./is-filtered.ts";
import { withPolicyInForce } from "./shared-policy.ts";
import { judgeVolumes, type VolumeJudgement } from "./judge-volumes.ts";

export interface Judgement {
  problem?: Problem;
  /** The claims of which it holds data; absent where nobody could look. */
  volumesBackedUp?: number | undefined;
  /** Things that could not be seen, or that are worth knowing. */
  notices: readonly string[];
}

/**
 * Tells whether a finished backup is what was asked for; a Problem where it is not. Velero's "Completed" is not
 * enough: each claim of the backup is accounted for, and a backup of nothing is none.
 */
export async function judgeBackup(
  backup: Backup,
  declared: ClusterBackupInputs,
  { client, store }: { client: KubernetesClient; store: ObjectStore | undefined },
): Promise<Judgement> {
  const inputs = await withPolicyInForce(client, declared.location.namespace, declared);
  const { name } = backup.metadata;
  const place = `Backup ${inputs.location.namespace}/${name} in cluster "${inputs.cluster}"`;
  const stored = { ...inputs.location, client, store, name };
  const phase = backup.status?.phase ?? "";
  const state = stateOf(backup);
  switch (state) {
    case "completed":
      return judgeEnded();
    case "partiallyFailed":
      return inputs.allowPartialFailure ? judgeEnded() : failedInPart();
    default:
      return {
        notices: [],
        problem: new Problem({
          code: phase,
          // Velero has no word for it: "backup storage location", "object storage".
          property: /storage/i.test(complaintsOf(backup)) ? "location" : undefined,
          what: `${place} ended ${phase}`,
          said: complaintsOf(backup),
          todo: "Mend the cause and run up again, which takes another.",
        }),
      };
  }

  async function judgeEnded(): Promise<Judgement> {
    if (backup.status?.progress && !backup.status.progress.itemsBackedUp) return nothing("no object at all");
    const ofVolumes = savesVolumes(inputs);
    if (!ofVolumes && !isFiltered(inputs)) return { notices: [] };
    const results = state === "partiallyFailed" ? await veleroFile("results", stored, "velero") : undefined;
    const gathered = await gatherEvidence(stored, { ofVolumes }).catch(unreadable);
    if (gathered instanceof Problem) return { notices: [], problem: gathered };
    if (isFiltered(inputs) && gathered.contents && gathered.objects === 0)
      return nothing("no object that was selected, but namespaces alone");
    if (!ofVolumes) return { notices: [] };
    const { notices, ...judged } = judgeVolumes(gathered, { ...backup, errors: errorsIn(results) }, inputs);
    return {
      ...missedIn(judged),
      volumesBackedUp: judged.volumesBackedUp,
      notices: notices.map((words) => `warning: ${place}: ${words}`),
    };
  }

  function nothing(held: string): Judgement {
    return {
      notices: [],
      problem: new Problem({
        code: "NothingBackedUp",
        what: `${place} is ${phase}, and holds ${held}`,
        todo: "See what the filters leave: namespaces, kinds (as the cluster names them) and label selectors. Then run up again, which takes another backup.",
      }),
    };
  }

  function missedIn({ missed, claims }: Omit<VolumeJudgement, "notices">): { problem?: Problem } {
    if (missed.length === 0) return {};
    return {
      problem: new Problem({
        code: "VolumesMissed",
        property: "volumes",
        what: `${place} is ${phase}, and yet holds no data of ${missed.length} of ${claims} ${claims === 1 ? "claim" : "claims"}`,
        said: claimsInWords(missed),
        todo: `${remedyFor(missed)} Then run up again, which takes another backup.`,
      }),
    };
  }

  async function missedInPart(results: Buffer | undefined): Promise<VolumeJudgement["missed"]> {
    if (!savesVolumes(inputs)) return [];
    const gathered = await gatherEvidence(stored);
    return judgeVolumes(gathered, { ...backup, errors: errorsIn(results) }, inputs).missed;
  }

  async function failedInPart(): Promise<Judgement> {
    const results = await veleroFile("results", stored, "velero");
    const missed = await missedInPart(results).catch(() => []);
    const lost = missed.length === 0 ? [] : [`It holds no data of ${claimsInWords(missed)}`];
    return {
      notices: [],
      problem: new Problem({
        code: phase,
        what: `${place} ended ${phase} (${complaintsOf(backup)})`,
        said: [(results && ifSound(() => errorWords(results))) ?? [], lost].flat().join(". "),
        todo: "Mend the cause and run up again, which takes another; or accept such backups with allowPartialFailure: true.",
      }),
    };
  }
}

/** A tarball that is gone, or damaged, makes no good backup. */
function unreadable(error: unknown): Problem {
  if (error instanceof Problem && isTarballProblem(error)) return error;
  throw error;
}

const errorsIn = (results: Buffer | undefined): string[] =>
  (results && ifSound(() => allOf(parseResults(results).errors))) ?? [];

/** Results that are damaged tell nothing, and make no sound backup a bad one. */
function ifSound<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
