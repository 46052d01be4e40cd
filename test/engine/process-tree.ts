import { execFileSync, spawnSync } from "node:child_process";

interface ProcessInfo {
  pid: number;
  parent: number;
  command: string;
}

/** All processes below `root`, whatever their depth. */
export function descendants(root: number): ProcessInfo[] {
  const listing = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  const processes = listing.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    return match === null
      ? []
      : [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3] ?? "" }];
  });
  const found: ProcessInfo[] = [];
  const pids = new Set([root]);
  for (let before = 0; before !== pids.size;) {
    before = pids.size;
    for (const info of processes) {
      if (!pids.has(info.parent) || pids.has(info.pid)) continue;
      pids.add(info.pid);
      found.push(info);
    }
  }
  return found;
}

/** A process that has ended and that its parent has not asked after (a zombie) does not run. */
export function isRunning(pid: number): boolean {
  const state = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim();
  return state !== "" && !state.startsWith("Z");
}

/** SIGKILL; a process that has ended in the meantime is no error. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
