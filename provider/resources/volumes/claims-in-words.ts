import { oneLine } from "../../velero/results.ts";
import type { Fate, Missed } from "./fate.ts";
import type { JudgedClaim } from "./judge-claims.ts";

const SHOWN = 5;

/** Those of the claims that have this fate. */
export const claimsWith = <F extends Fate["fate"]>(
  claims: readonly JudgedClaim[],
  fate: F,
): { claim: string; fate: Extract<Fate, { fate: F }> }[] =>
  claims.filter(
    (each): each is { claim: string; fate: Extract<Fate, { fate: F }> } => each.fate.fate === fate,
  );

/** `shop/data, shop/logs (no pod in the backup mounts it); billing/data (…), and 3 more`: the same words once. */
export function claimsInWords(claims: readonly { claim: string; fate: { why: string } }[]): string {
  const groups = new Map<string, string[]>();
  for (const { claim, fate } of claims.slice(0, SHOWN)) {
    const why = oneLine(fate.why);
    groups.set(why, [...(groups.get(why) ?? []), claim]);
  }
  const shown = [...groups].map(([why, names]) => `${names.join(", ")} (${why})`).join("; ");
  return claims.length > SHOWN ? `${shown}, and ${claims.length - SHOWN} more` : shown;
}

/** Tells what saves the claims that are missed, each remedy once, and how to leave them out on purpose. */
export const remedyFor = (claims: readonly { fate: Missed }[]): string =>
  [...new Set(claims.map(({ fate }) => fate.todo)), LEAVE_OUT].join(" ");

const LEAVE_OUT =
  'What need not be saved is left out by the label velero.io/exclude-from-backup: "true" on its claim, by a resourcePolicy that skips it, or by volumes: "none".';
