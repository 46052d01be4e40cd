import type { ServedKind } from "../../kubernetes/discovery.ts";

/** A word of the user's that stands for kinds, where it stands, and what Velero makes of it there. */
export interface KindMention {
  /** `includedResources.0` */
  path: string;
  /** `includedResources` */
  list: string;
  word: string;
  /**
   * `filter`: resolved, and else a glob over `deployments.apps`. `policy`: resolved without a group, and else compared
   * as it is. `glob`: never resolved. `order`: resolved by us.
   */
  reads: "filter" | "policy" | "glob" | "order";
  /** Objects of it are to be taken; a word that is not wanted leaves out, changes or sorts what there is. */
  isWanted: boolean;
  /** The list takes kinds of this scope only; `other` is the property for the other scope. */
  scope?: { isNamespaced: boolean; other: string };
}

/** The kinds that a word may stand for. */
export interface KindFacts {
  purpose: "backup" | "restore";
  /** Key of the cluster: of a restore, of its target. */
  cluster: string;
  kinds: readonly ServedKind[];
  /** These API versions did not say what they have. */
  silent: readonly string[];
  /** The kinds in the backup that is to be restored; absent where nobody sees into it. */
  stored?: readonly string[] | undefined;
}

/** A word that does not mean what it says. */
export interface KindFinding {
  path: string;
  word: string;
  /**
   * `misplaced`: it is there, and Velero does something else with it than it says. `misspelt`: it is not there, but one
   * of nearly that name. `unknown`: it is not there, and what is wanted of it would be missed. `idle`: it is not there,
   * and nothing is missed.
   */
  weight: "misplaced" | "misspelt" | "unknown" | "idle";
  reason: string;
}
