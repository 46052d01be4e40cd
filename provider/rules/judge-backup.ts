import { Problem } from "../core/errors.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import type { ClusterBackupInputs } from "../schemas/cluster-backup.ts";
import { policiesIn, savesVolumes } from "../schemas/selection.ts";
import type { SelectionInputs } from "../velero/selection-entries.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { isTarballProblem } from "../velero/backup-contents.ts";
import { allOf, errorWords, parseResults } from "../velero/backup-files.ts";
import { complaintsOf, stateOf } from "../velero/phases.ts";
import type { Backup, BackupSpec } from "../velero/types.ts";
import { veleroFile } from "../velero/velero-file.ts";
import type { Missed } from "../volumes/expect-way.ts";
import { failedScratch, type Gathered, gatherEvidence } from "../volumes/saved-claims.ts";
import {
  claimsInWords,
  claimsWith,
  judgeClaims,
  type JudgedClaim,
  judgeLines,
  remedyFor,
} from "../volumes/judge-claims.ts";
import { volumeObjectsIn } from "../volumes/volume-objects.ts";
import { withPolicyInForce } from "./resource-policy.ts";

interface Judgement {
  problem?: Problem;
  /** The number of claims whose data it holds. Absent if that could not be read. */
  volumesBackedUp?: number | undefined;
  /** Warnings, and facts that could not be read. */
  notices: readonly string[];
}

/**
 * Judges a finished backup. Velero's "Completed" is not enough: each claim of the backup has to be accounted for, and
 * an empty backup is a failure.
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
          // Velero's messages name the location only in words: "backup storage location", "object storage".
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

/** A backup whose tarball is missing or damaged is not good. */
function unreadable(error: unknown): Problem {
  if (error instanceof Problem && isTarballProblem(error)) return error;
  throw error;
}

const errorsIn = (results: Buffer | undefined): string[] =>
  (results && ifSound(() => allOf(parseResults(results).errors))) ?? [];

/** Damaged results say nothing, and do not make a good backup a bad one. */
function ifSound<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

interface VolumeJudgement {
  /** The number of claims in the backup, with or without data. */
  claims: number;
  missed: { claim: string; fate: Missed }[];
  /** Absent if that could not be read. */
  volumesBackedUp?: number;
  notices: string[];
}

/** Finds the claims whose data a finished backup lacks although no declaration excludes them. */
function judgeVolumes(
  { contents, files, blind }: Gathered,
  { spec, errors }: { spec: BackupSpec; errors: readonly string[] },
  { volumes, resourcePolicy }: Pick<SelectionInputs, "volumes" | "resourcePolicy">,
): VolumeJudgement {
  if (!files) {
    return {
      claims: 0,
      missed: [],
      notices: [`whether it holds the data of its volumes cannot be seen: ${blind}`],
    };
  }
  const declared = { volumes, policies: policiesIn(resourcePolicy) };
  const judged: JudgedClaim[] = contents
    ? judgeClaims({ objects: volumeObjectsIn(contents), files, errors, spec }, declared)
    : judgeLines(files.lines, declared, spec);
  const unseen = claimsWith(judged, "unseen");
  const scratch = failedScratch(files);
  return {
    claims: judged.length,
    missed: claimsWith(judged, "missed"),
    volumesBackedUp: claimsWith(judged, "saved").length,
    notices: [
      ...(contents
        ? []
        : [`its claims are judged by Velero's words alone, since its tarball cannot be read: ${blind}`]),
      ...(unseen.length > 0
        ? [`whether it holds the data of these claims cannot be told: ${claimsInWords(unseen)}`]
        : []),
      ...(scratch.length > 0
        ? [`of these volumes, which are no claims, no copy was made: ${scratch.join(", ")}`]
        : []),
    ],
  };
}

/** The API's words for namespaces, and the word for all kinds. */
const NAMESPACE_WORDS = ["namespaces", "namespace", "ns", "*"];

/**
 * Returns true if a selection limits the objects of its namespaces by kind or label. A Namespace itself then does not
 * count: Velero stores it with every object in it, and also without any.
 */
function isFiltered({
  labelSelector,
  orLabelSelectors = [],
  includedResources = [],
  includedNamespaceScopedResources = [],
  includedClusterScopedResources = [],
  resourcePolicy = {},
}: SelectionInputs): boolean {
  const kinds = [
    ...includedResources,
    ...includedNamespaceScopedResources,
    ...includedClusterScopedResources,
  ];
  if (kinds.some((word) => NAMESPACE_WORDS.includes(word.toLowerCase()))) return false;
  return (
    labelSelector !== undefined ||
    orLabelSelectors.length > 0 ||
    kinds.length > 0 ||
    resourcePolicy.namespacedFilterPolicies !== undefined
  );
}
