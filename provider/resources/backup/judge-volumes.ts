import { allOf, parseResults } from "../../velero/results.ts";
import type { Backup } from "../../velero/types.ts";
import type { FilePlace } from "../velero-file.ts";
import { claimsInWords, claimsWith } from "../volumes/claims-in-words.ts";
import type { Missed } from "../volumes/fate.ts";
import { failedScratch } from "../volumes/failed-scratch.ts";
import { gatherEvidence } from "../volumes/gather-evidence.ts";
import { judgeClaims, type JudgedClaim } from "../volumes/judge-claims.ts";
import { judgeLines } from "../volumes/judge-lines.ts";
import { policiesIn } from "../volumes/match-volume-policy.ts";
import { volumeObjectsIn } from "../volumes/volume-objects.ts";
import { savesVolumes } from "../volumes/saves-volumes.ts";
import type { SelectionInputs } from "./selection.ts";

export interface VolumeJudgement {
  /** How many claims it holds, data or not. */
  claims: number;
  missed: { claim: string; fate: Missed }[];
  volumesBackedUp?: number | undefined;
  notices: string[];
}

/**
 * Tells of which claims a finished backup holds no data though nobody left them out. `results` is Velero's file of
 * its errors, where there are any. Nothing is read where nothing is to be saved.
 */
export async function judgeVolumes(
  { spec }: Backup,
  selection: Pick<SelectionInputs, "volumes" | "resourcePolicy">,
  { place, results }: { place: FilePlace; results: Buffer | undefined },
): Promise<VolumeJudgement> {
  if (!savesVolumes(selection)) return { claims: 0, missed: [], notices: [] };
  const { contents, files, blind } = await gatherEvidence(place);
  if (!files) {
    return {
      claims: 0,
      missed: [],
      notices: [`whether it holds the data of its volumes cannot be seen: ${blind}`],
    };
  }
  const declared = { volumes: selection.volumes, policies: policiesIn(selection.resourcePolicy) };
  const judged: JudgedClaim[] = contents
    ? judgeClaims(
        {
          objects: volumeObjectsIn(contents),
          files,
          errors: results ? allOf(parseResults(results).errors) : [],
          spec,
        },
        declared,
      )
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
        : [`its claims are judged by Velero's words alone: its tarball cannot be read (${blind})`]),
      ...(unseen.length > 0
        ? [`whether it holds the data of these claims cannot be told: ${claimsInWords(unseen)}`]
        : []),
      ...(scratch.length > 0
        ? [`of these volumes, which are no claims, no copy was made: ${scratch.join(", ")}`]
        : []),
    ],
  };
}
