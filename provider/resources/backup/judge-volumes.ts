import type { BackupSpec } from "../../velero/types.ts";
import { claimsInWords, claimsWith } from "../volumes/claims-in-words.ts";
import { failedScratch } from "../volumes/failed-scratch.ts";
import type { Missed } from "../volumes/fate.ts";
import type { Gathered } from "../volumes/gather-evidence.ts";
import { judgeClaims, type JudgedClaim } from "../volumes/judge-claims.ts";
import { judgeLines } from "../volumes/judge-lines.ts";
import { policiesIn } from "../volumes/match-volume-policy.ts";
import { volumeObjectsIn } from "../volumes/volume-objects.ts";
import type { SelectionInputs } from "./selection.ts";

export interface VolumeJudgement {
  /** The number of claims in the backup, with data or without. */
  claims: number;
  missed: { claim: string; fate: Missed }[];
  /** Absent where nobody could look. */
  volumesBackedUp?: number;
  notices: string[];
}

/** Tells of which claims a finished backup holds no data though nobody left them out. */
export function judgeVolumes(
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
