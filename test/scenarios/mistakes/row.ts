import type { Site } from "./site.ts";

type Variables = Record<string, string | undefined>;

/** Parts of a program, in place of what is otherwise right. */
export interface Parts {
  /** What the program begins with. */
  before?: string;
  /** More of the BackupLocation, with a comma behind it. */
  location?: string;
  storage?: string;
  clusters?: string;
  /** Of a ClusterBackup of `east`, where there is to be one. */
  backup?: string;
  options?: string;
  /** Variables that are otherwise right. */
  env?: (site: Site) => Variables | Promise<Variables>;
}

/** One mistake in a program that is otherwise right, or in what surrounds it. */
export interface Mistake extends Parts {
  /** Ends the sentence "A program with …". */
  title: string;
  /**
   * Where it ends: `refused` by the preview, before anything is done; `told` by the preview, since the same up may put
   * it right or it merely cannot be reached from here, and refused by the up; or refused by the `up` alone.
   */
  ends: "refused" | "told" | "up";
  /** What the one complaint begins with: the property that is to be mended. */
  property: string;
  /** What else stands in it: the vendor's own word, and what to do. */
  says: (string | RegExp)[];
}

const rowOf =
  (ends: Mistake["ends"]) =>
  (title: string, property: string, says: Mistake["says"], parts: Parts = {}): Mistake => ({
    title,
    ends,
    property,
    says,
    ...parts,
  });

export const refused = rowOf("refused");
export const told = rowOf("told");
export const refusedByUp = rowOf("up");

/** Stands where a secret is mistaken: no form of it may show up anywhere. */
export const CANARY = "wRong+canary/secret=4711&x";
