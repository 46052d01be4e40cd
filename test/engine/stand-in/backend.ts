import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { StackState } from "../stack-state.ts";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import type { PropertyMap } from "./property-value.ts";
import type { Snapshot } from "./resource-state.ts";
import { SecretCipher } from "./secret-cipher.ts";
import { STACK_TYPE } from "./urn.ts";

export interface StackName {
  project: string;
  stack: string;
}

/** Stacks as files below a directory, one per stack. */
export class Backend {
  readonly #directory: string;
  readonly cipher: SecretCipher;

  constructor(directory: string, passphrase: string) {
    this.#directory = directory;
    this.cipher = new SecretCipher(passphrase);
  }

  exists(name: StackName): boolean {
    return existsSync(this.#file(name));
  }

  load(name: StackName): Snapshot {
    return readCheckpoint(this.export(name), this.cipher);
  }

  save(name: StackName, snapshot: Snapshot): void {
    this.import(name, writeCheckpoint(snapshot, this.cipher));
  }

  export(name: StackName): StackState {
    const file = this.#file(name);
    if (!existsSync(file)) return writeCheckpoint({ resources: [], pendingOperations: [] }, this.cipher);
    return JSON.parse(readFileSync(file, "utf8")) as StackState;
  }

  import(name: StackName, state: StackState): void {
    const file = this.#file(name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(state, null, 2));
  }

  /** Outputs of the stack that a reference names: `stack`, or `organization/project/stack`. */
  outputs(reference: string, ownProject: string): PropertyMap {
    const parts = reference.split("/");
    const stack = parts.at(-1) ?? "";
    const project = parts.at(-2) ?? ownProject;
    if (!this.exists({ project, stack })) throw new Error(`unknown stack '${reference}'`);
    return stackOutputs(this.load({ project, stack }));
  }

  lock(name: StackName): void {
    const file = this.#lockFile(name);
    if (existsSync(file)) {
      throw new Error(
        `the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or cancel.`,
      );
    }
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `${process.pid}`);
  }

  unlock(name: StackName): void {
    rmSync(this.#lockFile(name), { force: true });
  }

  #file({ project, stack }: StackName): string {
    return path.join(this.#directory, "stacks", project, `${stack}.json`);
  }

  #lockFile({ project, stack }: StackName): string {
    return path.join(this.#directory, "locks", project, `${stack}.lock`);
  }
}

export function stackOutputs({ resources }: Snapshot): PropertyMap {
  return resources.find((state) => state.type === STACK_TYPE)?.outputs ?? {};
}
