import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ProgramFolder } from "./program-folder.ts";
import type { RunResult } from "./run-result.ts";
import type { Operation, Run, Runner, RunnerOptions, RunOptions } from "./runner.ts";
import type { StackState } from "./stack-state.ts";
import { Backend, type StackName } from "./stand-in/backend.ts";
import { EngineRun, type EngineStack } from "./stand-in/engine-run.ts";
import { showSecrets } from "./stand-in/show-secrets.ts";

/** Runs programs with the stand-in engine: the SDK's own program runner and provider process, no CLI. */
export class StandInRunner implements Runner {
  readonly kind = "engine";
  readonly project: string;
  readonly stack: string;
  readonly backend: Backend;
  readonly #folder: ProgramFolder;
  readonly #ownBackend: string | undefined;
  readonly #env: Record<string, string | undefined>;
  readonly #config = new Map<string, string | { secret: string }>();

  constructor(options: RunnerOptions) {
    this.#folder = new ProgramFolder(options.program, options.project);
    this.project = this.#folder.project;
    this.stack = options.stack ?? "dev";
    this.#env = options.env ?? {};
    if (options.backend instanceof StandInRunner) this.backend = options.backend.backend;
    else {
      this.#ownBackend = mkdtempSync(path.join(tmpdir(), "pulumi-backend-"));
      this.backend = new Backend(this.#ownBackend, "test");
    }
    for (const [key, value] of Object.entries(options.config ?? {})) this.#setConfig(key, value);
  }

  get directory(): string {
    return this.#folder.directory;
  }

  preview(options?: RunOptions): Promise<RunResult> {
    return this.start("preview", options).result;
  }

  up(options?: RunOptions): Promise<RunResult> {
    return this.start("up", options).result;
  }

  refresh(options?: RunOptions): Promise<RunResult> {
    return this.start("refresh", options).result;
  }

  destroy(options?: RunOptions): Promise<RunResult> {
    return this.start("destroy", options).result;
  }

  start(operation: Operation, options: RunOptions = {}): Run {
    return new EngineRun(this.#engineStack(options.env), operation, options);
  }

  async state(): Promise<StackState> {
    return this.backend.export(this.#name);
  }

  async plainState(): Promise<StackState> {
    return showSecrets(await this.state(), this.backend.cipher) as StackState;
  }

  async setState(state: StackState): Promise<void> {
    this.backend.import(this.#name, state);
  }

  async setConfig(key: string, value: string | { secret: string }): Promise<void> {
    this.#setConfig(key, value);
  }

  write(files: Record<string, string | null>): void {
    this.#folder.write(files);
  }

  async cancel(): Promise<void> {
    this.backend.unlock(this.#name);
  }

  async dispose(): Promise<void> {
    this.#folder.dispose();
    if (this.#ownBackend !== undefined) rmSync(this.#ownBackend, { recursive: true, force: true });
  }

  get #name(): StackName {
    return { project: this.project, stack: this.stack };
  }

  #setConfig(key: string, value: string | { secret: string }): void {
    this.#config.set(key.includes(":") ? key : `${this.project}:${key}`, value);
  }

  #engineStack(env: Record<string, string | undefined> = {}): EngineStack {
    const config: Record<string, string> = {};
    const secretConfigKeys: string[] = [];
    for (const [key, value] of this.#config) {
      config[key] = typeof value === "string" ? value : value.secret;
      if (typeof value !== "string") secretConfigKeys.push(key);
    }
    return {
      ...this.#name,
      backend: this.backend,
      directory: this.#folder.workingDirectory,
      entryPoint: this.#folder.entryPoint,
      typescript: this.#folder.typescript,
      config,
      secretConfigKeys,
      env: { ...process.env, ...this.#env, ...env },
    };
  }
}
