import { execFile } from "node:child_process";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { processGroupsFile } from "./process-table.ts";

const run = promisify(execFile);

/** How the name of every sandbox's folder begins. */
export const dirPrefix = "velero-sandbox-";

const youngestLeftoverMs = 60_000;

/**
 * Clears up after sandboxes whose supervisor was killed itself, as the system does when memory runs out:
 * nobody was left to end their servers. A process is ended only if its command line names such a sandbox's folder.
 */
export async function removeLeftovers(root = tmpdir()): Promise<void> {
  const names = (await readdir(root)).filter((name) => name.startsWith(dirPrefix));
  if (names.length === 0) return;
  const running = await runningProcesses();
  await Promise.all(names.map((name) => removeIfLeftOver(join(root, name), running)));
}

interface RunningProcess {
  group: number;
  command: string;
}

async function removeIfLeftOver(dir: string, running: RunningProcess[]): Promise<void> {
  const groups = await processGroups(dir);
  const ours = running.filter(({ command }) => command.includes(dir));
  const supervisor = groups?.[0];
  const isSupervised = ours.some(({ group }) => group === supervisor);
  if (isSupervised || (await isYoung(dir))) return;

  for (const { group } of ours) {
    if (groups?.includes(group)) killGroup(group);
  }
  await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }).catch(() => undefined);
}

async function processGroups(dir: string): Promise<number[] | undefined> {
  try {
    return JSON.parse(await readFile(join(dir, processGroupsFile), "utf8")) as number[];
  } catch {
    return undefined;
  }
}

/** One that is just being started has not said yet which processes it has. */
async function isYoung(dir: string): Promise<boolean> {
  const { mtimeMs } = await stat(dir).catch(() => ({ mtimeMs: 0 }));
  return Date.now() - mtimeMs < youngestLeftoverMs;
}

async function runningProcesses(): Promise<RunningProcess[]> {
  const { stdout } = await run("ps", ["-axww", "-o", "pgid=,command="], { maxBuffer: 64 * 1024 * 1024 });
  return stdout.split("\n").flatMap((line) => {
    const [, group, command] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    return group && command ? [{ group: Number(group), command }] : [];
  });
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // It ended by itself meanwhile.
  }
}
