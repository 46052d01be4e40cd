import { same } from "./canonical.ts";
import type { DiffResult } from "./handler.ts";
import { rememberChecked } from "./process-memory.ts";
import { assumeUnchanged } from "./unknown.ts";

/**
 * Which of the properties that can only change with a new object have changed. Values are compared as the kind
 * reads them (`view`: under today's defaults, so that a new default is no change), and an unknown never replaces:
 * the engine sends unknowns in a real `up`, too.
 */
export function diffBy<Inputs extends { owner: string; lineage: string }>(
  state: Inputs & { unfinished?: string | undefined },
  news: Inputs,
  view: (inputs: Inputs) => Record<string, unknown>,
): DiffResult {
  // Renamed by an alias and replaced in one go: the old half's delete carries the owner that it had before. Of a
  // refresh, which compares with old inputs and may go before a destroy, nothing is to be learned.
  if (state.owner !== news.owner) rememberChecked(state.owner, state.lineage);
  const [before, after] = [view(state), view(assumeUnchanged<Inputs>(news, state))];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  const replaces = [...keys].filter((key) => !same(before[key], after[key]));
  return { replaces, unfinished: state.unfinished !== undefined };
}
