import { newLineage } from "./identity.ts";
import { isUnknown, UNKNOWN } from "./values.ts";

/**
 * The resources that this process has checked. One process serves one deployment: in an `up` every resource that the
 * program still declares passes through `check`; a resource that is only being deleted does not, nor does any in a
 * destroy.
 */
export class CheckedResources {
  /** Lineages by owner, as far as they are known. */
  readonly #lineages = new Map<string, string | undefined>();
  readonly #replacements = new Map<string, string[]>();
  readonly #spent = new Set<string>();
  /** One of the lineages that this stack has. */
  #lineageOfStack: string | undefined;

  /** `owner` is a URN. A lineage that is not known yet takes the place of none. */
  remember(owner: string, lineage?: string): void {
    const known = lineage === undefined || isUnknown(lineage) ? this.#lineages.get(owner) : lineage;
    this.#lineages.set(owner, known);
    this.#lineageOfStack ??= known;
  }

  /** Whether the program still declares the resource: a delete of it is then the second half of a replacement. */
  has(owner: string): boolean {
    return this.#lineages.has(owner);
  }

  /** The lineage that the resource of that URN has in this process, as far as it was checked. */
  lineageOf(owner: string): string | undefined {
    return this.#lineages.get(owner);
  }

  /**
   * The lineage of a location. State has it; the check of a replacement, which sees no state, remembers it. A new
   * location takes that of the stack's other locations where one of them was checked before, else a new one, which a
   * preview cannot know. Nothing is made in a cluster before the location stands in state, so that a run that was
   * killed is repeated under the same lineage.
   */
  lineageFor(owner: string, olds: { lineage: string } | undefined, { dryRun }: { dryRun: boolean }): string {
    const known = olds?.lineage ?? this.lineageOf(owner) ?? this.#lineageOfStack;
    return known ?? (dryRun ? UNKNOWN : newLineage());
  }

  /** A replacement is checked twice, the second time as if it were new: what the first check told of it is kept for that. */
  rememberReplacement(owner: string, notices: string[]): void {
    this.#replacements.set(owner, notices);
  }

  takeReplacementNotices(owner: string): string[] {
    const notices = this.#replacements.get(owner) ?? [];
    this.#replacements.delete(owner);
    return notices;
  }

  /**
   * The adopted object moves on to another place in this process. Its replacement is checked twice, the second time
   * as if it were new, and must not come back to what its predecessor has adopted.
   */
  spendAdoption(adopting: Adopting): void {
    this.#spent.add(keyOf(adopting));
  }

  isAdoptionSpent(adopting: Adopting): boolean {
    return this.#spent.has(keyOf(adopting));
  }
}

interface Adopting {
  owner: string;
  adopt?: string | undefined;
}

const keyOf = ({ owner, adopt }: Adopting): string => `${owner} ${adopt}`;
