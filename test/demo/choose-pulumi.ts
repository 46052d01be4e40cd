import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import path from "node:path";
import { CliRunner } from "../engine/cli-runner.ts";
import { createRunner, findPulumi, runnerKind } from "../engine/create-runner.ts";
import type { Runner, RunnerOptions } from "../engine/runner.ts";
import { sayWrapped } from "./screen.ts";

/** A download of some 100 MB; where there is no internet it fails at once. */
const DOWNLOAD_MS = 180_000;

export interface PulumiChoice {
  /** For people: what runs the stack, and why. */
  title: string;
  open(options: RunnerOptions): Runner;
}

/** The CLI on the PATH, else that of the npm package `pulumi`, else this repository's stand-in for its engine. */
export async function choosePulumi(signal: AbortSignal): Promise<PulumiChoice> {
  const { kind, reason } = runnerKind();
  if (process.env["PULUMI_RUNNER"] === "engine") return standIn(reason);
  if (kind === "cli")
    return { title: `the pulumi CLI at ${findPulumi()}`, open: (options) => createRunner(options, "cli") };

  const downloaded = await fromNpm(signal);
  if (downloaded !== undefined) {
    return {
      title: `the pulumi CLI at ${downloaded}, which the npm package "pulumi" has downloaded`,
      open: (options) => new CliRunner(downloaded, options),
    };
  }
  return standIn("no pulumi CLI on the PATH, and it cannot be downloaded from here");
}

const standIn = (reason: string): PulumiChoice => ({
  title:
    `this repository's stand-in for Pulumi's engine (${reason}). It runs Pulumi's own SDK, program runner and ` +
    "provider host. With the CLI installed the demo uses that.",
  open: (options) => createRunner(options, "engine"),
});

/** The package is a downloader: it keeps the CLI below ~/.pulumi/versions, as its README says. */
async function fromNpm(signal: AbortSignal): Promise<string | undefined> {
  const require = createRequire(import.meta.url);
  const downloader = require.resolve("pulumi/run.js");
  const version =
    process.env["PULUMI_VERSION"] ?? (require("pulumi/package.json") as { version: string }).version;
  const home = process.env["PULUMI_HOME"] ?? path.join(homedir(), ".pulumi");
  const cli = path.join(home, "versions", version, "bin", "pulumi");
  if (existsSync(cli)) return cli;

  sayWrapped(`Pulumi: no CLI on the PATH. Trying to download ${version} by the npm package "pulumi" …`);
  const child = spawn(process.execPath, [downloader, "version"], {
    stdio: "ignore",
    timeout: DOWNLOAD_MS,
    signal,
  });
  const ended = await once(child, "exit").catch(() => undefined);
  signal.throwIfAborted();
  return ended?.[0] === 0 && existsSync(cli) ? cli : undefined;
}
