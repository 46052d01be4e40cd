import type { Arrivals } from "./arrivals.ts";
import type { Notices } from "./notices.ts";
import type { Secrets, Fingerprinter } from "./secrets.ts";
import { newLineage } from "./identity.ts";
import { isUnknown, UNKNOWN } from "./values.ts";

/** The parts of a session (`provider/session.ts`) that functions of every layer may need. */
export interface CoreSession {
  readonly arrivals: Arrivals;
  readonly checked: CheckedResources;
  readonly fingerprinter: Fingerprinter;
  readonly notices: Notices;
  readonly secrets: Secrets;
}

/**
 * The resources that this process has checked. One process serves one deployment. In an `up`, every resource that the
 * program declares passes through `check`. A resource that is only deleted does not, nor does any resource in a
 * destroy.
 */
export class CheckedResources {
  /** Known lineages, by owner. */
  readonly #lineages = new Map<string, string | undefined>();
  readonly #replacements = new Map<string, string[]>();
  readonly #spent = new Set<string>();
  /** One of the lineages of this stack. */
  #lineageOfStack: string | undefined;

  /** Records a checked resource. `owner` is a URN. An unknown lineage replaces no known one. */
  remember(owner: string, lineage?: string): void {
    const known = lineage === undefined || isUnknown(lineage) ? this.#lineages.get(owner) : lineage;
    this.#lineages.set(owner, known);
    this.#lineageOfStack ??= known;
  }

  /** Returns true if the program still declares the resource: then its delete is the second half of a replacement. */
  has(owner: string): boolean {
    return this.#lineages.has(owner);
  }

  /** Returns the lineage of that URN in this process, if it was checked. */
  lineageOf(owner: string): string | undefined {
    return this.#lineages.get(owner);
  }

  /**
   * Returns the lineage of a location. State has it. The check of a replacement sees no state, and uses the recorded
   * one. A new location takes the lineage of the stack's other locations, if one of them was checked before. Otherwise
   * it gets a new one, which a preview cannot know. Nothing is created in a cluster before the location is in state, so
   * that a killed run is repeated with the same lineage.
   */
  lineageFor(owner: string, olds: { lineage: string } | undefined, { dryRun }: { dryRun: boolean }): string {
    const known = olds?.lineage ?? this.lineageOf(owner) ?? this.#lineageOfStack;
    return known ?? (dryRun ? UNKNOWN : newLineage());
  }

  /** Keeps the notices of a replacement: it is checked twice, the second time as if it were new. */
  rememberReplacement(owner: string, notices: string[]): void {
    this.#replacements.set(owner, notices);
  }

  takeReplacementNotices(owner: string): string[] {
    const notices = this.#replacements.get(owner) ?? [];
    this.#replacements.delete(owner);
    return notices;
  }

  /**
   * Marks an adoption as used up: the adopted object moves to another place. Its replacement is checked twice, the
   * second time as if it were new, and must not adopt the same object again.
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
