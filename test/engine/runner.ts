import type { RunResult } from "./run-result.ts";
import type { StackState } from "./stack-state.ts";

export type RunnerKind = "cli" | "engine";
export type Operation = "preview" | "up" | "refresh" | "destroy";

/** A small program, written into a folder of its own. */
export interface ProgramFiles {
  /** Path → text; `index.js` or `index.ts` is run, unless a `Pulumi.yaml` among them says otherwise. */
  files: Record<string, string>;
  /** Package name → folder, for packages other than those of this repository. */
  packages?: Record<string, string>;
}

/** A folder with packages of its own, which is used as it is, and stays. */
export interface InstalledProgram {
  installed: string;
}

export interface RunnerOptions {
  /** A folder, which is copied, or the files, or a folder in which all is installed. */
  program: string | ProgramFiles | InstalledProgram;
  /** @default the name in the program's Pulumi.yaml, else "scenario" */
  project?: string;
  /** @default "dev" */
  stack?: string;
  /** What the program and the provider see beside this process's environment; undefined takes a variable away. */
  env?: Record<string, string | undefined>;
  /** Keys without a namespace are the project's. */
  config?: Record<string, string | { secret: string }>;
  /** Another runner, whose backend this one's stack joins, so that stack references between the two work. */
  backend?: Runner;
}

export interface RunOptions {
  env?: Record<string, string | undefined>;
  /** URNs: `--target`. */
  target?: string[];
  targetDependents?: boolean;
  /** URNs: `--replace`. */
  replace?: string[];
  /** `up --refresh`, `preview --refresh`, `destroy --refresh`. */
  refresh?: boolean;
  /** `refresh --run-program`, `destroy --run-program`. */
  runProgram?: boolean;
  /** Not ok where anything but `same` is proposed. */
  expectNoChanges?: boolean;
  /** `refresh --preview-only`: nothing is written. */
  previewOnly?: boolean;
  /** `refresh --clear-pending-creates`. */
  clearPendingCreates?: boolean;
  /** @default four per core, as the CLI */
  parallel?: number;
}

/** A run under way. */
export interface Run {
  readonly result: Promise<RunResult>;
  /** The dynamic-provider processes that are alive now. */
  providerPids(): number[];
  /** Waits until there is a provider process, and ends it with SIGKILL. */
  killProvider(): Promise<void>;
  /** Ends the engine and all that it has started with SIGKILL: the stack stays locked until `cancel`. */
  killEngine(): Promise<void>;
  /** Ends the engine alone with SIGKILL: what it has started lives on, with pipes that nobody holds. */
  killEngineAlone(): Promise<void>;
  /** Ctrl-C: what runs ends, nothing new begins. */
  interrupt(): void;
}

/** One program and one stack, run by the real CLI or by the stand-in. */
export interface Runner {
  readonly kind: RunnerKind;
  readonly project: string;
  readonly stack: string;
  /** The folder in which program and provider run. */
  readonly directory: string;
  preview(options?: RunOptions): Promise<RunResult>;
  up(options?: RunOptions): Promise<RunResult>;
  refresh(options?: RunOptions): Promise<RunResult>;
  destroy(options?: RunOptions): Promise<RunResult>;
  /** Begins a run, for tests that do something in the middle of it. */
  start(operation: Operation, options?: RunOptions): Run;
  /** The stack as `pulumi stack export` prints it, secrets encrypted. */
  state(): Promise<StackState>;
  /** The same with `plaintext` in place of each `ciphertext`: `--show-secrets`. */
  plainState(): Promise<StackState>;
  /** `pulumi stack import`. */
  setState(state: StackState): Promise<void>;
  setConfig(key: string, value: string | { secret: string }): Promise<void>;
  /** Changes the program; null deletes a file. */
  write(files: Record<string, string | null>): void;
  /** Releases the lock that a killed run has left. */
  cancel(): Promise<void>;
  /** Removes the program's folder, and the backend unless it is another runner's. The resources stay as they are. */
  dispose(): Promise<void>;
}
