import { canonical } from "../lifecycle/canonical.ts";

/** What becomes of the spec of an object that is taken over. Each entry names a field and its value. */
export interface ForeseenAdoption {
  changes: readonly string[];
  kept: readonly string[];
}

export const adoptionInWords = ({ changes, kept }: ForeseenAdoption): string =>
  [
    changes.length > 0 ? `What changes: ${changes.join("; ")}.` : "Nothing of its spec changes.",
    ...(kept.length > 0
      ? [`What stays, since nothing that is declared says otherwise: ${kept.join("; ")}.`]
      : []),
  ].join(" ");

const LONGEST = 200;

/** A value as it stands in an object, cut where it is long. */
export function valueInWords(value: unknown): string {
  const text = canonical(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** A field that the program says otherwise than the object. */
export const becomes = (field: string, before: unknown, after: unknown): string =>
  before === undefined
    ? `${field}: ${valueInWords(after)} is new`
    : `${field}: ${valueInWords(before)} becomes ${valueInWords(after)}`;

/** A field that the program leaves out. `remedy` is what the program has to say to keep it. */
export const goes = (field: string, value: unknown, remedy: string): string =>
  `${field}: ${valueInWords(value)} goes (to keep it, declare ${remedy})`;
