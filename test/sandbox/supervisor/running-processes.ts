import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface RunningProcess {
  pid: number;
  group: number;
  command: string;
}

/** The processes of this machine whose command line names a path: a sandbox's folder is named by all of its processes. */
export async function runningProcesses(path: string): Promise<RunningProcess[]> {
  const columns = ["pid=", "pgid=", "command="].flatMap((column) => ["-o", column]);
  const { stdout } = await run("ps", ["-axww", ...columns], { maxBuffer: 64 * 1024 * 1024 });
  return stdout
    .split("\n")
    .map(parseLine)
    .filter((process) => process !== undefined)
    .filter(({ command }) => command.includes(path));
}

function parseLine(line: string): RunningProcess | undefined {
  const [, pid, group, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
  return pid && group && command ? { pid: Number(pid), group: Number(group), command } : undefined;
}
