import { judgeKinds } from "../kinds/judge-kinds.ts";
import { judgeLists } from "../kinds/judge-lists.ts";
import type { KindFacts, KindFinding } from "../kinds/kind-mention.ts";
import { judgeOrder } from "../kinds/order-of.ts";
import { oneEach } from "../kinds/one-each.ts";
import { kindMentions } from "./kind-mentions.ts";
import type { SelectionInputs } from "./selection.ts";

/** Lists the words for kinds in a backup's declaration that Velero would read as something else than they say. */
export function judgeSelectedKinds(
  selection: SelectionInputs,
  facts: Omit<KindFacts, "purpose" | "stored">,
): KindFinding[] {
  const all: KindFacts = { ...facts, purpose: "backup" };
  const mentions = kindMentions(selection);
  const { includedNamespaces = [], excludedNamespaces = [], includeClusterResources } = selection;
  const isLimited = excludedNamespaces.length > 0 || includedNamespaces.some((entry) => entry !== "*");
  return oneEach([
    ...judgeKinds(mentions, all),
    ...judgeLists(mentions, { includeClusterResources, isLimited }, all),
    ...judgeOrder(selection.orderedResources ?? {}, all),
  ]);
}
