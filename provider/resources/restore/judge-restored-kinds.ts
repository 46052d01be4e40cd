import { mentionsIn } from "../backup/kind-mentions.ts";
import { judgeKinds } from "../kinds/judge-kinds.ts";
import { judgeLists } from "../kinds/judge-lists.ts";
import type { KindFacts, KindFinding, KindMention } from "../kinds/kind-mention.ts";
import { oneEach } from "../kinds/one-each.ts";
import { isDrill, type RestoreOptions } from "./options.ts";

/** Lists the words for kinds in a restore's options that Velero would read as something else than they say. */
export function judgeRestoredKinds(
  options: RestoreOptions,
  facts: Omit<KindFacts, "purpose">,
): KindFinding[] {
  const all: KindFacts = { ...facts, purpose: "restore" };
  const mentions = restoredKindMentions(options);
  const { includedNamespaces = [], excludedNamespaces = [], includeClusterResources } = options;
  const isLimited = excludedNamespaces.length > 0 || includedNamespaces.some((entry) => entry !== "*");
  // A drill leaves out what lies in no namespace, whatever it names.
  const around = isDrill(options) ? { isLimited: false } : { includeClusterResources, isLimited };
  return oneEach([...judgeKinds(mentions, all), ...judgeLists(mentions, around, all)]);
}

/** Lists every word for kinds in a restore's options. */
export const restoredKindMentions = ({
  includedResources,
  excludedResources,
  restoreStatus,
  resourceModifiers = [],
}: RestoreOptions): KindMention[] => [
  ...mentionsIn("includedResources", includedResources, { isWanted: true }),
  ...mentionsIn("excludedResources", excludedResources),
  ...mentionsIn("restoreStatus.includedResources", restoreStatus?.includedResources, { isWanted: true }),
  ...mentionsIn("restoreStatus.excludedResources", restoreStatus?.excludedResources),
  ...resourceModifiers.map(({ conditions: { groupResource: word } }, index) => ({
    path: `resourceModifiers.${index}.conditions.groupResource`,
    list: "resourceModifiers",
    word,
    reads: "glob" as const,
    isWanted: false,
  })),
];
