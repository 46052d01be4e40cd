import { hasUnknown } from "../../lifecycle/unknown.ts";
import { programWay } from "../../storage/ways.ts";
import type { BackupLocationInputs } from "../backup-location.ts";
import { storePrefixOf } from "../cluster-location/inputs.ts";
import { countStored, describeStored } from "../count-stored.ts";
import { combine, notice, nothingWrong, type Verdict } from "./verdict.ts";

/** Tells what an up deletes with the clusters that are taken out of a location. The policy of the last up is in force. */
export async function lookAtLeavingClusters(
  news: BackupLocationInputs,
  olds: BackupLocationInputs,
): Promise<Verdict> {
  const { prefixes = {}, storage, deletionPolicy } = olds;
  if (deletionPolicy !== "delete" || !news.prefixes || hasUnknown(news.prefixes)) return nothingWrong;
  const leaving = Object.entries(prefixes).flatMap(([key, prefix]) =>
    prefix === false || news.prefixes?.[key] !== undefined ? [] : [{ key, prefix }],
  );
  if (leaving.length === 0) return nothingWrong;
  const way = programWay(olds);
  return combine(
    await Promise.all(
      leaving.map(async ({ key, prefix }) => {
        const storePrefix = storePrefixOf(storage, key, prefix || undefined);
        const stored = describeStored(await countStored(way, storePrefix), storePrefix, way !== undefined);
        return notice(`clusters: "${key}" is taken out, and ${stored} (deletionPolicy: "delete")`);
      }),
    ),
  );
}
