import { kindNamed } from "../../velero/resolve-kind.ts";
import type { KindFacts, KindFinding, KindMention } from "./kind-mention.ts";
import { kindsMeant } from "./kinds-meant.ts";
import { nearestKinds } from "./nearest-kinds.ts";
import { neverTaken } from "./never-taken.ts";

/** Finds the words that Velero would pass over in silence, or read as something else than they say: one finding for each. */
export function judgeKinds(mentions: readonly KindMention[], facts: KindFacts): KindFinding[] {
  const findings = mentions.flatMap((mention) => judge(mention, facts) ?? []);
  if (facts.purpose === "backup") return findings;
  return findings.map((finding) =>
    finding.weight === "idle" && isAllOfItsList(finding, mentions, facts)
      ? { ...finding, weight: "unknown", reason: `${finding.reason}. Nothing would be restored` }
      : finding,
  );
}

function judge(mention: KindMention, facts: KindFacts): KindFinding | undefined {
  const { path, word } = mention;
  const found = (weight: KindFinding["weight"], reason: string) => ({ path, word, weight, reason });
  const meant = kindsMeant(mention, facts);
  if (meant.length === 0) return notThere(mention, facts, found);
  const never = mention.isWanted ? neverTaken(meant, facts.purpose) : undefined;
  if (never !== undefined) return found("misplaced", never);
  const { scope } = mention;
  if (scope === undefined || meant.some((each) => isNamespaced(each, facts) === scope.isNamespaced))
    return undefined;
  return found(
    "misplaced",
    `"${word}" lies ${scope.isNamespaced ? "in no namespace" : "in namespaces"}, and Velero would drop it here in silence: put it into ${scope.other}`,
  );
}

function notThere(
  { word, isWanted }: KindMention,
  facts: KindFacts,
  found: (weight: KindFinding["weight"], reason: string) => KindFinding,
): KindFinding | undefined {
  const { purpose, cluster, kinds, silent, stored } = facts;
  if (KNOWN_TO_VELERO.includes(word) && !(purpose === "backup" && isWanted)) return undefined;
  const inVain = isWanted ? "and Velero would pass over it in silence" : "so that it does nothing";
  const [name = "", ...group] = word.split(".");
  const served = kindNamed(name, group.join("."), kinds);
  const { names, isCertain } = nearestKinds(word, facts);
  const question = names.length > 0 ? ` (is ${names.slice(0, MOST).join(" or ")} meant?)` : "";
  if (served && !isCertain) {
    const reason = `Velero can do nothing with "${word}": its API does not list, create, get and delete them`;
    return found(isWanted ? "misplaced" : "idle", reason);
  }
  const unseen = silent.length > 0 ? ` (no answer came from ${silent.join(", ")})` : "";
  const place =
    stored === undefined
      ? `cluster "${cluster}" has no kind "${word}"${question}${unseen}`
      : `neither cluster "${cluster}" nor the backup has a kind "${word}"${question}${unseen}`;
  // A backup that nobody sees into may have it.
  const mayBeStored = purpose === "restore" && stored === undefined && group.length > 1;
  if (isCertain && !mayBeStored) {
    const words = `"${word}" is no name of a kind to Velero here${question}, ${inVain}: mend it`;
    return found("misspelt", served ? words : `${place}, ${inVain}: mend it`);
  }
  if (!isWanted || mayBeStored) return found("idle", `${place}, ${inVain}`);
  // A restore misses nothing of a kind that neither of them has, if it is named in full.
  if (purpose === "restore" && group.length > 0) return found("idle", `${place}, so that none is restored`);
  const todo =
    purpose === "backup" ? "mend it, or make this resource depend on what defines the kind" : "mend it";
  return found("unknown", `${place}, ${inVain}: ${todo}`);
}

const MOST = 3;

/** Velero knows these kinds, and a cluster without a CSI driver does not serve them (velero `pkg/restore/actions/csi`). */
const KNOWN_TO_VELERO = ["volumesnapshots", "volumesnapshotcontents", "volumesnapshotclasses"].map(
  (plural) => `${plural}.snapshot.storage.k8s.io`,
);

/** Returns undefined for a kind that only the backup has: its definition is not there yet. */
const isNamespaced = (groupResource: string, { kinds }: KindFacts): boolean | undefined =>
  kinds.find((kind) => kind.groupResource === groupResource)?.isNamespaced;

/** Tells if no word of the wanted kinds means anything. */
function isAllOfItsList({ path }: KindFinding, mentions: readonly KindMention[], facts: KindFacts): boolean {
  const own = mentions.find((mention) => mention.path === path);
  return (
    own?.list === "includedResources" &&
    facts.stored !== undefined &&
    mentions.filter(({ list }) => list === own.list).every((each) => kindsMeant(each, facts).length === 0)
  );
}
