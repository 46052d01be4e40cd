import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { type Program, ProgramFolder } from "./program-folder.ts";
import { joinEnvironments, programEnvironment } from "./program-environment.ts";
import { builtKubernetesPlugin } from "../sandbox/build/ensure-binaries.ts";
import { pulumiCli } from "./pulumi-cli.ts";
import { Run, type PulumiCommand } from "./run.ts";
import type { RunResult } from "./run-result.ts";
import { isSecret } from "./secret-value.ts";
import type { Deployment, StackState } from "./stack-state.ts";

const execute = promisify(execFile);

export type Operation = "preview" | "up" | "refresh" | "destroy";

export interface RunnerOptions {
  program: Program;
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
  /** The Node on which program and provider run. @default that of the tests */
  node?: string | undefined;
}

export interface RunOptions {
  env?: Record<string, string | undefined>;
  /** URNs: `--target`. */
  target?: string[];
  /** URNs: `--replace`. */
  replace?: string[];
  /** `up --refresh`, `preview --refresh`, `destroy --refresh`. */
  refresh?: boolean;
  /** Not ok where anything but `same` is proposed. */
  expectNoChanges?: boolean;
  /** `refresh --preview-only`: nothing is written. */
  previewOnly?: boolean;
  /** `up --continue-on-error`: one resource that fails keeps no other from its turn. */
  continueOnError?: boolean;
  /** @default four per core, as the CLI */
  parallel?: number;
}

/** One program and one stack, run by Pulumi's CLI in a file backend of its own. */
export class Runner {
  readonly project: string;
  readonly stack: string;
  readonly #home: string;
  readonly #ownsHome: boolean;
  readonly #folder: ProgramFolder;
  /** The CLI, once its stack is there. */
  readonly #ready: Promise<PulumiCommand>;
  #runs = 0;

  constructor(options: RunnerOptions) {
    this.#folder = new ProgramFolder(options.program, options.project);
    this.project = this.#folder.project;
    this.stack = options.stack ?? "dev";
    this.#ownsHome = options.backend === undefined;
    this.#home = options.backend === undefined ? newHome() : options.backend.#home;
    this.#ready = this.#init(options);
    this.#ready.catch(() => undefined);
  }

  /** The folder in which program and provider run. */
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

  /** Begins a run, for tests that do something in the middle of it. */
  start(operation: Operation, options: RunOptions = {}): Run {
    const eventLog = path.join(this.#home, `events-${this.stack}-${process.pid}-${this.#runs++}.json`);
    const command = this.#ready.then(({ env, ...rest }) => ({
      ...rest,
      env: joinEnvironments(env, options.env ?? {}),
    }));
    return new Run(command, {
      args: [operation, ...this.#flags(operation, options), "--event-log", eventLog],
      eventLog,
      preview: operation === "preview",
      readState: () => this.#readState(),
      readOutputs: (state) => this.#readOutputs(state),
    });
  }

  /** The stack as `pulumi stack export` prints it, secrets encrypted. */
  async state(): Promise<StackState> {
    await this.#ready;
    return this.#readState();
  }

  /** The same with `plaintext` in place of each `ciphertext`: `--show-secrets`. */
  async plainState(): Promise<StackState> {
    return JSON.parse(await this.#pulumi(["stack", "export", "--show-secrets"])) as StackState;
  }

  /** `pulumi stack import`. */
  async setState(state: StackState): Promise<void> {
    const file = path.join(this.#home, `import-${this.stack}.json`);
    writeFileSync(file, JSON.stringify(state));
    await this.#pulumi(["stack", "import", "--file", file]);
  }

  async setConfig(key: string, value: string | { secret: string }): Promise<void> {
    await this.#setConfig(await this.#ready, { [key]: value });
  }

  /** Changes the program; null deletes a file. */
  write(files: Record<string, string | null>): void {
    this.#folder.write(files);
  }

  /** Releases the lock that a killed run has left. */
  async cancel(): Promise<void> {
    await this.#pulumi(["cancel", "--yes"]);
  }

  /** Removes the program's folder, and the backend unless it is another runner's. The resources stay as they are. */
  async dispose(): Promise<void> {
    await this.#ready.catch(() => undefined);
    this.#folder.dispose();
    if (this.#ownsHome) rmSync(this.#home, { recursive: true, force: true });
  }

  async #init({ backend, config = {}, env, node, program }: RunnerOptions): Promise<PulumiCommand> {
    if (backend !== undefined) await backend.#ready;
    const [pulumi, plugins] = await Promise.all([pulumiCli(), builtKubernetesPlugin()]);
    const isInstalled = typeof program !== "string" && "installed" in program;
    const command = {
      pulumi,
      cwd: this.directory,
      env: joinEnvironments(
        programEnvironment({ pulumi, plugins, node, home: this.#home, isInstalled }),
        env ?? {},
      ),
    };
    await this.#pulumi(["stack", "init"], command);
    if (Object.keys(config).length > 0) await this.#setConfig(command, config);
    return command;
  }

  /** All at once: each command of the CLI takes half a second. */
  async #setConfig(command: PulumiCommand, values: NonNullable<RunnerOptions["config"]>): Promise<void> {
    const flags = Object.entries(values).flatMap(([key, value]) =>
      typeof value === "string" ? ["--plaintext", `${key}=${value}`] : ["--secret", `${key}=${value.secret}`],
    );
    await this.#pulumi(["config", "set-all", ...flags], command);
  }

  async #pulumi(args: string[], command?: PulumiCommand): Promise<string> {
    const { pulumi, cwd, env } = command ?? (await this.#ready);
    const all = [...args, "--stack", this.stack, "--non-interactive"];
    const { stdout } = await execute(pulumi, all, { cwd, env, maxBuffer: 2 ** 28 });
    return stdout;
  }

  #flags(operation: Operation, options: RunOptions): string[] {
    const flags = ["--stack", this.stack, "--non-interactive"];
    // A preview of its own before each update would double the time; tests that want one ask for it.
    if (operation !== "preview" && !options.previewOnly) flags.push("--yes", "--skip-preview");
    for (const urn of options.target ?? []) flags.push("--target", urn);
    for (const urn of options.replace ?? []) flags.push("--replace", urn);
    if (options.refresh) flags.push("--refresh");
    if (options.expectNoChanges) flags.push("--expect-no-changes");
    if (options.previewOnly) flags.push("--preview-only");
    if (options.continueOnError) flags.push("--continue-on-error");
    if (options.parallel !== undefined) flags.push("--parallel", String(options.parallel));
    return flags;
  }

  /** The backend's own file: what `stack export` prints, without the half second that it takes. */
  #readState(): StackState {
    const file = path.join(this.#home, "backend", ".pulumi", "stacks", this.project, `${this.stack}.json`);
    const empty: Deployment = { manifest: { time: "", magic: "", version: "" } };
    if (!existsSync(file)) return { version: 3, deployment: empty };
    const { version, checkpoint } = JSON.parse(readFileSync(file, "utf8")) as {
      version: number;
      checkpoint: { latest: Deployment | null };
    };
    return { version, deployment: checkpoint.latest ?? empty };
  }

  async #readOutputs(state: StackState): Promise<Pick<RunResult, "outputs" | "secretOutputs">> {
    const root = state.deployment.resources?.find(({ type }) => type === "pulumi:pulumi:Stack");
    const outputs = root?.outputs ?? {};
    const secretOutputs = Object.keys(outputs).filter((key) => isSecret(outputs[key]));
    if (secretOutputs.length === 0) return { outputs, secretOutputs };
    const plain = await this.#pulumi(["stack", "output", "--json", "--show-secrets"]);
    return { outputs: JSON.parse(plain) as Record<string, unknown>, secretOutputs };
  }
}

function newHome(): string {
  const home = mkdtempSync(path.join(tmpdir(), "pulumi-home-"));
  mkdirSync(path.join(home, "backend"));
  return home;
}
