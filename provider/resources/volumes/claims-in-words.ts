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

/** `shop/data (no pod in the backup mounts it); shop/logs (…); and 3 more` */
export function claimsInWords(claims: readonly { claim: string; fate: { why: string } }[]): string {
  const shown = claims.slice(0, SHOWN).map(({ claim, fate }) => `${claim} (${oneLine(fate.why)})`);
  const more = claims.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}

/** What to do about claims that are missed: what would save each of them, once, and how to do without. */
export const remedyFor = (claims: readonly { fate: Missed }[]): string =>
  [...new Set(claims.map(({ fate }) => fate.todo)), LEAVE_OUT].join(" ");

const LEAVE_OUT =
  'What need not be saved is left out by the label velero.io/exclude-from-backup: "true" on its claim, by a resourcePolicy that skips it, or by volumes: "none".';
