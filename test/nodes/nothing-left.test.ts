import { once } from "node:events";
import { mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeOnNodes, startTimeoutMs } from "../sandbox/describe-on-nodes.ts";
import { ownerOfSandbox, supervisorIn, untilNothingIsLeft, waitForever } from "../sandbox/sandbox-owner.ts";
import { removeLeftovers } from "../sandbox/supervisor/remove-leftovers.ts";
import { waitUntil } from "../sandbox/wait-until.ts";

await describeOnNodes("A node", [], () => {
  let root: string;
  let before: Machine;

  /** What is killed takes a moment to end. Others may run on this machine, and end. */
  async function expectNothingNew(): Promise<void> {
    await waitUntil("no process is left", async () => {
      const { processNamespaces } = await machine();
      return processNamespaces.every((each) => before.processNamespaces.includes(each)) || undefined;
    });
    const { mounts, settings, folders, cgroups, links } = await machine();
    expect({ mounts, settings, folders }).toEqual({
      mounts: before.mounts,
      settings: before.settings,
      folders: before.folders,
    });
    expect(cgroups.filter((each) => !before.cgroups.includes(each))).toEqual([]);
    expect(links.filter((each) => !before.links.includes(each))).toEqual([]);
  }

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "owners-"));
    before = await machine();
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const options = { clusters: [{ name: "lone", node: true }] };

  test(
    "leaves nothing on the machine when its sandbox is stopped, and has changed nothing of it while it ran",
    async () => {
      const owner = await ownerOfSandbox(root, "setTimeout(() => sandbox.stop(), 500)", options);
      const { mounts, settings, folders, links } = await machine();
      expect({ mounts, settings, folders }).toEqual({
        mounts: before.mounts,
        settings: before.settings,
        folders: before.folders,
      });
      expect(links.length).toBeGreaterThan(before.links.length);
      await once(owner, "exit");
      await untilNothingIsLeft(root);
      await expectNothingNew();
    },
    startTimeoutMs,
  );

  test(
    "leaves nothing on the machine when its sandbox's owner is killed",
    async () => {
      const owner = await ownerOfSandbox(root, waitForever, options);
      owner.kill("SIGKILL");
      await untilNothingIsLeft(root);
      await expectNothingNew();
    },
    startTimeoutMs,
  );

  test(
    "ends with its supervisor, and what is left then the next sandbox removes",
    async () => {
      const owner = await ownerOfSandbox(root, waitForever, options);
      process.kill(await supervisorIn(root), "SIGKILL");
      owner.kill("SIGKILL");
      await once(owner, "exit");
      await removeLeftovers(root, 0);
      await untilNothingIsLeft(root);
      await expectNothingNew();
    },
    startTimeoutMs,
  );
});

interface Machine {
  mounts: string;
  settings: Record<string, string>;
  folders: Record<string, string[]>;
  cgroups: string[];
  links: string[];
  processNamespaces: string[];
}

async function machine(): Promise<Machine> {
  return {
    mounts: await readFile("/proc/self/mounts", "utf8"),
    settings: await contents([
      ...["vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops"],
      ...["kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes", "net/ipv4/ip_forward"],
    ]),
    folders: Object.fromEntries(
      await Promise.all(
        [
          "/run",
          "/run/netns",
          "/run/containerd",
          "/var/lib",
          "/var/lib/cni",
          "/var/lib/kubelet",
          "/var/log",
        ].map(async (folder) => [folder, await readdir(folder).catch(() => ["there is none"])] as const),
      ),
    ),
    cgroups: (await readdir("/sys/fs/cgroup", { recursive: true })).filter((name) =>
      name.includes("sandbox"),
    ),
    links: Object.keys(networkInterfaces()).filter((name) => name.startsWith("sandbox")),
    processNamespaces: await processNamespaces(),
  };
}

async function contents(settings: string[]): Promise<Record<string, string>> {
  const read = settings.map(async (name) => [name, await readFile(`/proc/sys/${name}`, "utf8")] as const);
  return Object.fromEntries(await Promise.all(read));
}

async function processNamespaces(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = pids.map((pid) => readlink(`/proc/${pid}/ns/pid`).catch(() => []));
  return [...new Set((await Promise.all(found)).flat())];
}
