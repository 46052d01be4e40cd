import type { BackupSpec } from "../../velero/types.ts";
import { bytesOf, holdsData, methodOf, type VolumeInfo } from "../../velero/volume-info.ts";
import type { VolumeWish } from "./expect-way.ts";
import type { Fate } from "./fate.ts";
import type { JudgedClaim } from "./judge-claims.ts";

/**
 * Judges the claims of a backup whose tarball nobody can read, by Velero's lines alone: less is certain. That a pod
 * has opted out is not believed where Velero does not read pods' annotations, and cannot be told where it does.
 */
export function judgeLines(
  lines: readonly VolumeInfo[],
  { volumes, policies }: Pick<VolumeWish, "volumes" | "policies">,
  { defaultVolumesToFsBackup }: BackupSpec,
): JudgedClaim[] {
  return lines.flatMap((line) =>
    line.pvcName === undefined ? [] : [{ claim: `${line.pvcNamespace}/${line.pvcName}`, fate: fateOf(line) }],
  );

  function fateOf(line: VolumeInfo): Fate {
    if (holdsData(line)) return { fate: "saved", method: methodOf(line), bytes: bytesOf(line) };
    const { skippedReason = "", pvbInfo } = line;
    if (/item has label/.test(skippedReason)) return { fate: "leftOut", by: "a label of its volume" };
    if (policies.some(({ action }) => action.type === "skip") && /resource polic/.test(skippedReason))
      return { fate: "leftOut", by: "a volume policy with action skip (resourcePolicy)" };
    const optedOut = /podvolume: opted out[^;]*;?/;
    if (optedOut.test(skippedReason) && defaultVolumesToFsBackup === true)
      return { fate: "unseen", why: "whether a pod's annotation leaves it out" };
    if (volumes === "none") return { fate: "leftOut", by: 'volumes: "none"' };
    const words = skippedReason.replace(optedOut, "").replace(/;$/, "").trim();
    return {
      fate: "missed",
      why: words || (pvbInfo?.Phase ?? line.result ?? "Velero has skipped it"),
      todo: "See Velero's own log of the backup, and mend the cause.",
    };
  }
}
