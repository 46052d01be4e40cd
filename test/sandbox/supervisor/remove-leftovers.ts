import { readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeWorlds } from "../node/world.ts";
import { processGroupsFile } from "./process-table.ts";
import { runningProcesses } from "./running-processes.ts";

/** How the name of every sandbox's folder begins. */
export const dirPrefix = "velero-sandbox-";

/** The folder of a sandbox that is just being started says nothing yet about its processes. */
const oldEnoughMs = 60_000;

/**
 * Clears up after sandboxes whose supervisor was killed itself, as the system does when memory runs out: nobody
 * was left to end their servers. What is ended was recorded as theirs and names the sandbox's folder in its command line.
 */
export async function removeLeftovers(root = tmpdir(), minimumAgeMs = oldEnoughMs): Promise<void> {
  const names = (await readdir(root)).filter((name) => name.startsWith(dirPrefix));
  await Promise.all(names.map((name) => removeIfLeftOver(join(root, name), minimumAgeMs)));
}

async function removeIfLeftOver(dir: string, minimumAgeMs: number): Promise<void> {
  const [supervisor, ...servers] = await recordedGroups(dir);
  const running = await runningProcesses(dir);
  const isSupervised = running.some(({ group }) => group === supervisor);
  if (isSupervised || (await ageOf(dir)) < minimumAgeMs) return;

  for (const { pid, group } of running) {
    if (servers.includes(group)) kill(pid);
  }
  await removeWorlds(dir);
  // Another user's folder stays.
  await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }).catch(() => undefined);
}

async function recordedGroups(dir: string): Promise<number[]> {
  try {
    return JSON.parse(await readFile(join(dir, processGroupsFile), "utf8")) as number[];
  } catch {
    return [];
  }
}

async function ageOf(dir: string): Promise<number> {
  const { mtimeMs } = await stat(dir).catch(() => ({ mtimeMs: Date.now() }));
  return Date.now() - mtimeMs;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself meanwhile.
  }
}
