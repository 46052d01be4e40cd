import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { Served } from "../../kubernetes/discovery.ts";
import { freshDiscovery, sharedDiscovery } from "../../lifecycle/shared-discovery.ts";
import type { KindFinding, KindMention } from "../kinds/kind-mention.ts";
import { kindProblem } from "../kinds/kind-problem.ts";
import { kindsMeant } from "../kinds/kinds-meant.ts";
import { type Order, orderOf } from "../kinds/order-of.ts";
import { judgeSelectedKinds } from "./judge-selected-kinds.ts";
import { kindMentions } from "./kind-mentions.ts";
import type { SelectionInputs } from "./selection.ts";

interface How {
  /**
   * `all`: every wrong word is refused. `nothing there`: the cluster is one of many, and is refused only if it has none of
   * the wanted kinds. `none`: the backup was taken long ago, and nothing is refused.
   */
  refuses: "all" | "nothing there" | "none";
  tell: (notice: string) => void;
}

/**
 * Holds the kinds that are named against those that the cluster serves. What Velero would pass over in silence is
 * refused before anything is begun; returned is the order as Velero looks it up.
 */
export async function requireKinds(
  client: KubernetesClient,
  selection: SelectionInputs,
  { refuses, tell }: How,
): Promise<Order | undefined> {
  if (kindMentions(selection).length === 0) return undefined;
  const judge = ({ kinds, silent }: Served) =>
    judgeSelectedKinds(selection, { cluster: client.label.key, kinds, silent });
  let served = await sharedDiscovery(client);
  let findings = judge(served);
  if (findings.length > 0) {
    served = await freshDiscovery(client);
    findings = judge(served);
  }
  const refused = findings.filter(({ weight }) => weight !== "idle");
  const problem = kindProblem(
    { all: refused, "nothing there": nothingLeft(refused, selection, served), none: [] }[refuses],
    "No backup was begun.",
  );
  if (problem) throw problem;
  if (refuses === "all")
    for (const { path, reason } of findings.filter(({ weight }) => weight === "idle"))
      tell(`${path}: ${reason}`);
  return selection.orderedResources && orderOf(selection.orderedResources, served);
}

/**
 * Keeps the complaints only if the cluster has certainly none of the wanted kinds, so that its backup would be empty: a
 * schedule that is there is taken away for that.
 */
function nothingLeft(
  findings: readonly KindFinding[],
  selection: SelectionInputs,
  { kinds, silent }: Served,
): KindFinding[] {
  if (silent.length > 0) return [];
  const mentions = kindMentions(selection);
  const of = (list: keyof SelectionInputs) => mentions.filter((each) => each.list === list);
  const isNone = (words: readonly KindMention[]) =>
    words.every((each) => kindsMeant(each, { kinds }).length === 0);
  const old = of("includedResources");
  const [inNamespaces, inCluster] = [
    of("includedNamespaceScopedResources"),
    of("includedClusterScopedResources"),
  ];
  const wanted = old.length > 0 ? old : inNamespaces.length > 0 ? [...inNamespaces, ...inCluster] : [];
  if (wanted.length === 0 || !isNone(wanted)) return [];
  return findings.filter(({ path }) => wanted.some((each) => each.path === path));
}
