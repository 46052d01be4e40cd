import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import type { Place } from "../parts/place.ts";
import { cleanEnvironment, processNames } from "../parts/processes.ts";
import type { Site } from "../parts/site.ts";
import { waitUntil } from "../wait-until.ts";
import { createCgroup, removeCgroup } from "./cgroups.ts";

const run = promisify(execFile);

/** The namespaces in which all servers and pods of a cluster with a node run, so that nothing of the machine is changed. */
export interface World extends Place {
  cluster: string;
  /** The machine's own address on the link to it. */
  gateway: string;
  podSubnet: string;
  cgroup: string;
}

/** What a world leaves when all of its processes have ended. */
interface Leftovers {
  cgroup: string;
  link: string;
}

/** Everything in it ends with its first process, which ends with the supervisor. */
export async function startWorld({ dir, supervisor, signal }: Site, cluster: string): Promise<World> {
  const cgroup = `${basename(dir)}-${cluster}`;
  const name = processNames.world(cluster);
  const ready = join(dir, `${name}.ready`);
  await supervisor.start(name, {
    command: "setpriv",
    args: [
      "--pdeathsig=KILL",
      "unshare",
      ...["--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child", "--mount-proc"],
      "--propagation=private",
      "sh",
      join(import.meta.dirname, "init.sh"),
      ready,
    ],
    env: cleanEnvironment(dir),
  });
  await supervisor.waitUntilReady(name, async () => existsSync(ready), signal);
  const { pid } = await supervisor.status(name);
  const init = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim();

  const { number, link } = await connect(init);
  await mkdir(leftoversDir(dir), { recursive: true });
  await writeFile(join(leftoversDir(dir), cluster), JSON.stringify({ cgroup, link } satisfies Leftovers));
  await createCgroup(cgroup);

  const [gateway, address, podSubnet] = [`10.87.${number}.1`, `10.87.${number}.2`, `10.88.${number}.0/24`];
  const ip = (...args: string[]) => run("ip", args);
  const inside = (...args: string[]) => run("nsenter", [`--target=${init}`, "--net", "ip", ...args]);
  await ip("addr", "add", `${gateway}/30`, "dev", link);
  await ip("link", "set", link, "up");
  await inside("addr", "add", `${address}/30`, "dev", "eth0");
  await inside("link", "set", "eth0", "up");
  await inside("route", "add", "default", "via", gateway);
  // Pods reach this machine, and through it nothing else.
  await ip("route", "add", podSubnet, "via", address);

  return {
    cluster,
    address,
    gateway,
    podSubnet,
    cgroup,
    within: ({ command, args, ...rest }) => ({
      command: "nsenter",
      args: [`--target=${init}`, ...["--mount", "--uts", "--ipc", "--net", "--pid", "--"], command, ...args],
      ...rest,
    }),
  };
}

/** Links it to this machine. The name of the link claims the numbers of its subnets, on the whole machine. */
async function connect(init: string): Promise<{ number: number; link: string }> {
  return waitUntil("a subnet is free", async () => {
    const number = Math.floor(Math.random() * 256);
    const link = `sandbox${number}`;
    await run("ip", ["link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", init]);
    return { number, link };
  });
}

/** Removes what the worlds of a sandbox have left. Their processes have been killed. */
export async function removeWorlds(dir: string): Promise<void> {
  const clusters = await readdir(leftoversDir(dir)).catch(() => []);
  for (const cluster of clusters) {
    const text = await readFile(join(leftoversDir(dir), cluster), "utf8");
    const { cgroup, link } = JSON.parse(text) as Leftovers;
    // It may have gone with the other end. Else the kernel keeps it while connections are being closed.
    await run("ip", ["link", "delete", link]).catch(() => undefined);
    await removeCgroup(cgroup);
  }
}

function leftoversDir(dir: string): string {
  return join(dir, "worlds");
}
