import type { Base } from "./base.ts";
import type { StepContext } from "./step.ts";
import type { Targets } from "./targets.ts";

export interface GeneratorOptions {
  stack: string;
  project: string;
  base: Base;
  context: StepContext;
  targets: Targets;
  replaceTargets: Set<string>;
  /** Destroying with the program: what it registers is kept as it is, to be deleted afterwards. */
  destroying: boolean;
  error(urn: string, message: string): void;
}
