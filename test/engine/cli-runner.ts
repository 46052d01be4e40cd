import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CliRun } from "./cli-run.ts";
import { ProgramFolder } from "./program-folder.ts";
import type { RunResult } from "./run-result.ts";
import type { Operation, Run, Runner, RunnerOptions, RunOptions } from "./runner.ts";
import { isSecret } from "./secret-value.ts";
import type { Deployment, StackState } from "./stack-state.ts";

const execute = promisify(execFile);

/** Runs programs with the real CLI, its stacks in a file backend of its own. */
export class CliRunner implements Runner {
  readonly kind = "cli";
  readonly project: string;
  readonly stack: string;
  readonly home: string;
  readonly #pulumi: string;
  readonly #folder: ProgramFolder;
  readonly #ownsHome: boolean;
  readonly #env: NodeJS.ProcessEnv;
  #ready: Promise<void>;
  #runs = 0;

  constructor(pulumi: string, options: RunnerOptions) {
    this.#pulumi = pulumi;
    this.#folder = new ProgramFolder(options.program, options.project);
    this.project = this.#folder.project;
    this.stack = options.stack ?? "dev";
    this.#ownsHome = !(options.backend instanceof CliRunner);
    this.home = options.backend instanceof CliRunner ? options.backend.home : newHome();
    this.#env = {
      ...process.env,
      // Program and provider run on the Node that runs the tests.
      PATH: [
        path.join(this.home, "bin"),
        path.dirname(pulumi),
        path.dirname(process.execPath),
        process.env["PATH"],
      ].join(path.delimiter),
      PULUMI_HOME: this.home,
      PULUMI_BACKEND_URL: `file://${this.home}/backend`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      // `--event-log` is one of the debug commands.
      PULUMI_DEBUG_COMMANDS: "true",
      NO_COLOR: "1",
      ...options.env,
    };
    this.#ready = this.#init(options.config ?? {});
    this.#ready.catch(() => undefined);
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
    const eventLog = path.join(this.home, `events-${this.stack}-${process.pid}-${this.#runs++}.json`);
    const run = new CliRun(
      {
        pulumi: this.#pulumi,
        args: [operation, ...this.#flags(operation, options), "--event-log", eventLog],
        cwd: this.directory,
        env: { ...this.#env, ...options.env },
        eventLog,
        preview: operation === "preview",
        readState: () => this.#readState(),
        readOutputs: (state) => this.#readOutputs(state),
      },
      this.#ready,
    );
    return run;
  }

  async state(): Promise<StackState> {
    await this.#ready;
    return this.#readState();
  }

  async plainState(): Promise<StackState> {
    await this.#ready;
    return JSON.parse(await this.#pulumiCommand(["stack", "export", "--show-secrets"])) as StackState;
  }

  async setState(state: StackState): Promise<void> {
    await this.#ready;
    const file = path.join(this.home, `import-${this.stack}.json`);
    writeFileSync(file, JSON.stringify(state));
    await this.#pulumiCommand(["stack", "import", "--file", file]);
  }

  async setConfig(key: string, value: string | { secret: string }): Promise<void> {
    await this.#ready;
    await this.#setConfig(key, value);
  }

  write(files: Record<string, string | null>): void {
    this.#folder.write(files);
  }

  async cancel(): Promise<void> {
    await this.#pulumiCommand(["cancel", "--yes"]);
  }

  async dispose(): Promise<void> {
    await this.#ready.catch(() => undefined);
    this.#folder.dispose();
    if (this.#ownsHome) rmSync(this.home, { recursive: true, force: true });
  }

  async #init(config: Record<string, string | { secret: string }>): Promise<void> {
    await execute(this.#pulumi, ["stack", "init", this.stack, "--non-interactive"], {
      cwd: this.directory,
      env: this.#env,
    });
    for (const [key, value] of Object.entries(config)) await this.#setConfig(key, value);
  }

  async #setConfig(key: string, value: string | { secret: string }): Promise<void> {
    const [flag, text] = typeof value === "string" ? ["--plaintext", value] : ["--secret", value.secret];
    await this.#pulumiCommand(["config", "set", flag], [key, text]);
  }

  /** `positional` may begin with a dash, as a certificate does. */
  async #pulumiCommand(args: string[], positional: string[] = []): Promise<string> {
    const all = [...args, "--stack", this.stack, "--non-interactive", "--", ...positional];
    const { stdout } = await execute(this.#pulumi, all, { cwd: this.directory, env: this.#env });
    return stdout;
  }

  #flags(operation: Operation, options: RunOptions): string[] {
    const flags = ["--stack", this.stack, "--non-interactive"];
    // A preview of its own before each update would double the time; tests that want one ask for it.
    if (operation !== "preview" && !options.previewOnly) flags.push("--yes", "--skip-preview");
    for (const urn of options.target ?? []) flags.push("--target", urn);
    for (const urn of options.replace ?? []) flags.push("--replace", urn);
    if (options.targetDependents) flags.push("--target-dependents");
    if (options.refresh) flags.push("--refresh");
    if (options.runProgram) flags.push("--run-program");
    if (options.expectNoChanges) flags.push("--expect-no-changes");
    if (options.previewOnly) flags.push("--preview-only");
    if (options.clearPendingCreates) flags.push("--clear-pending-creates");
    if (options.parallel !== undefined) flags.push("--parallel", String(options.parallel));
    return flags;
  }

  /** The backend's own file: what `stack export` prints, without the half second that it takes. */
  #readState(): StackState {
    const file = path.join(this.home, "backend", ".pulumi", "stacks", this.project, `${this.stack}.json`);
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
    const plain = await this.#pulumiCommand(["stack", "output", "--json", "--show-secrets"]);
    return { outputs: JSON.parse(plain) as Record<string, unknown>, secretOutputs };
  }
}

function newHome(): string {
  const home = mkdtempSync(path.join(tmpdir(), "pulumi-home-"));
  mkdirSync(path.join(home, "backend"));
  mkdirSync(path.join(home, "bin"));
  const plugin = fileURLToPath(new URL("kubernetes-plugin.ts", import.meta.url));
  const launcher = path.join(home, "bin", "pulumi-resource-kubernetes");
  writeFileSync(launcher, `#!/bin/sh\nexec "${process.execPath}" "${plugin}" "$@"\n`, { mode: 0o755 });
  return home;
}
