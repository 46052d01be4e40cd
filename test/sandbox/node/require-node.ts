import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { SandboxUnavailable } from "../build/sandbox-unavailable.ts";
import { uniqueName } from "../unique-name.ts";
import { createCgroup, removeCgroup } from "./cgroups.ts";

const run = promisify(execFile);

/** The command → what has it. */
const commands = {
  unshare: "util-linux",
  nsenter: "util-linux",
  setpriv: "util-linux",
  mount: "util-linux",
  ip: "iproute2",
  gcc: "gcc, for runc",
};

/** Fails where this machine cannot have a node. */
export async function requireNode(): Promise<void> {
  if (process.platform !== "linux") throw unavailable("it needs Linux");
  if (process.getuid?.() !== 0) throw unavailable("it needs root");
  for (const [command, source] of Object.entries(commands))
    if (!isOnPath(command)) throw unavailable(`there is no \`${command}\` on the PATH (${source})`);
  try {
    await run("unshare", ["--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "true"]);
    const cgroup = uniqueName("velero-sandbox-probe");
    await createCgroup(cgroup);
    await removeCgroup(cgroup);
  } catch (error) {
    throw unavailable(`root may not make namespaces and cgroups here: ${(error as Error).message.trim()}`);
  }
}

function unavailable(why: string): SandboxUnavailable {
  return new SandboxUnavailable(`no node: ${why}`);
}

function isOnPath(command: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((dir) => {
    try {
      accessSync(join(dir, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
