import { Problem } from "../../errors.ts";
import type { ClaimVerdict } from "./judge-data.ts";

const SHOWN = 10;

/** Tells of the claims whose data a drill did not prove, in bounded words. */
export function unproven(verdicts: readonly ClaimVerdict[]): string[] {
  const words = verdicts.filter(({ cameBack }) => !cameBack).map(({ claim, why }) => `${claim}: ${why}`);
  const more = words.length - SHOWN;
  return more > 0 ? [...words.slice(0, SHOWN), `and ${more} more`] : words;
}

/** The failure of a drill that has not proven all data; undefined where it has. */
export function dataMissing(
  verdicts: readonly ClaimVerdict[],
  { place, todo }: { place: string; todo: string },
): Problem | undefined {
  const words = unproven(verdicts);
  if (words.length === 0) return undefined;
  const count = verdicts.filter(({ cameBack }) => !cameBack).length;
  return new Problem({
    code: "DataNotProven",
    property: "drill",
    what: `the data of ${count} of ${verdicts.length} claims ${place}`,
    said: words.join("; "),
    todo: `${todo} A drill of objects alone is drill: { data: "objectsOnly" }.`,
  });
}
