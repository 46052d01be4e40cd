import { isDrill, keepsDrill, type RestoreOptions, verifies } from "./options.ts";
import type { RestorePart } from "./outputs.ts";

/** The work that is left about a restore that is done, by what is declared by now. None of it restores. */
export interface Owed {
  comparison: boolean;
  /** The namespaces of a drill that was to be kept. */
  clearing: boolean;
}

export const owedBy = ({ verified, drilled = [] }: RestorePart, options: RestoreOptions): Owed => ({
  comparison: verifies(options) && verified === undefined,
  clearing: isDrill(options) && !keepsDrill(options) && drilled.length > 0,
});

/** Tells if nothing has to be looked at or done any more. */
export function isDone(part: RestorePart | undefined, options: RestoreOptions): boolean {
  if (part?.settled !== true) return false;
  const { comparison, clearing } = owedBy(part, options);
  return !comparison && !clearing;
}
