import { existsSync } from "node:fs";
import path from "node:path";
import { CliRunner } from "./cli-runner.ts";
import type { Runner, RunnerKind, RunnerOptions } from "./runner.ts";
import { StandInRunner } from "./stand-in-runner.ts";

export interface RunnerChoice {
  kind: RunnerKind;
  reason: string;
}

/** Which runner this machine gets, and why: the real CLI where there is one. `PULUMI_RUNNER=cli|engine` decides. */
export function runnerKind(env: NodeJS.ProcessEnv = process.env): RunnerChoice {
  const chosen = env["PULUMI_RUNNER"];
  if (chosen === "cli" || chosen === "engine") return { kind: chosen, reason: `PULUMI_RUNNER=${chosen}` };
  if (chosen !== undefined && chosen !== "")
    throw new Error(`PULUMI_RUNNER must be cli or engine, not "${chosen}"`);
  const cli = findPulumi(env);
  if (cli === undefined) return { kind: "engine", reason: "no pulumi CLI on PATH" };
  return { kind: "cli", reason: `found ${cli}` };
}

/** The CLI on PATH. What npm links into node_modules/.bin is only a downloader of it. */
export function findPulumi(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return (env["PATH"] ?? "")
    .split(path.delimiter)
    .filter((directory) => directory !== "" && !directory.endsWith(path.join("node_modules", ".bin")))
    .map((directory) => path.join(directory, "pulumi"))
    .find(existsSync);
}

export function createRunner(options: RunnerOptions, kind: RunnerKind = runnerKind().kind): Runner {
  if (kind === "engine") return new StandInRunner(options);
  const cli = findPulumi();
  if (cli === undefined) throw new Error("PULUMI_RUNNER=cli, but there is no pulumi on PATH");
  return new CliRunner(cli, options);
}
