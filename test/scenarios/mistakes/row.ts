import type { Program } from "../mistake.ts";
import type { Site } from "./site.ts";

type Variables = Record<string, string | undefined>;

/** One mistake in a program that is otherwise right, or in what surrounds it. */
export interface MistakeRow {
  /** Ends the sentence "A program with …". */
  title: string;
  /**
   * Where it ends: `refused` by the preview, before anything is done; `told` by the preview, since the same up may put
   * it right or it merely cannot be reached from here, and refused by the up; or refused by the `up` alone.
   */
  ends: "refused" | "told" | "up";
  /** Why no preview can know. */
  why?: string;
  /** With what the program begins: another store, other helpers. */
  program?: Partial<Program>;
  /** Variables that are otherwise right. */
  env?: (site: Site) => Variables | Promise<Variables>;
  /** What the one complaint begins with: the property that is to be mended. */
  property: string;
  /** What else stands in it: the vendor's own word, and what to do. */
  says: (string | RegExp)[];
  /** Takes a minute. */
  isSlow?: true;
  /** The same program without the mistake has run before. */
  afterAnUp?: true;
}
