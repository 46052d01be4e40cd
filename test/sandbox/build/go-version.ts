import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { SandboxUnavailable } from "./sandbox-unavailable.ts";

export interface GoVersion {
  major: number;
  minor: number;
}

const oldestGo: GoVersion = { major: 1, minor: 26 };

const run = promisify(execFile);

/** Reads what `go env GOVERSION` prints: `go1.26.8`, `go1.27rc1`, or `devel go1.27-3f2a…` for a build from source. */
export function parseGoVersion(text: string): GoVersion | undefined {
  const [, major, minor] = /\bgo(\d+)\.(\d+)/.exec(text) ?? [];
  return major && minor ? { major: Number(major), minor: Number(minor) } : undefined;
}

export function isRecentEnough(version: GoVersion, oldest = oldestGo): boolean {
  return version.major > oldest.major || (version.major === oldest.major && version.minor >= oldest.minor);
}

export async function requireGo(): Promise<void> {
  const found = await installedGo();
  const version = found && parseGoVersion(found);
  if (version && isRecentEnough(version)) return;

  const wanted = `Go >= ${oldestGo.major}.${oldestGo.minor}`;
  const problem = found ? `${found.trim()} is too old` : "there is no `go` on the PATH";
  throw new SandboxUnavailable(
    `no ${wanted} to build the sandbox: ${problem}. Install \`go\` (>= ${oldestGo.major}.${oldestGo.minor}) from https://go.dev/dl/.`,
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
