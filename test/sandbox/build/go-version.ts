import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { SandboxUnavailable } from "./sandbox-unavailable.ts";

export interface GoVersion {
  major: number;
  minor: number;
  patch: number;
}

/** What the modules of Pulumi's CLI require. */
const oldestGo: GoVersion = { major: 1, minor: 26, patch: 6 };

const run = promisify(execFile);

/** Reads what `go env GOVERSION` prints: `go1.26.8`, `go1.27rc1`, or `devel go1.27-3f2a…` for a build from source. */
export function parseGoVersion(text: string): GoVersion | undefined {
  const [, major, minor, patch = "0"] = /\bgo(\d+)\.(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  return major && minor ? { major: Number(major), minor: Number(minor), patch: Number(patch) } : undefined;
}

export function isRecentEnough(version: GoVersion, oldest = oldestGo): boolean {
  if (version.major !== oldest.major) return version.major > oldest.major;
  if (version.minor !== oldest.minor) return version.minor > oldest.minor;
  return version.patch >= oldest.patch;
}

export async function requireGo(): Promise<void> {
  const found = await installedGo();
  const version = found && parseGoVersion(found);
  if (version && isRecentEnough(version)) return;

  const wanted = `>= ${oldestGo.major}.${oldestGo.minor}.${oldestGo.patch}`;
  const problem = found ? `${found.trim()} is too old` : "there is no `go` on the PATH";
  throw new SandboxUnavailable(
    `no Go ${wanted} to build the sandbox: ${problem}. Install \`go\` (${wanted}) from https://go.dev/dl/.`,
  );
}

async function installedGo(): Promise<string | undefined> {
  try {
    const env = { ...process.env, GOTOOLCHAIN: "local" };
    return (await run("go", ["env", "GOVERSION"], { cwd: tmpdir(), env })).stdout;
  } catch {
    return undefined;
  }
}
