import { readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const refreshMs = 5_000;
const staleAfterMs = 30_000;

export interface BuildLockOptions {
  signal?: AbortSignal | undefined;
  /** Called once if another process holds the lock. */
  onWait?: () => void;
}

/**
 * Lets one process at a time do the work. A holder that died is recognised by its pid or, as pids are used again,
 * by a lock file that it no longer refreshes. In the rare moment when two processes remove the same stale lock both
 * may go on: the work must only be wasteful, not wrong, when it is done twice.
 */
export async function withBuildLock<T>(
  path: string,
  work: () => Promise<T>,
  { signal, onWait }: BuildLockOptions = {},
): Promise<T> {
  let waiting = false;
  while (!(await acquire(path))) {
    signal?.throwIfAborted();
    if (await isStale(path)) {
      await rm(path, { force: true });
      continue;
    }
    if (!waiting) onWait?.();
    waiting = true;
    await sleep(500);
  }

  const refresh = setInterval(() => void touch(path), refreshMs);
  refresh.unref();
  try {
    return await work();
  } finally {
    clearInterval(refresh);
    await rm(path, { force: true });
  }
}

async function acquire(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const [owner, { mtimeMs }] = await Promise.all([readFile(path, "utf8"), stat(path)]);
    return Date.now() - mtimeMs > staleAfterMs || (owner !== "" && !isAlive(Number(owner)));
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}
