import { Problem } from "../../errors.ts";
import { claimsInWords } from "../volumes/claims-in-words.ts";
import type { DataClaim } from "./data-claims.ts";
import type { RestoreOptions } from "./options.ts";
import type { Target } from "./plan.ts";

/**
 * Tells of claims whose data a restore could not bring back, before it is begun: file copies come back only with the
 * pods that they were read from. `restorePVs: false` asks for claims without data. Undefined where there is none.
 */
export function foreseeLostData(
  claims: readonly DataClaim[],
  target: Target,
  { restorePVs }: Pick<RestoreOptions, "restorePVs">,
  cluster: string,
): Problem | undefined {
  if (restorePVs === false) return undefined;
  const lost = claims.flatMap((each) => {
    const why = obstacle(each, target);
    return why === undefined ? [] : [{ claim: `${each.namespace}/${each.claim}`, fate: { why } }];
  });
  if (lost.length === 0) return undefined;
  return new Problem({
    code: "DataNotRestored",
    what: `the data of ${lost.length} of ${claims.length} ${claims.length === 1 ? "claim" : "claims"} would not come back in cluster "${cluster}", and nothing was restored`,
    said: claimsInWords(lost),
    todo: RESTORE_PODS,
  });
}

/** Velero leaves claims and pods as they are that are there already. */
function obstacle({ method, isEmpty, item, pod, podItem }: DataClaim, target: Target): string | undefined {
  if (method !== "fileCopy" || isEmpty || target.find(item)) return undefined;
  if (!podItem) return `its data is a file copy of pod ${pod}, which is not restored`;
  return target.find(podItem)
    ? `its data is a file copy of pod ${pod}, which is there already and stays as it is`
    : undefined;
}

export const RESTORE_PODS =
  "A file copy comes back with the pod that it was read from, and with no other: restore pods as well (see includedResources, excludedResources and the label selectors), or say restorePVs: false for claims without data.";
