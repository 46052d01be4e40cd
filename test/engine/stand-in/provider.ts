import type { PropertyMap } from "./property-value.ts";

export interface CheckFailure {
  property: string;
  reason: string;
}

export interface CheckResult {
  inputs: PropertyMap;
  failures: CheckFailure[];
}

export interface DiffResult {
  /** Undefined: the provider does not say, the engine compares the inputs. */
  changes: boolean | undefined;
  replaceKeys: string[];
  /** Paths of what changed, where the engine compared the inputs. */
  changedPaths: string[];
  deleteBeforeReplace: boolean;
}

export interface ReadResult {
  id: string;
  inputs: PropertyMap | undefined;
  outputs: PropertyMap;
}

interface Request {
  urn: string;
  preview: boolean;
}

/** What manages custom resources: the dynamic-provider host, the engine's own resources, or provider resources. */
export interface Provider {
  check(request: Request & { olds: PropertyMap; news: PropertyMap }): Promise<CheckResult>;
  diff(
    request: Request & { id: string; oldInputs: PropertyMap; oldOutputs: PropertyMap; news: PropertyMap },
  ): Promise<DiffResult>;
  create(request: Request & { inputs: PropertyMap }): Promise<{ id: string; outputs: PropertyMap }>;
  read(request: Request & { id: string; inputs: PropertyMap; state: PropertyMap }): Promise<ReadResult>;
  update(
    request: Request & { id: string; oldInputs: PropertyMap; oldOutputs: PropertyMap; news: PropertyMap },
  ): Promise<PropertyMap>;
  delete(request: Request & { id: string; inputs: PropertyMap; outputs: PropertyMap }): Promise<void>;
}

/** Thrown where a resource exists but did not become what it should. */
export class PartialFailure extends Error {
  readonly id: string;
  readonly outputs: PropertyMap;
  readonly reasons: string[];

  constructor(id: string, outputs: PropertyMap, reasons: string[]) {
    const count = `${reasons.length} error${reasons.length === 1 ? "" : "s"} occurred:`;
    super(
      reasons.length === 0
        ? "resource init failed"
        : `${count}\n${reasons.map((text) => `\t* ${text}\n`).join("")}\n`,
    );
    this.id = id;
    this.outputs = outputs;
    this.reasons = reasons;
  }
}
