import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeOnSandbox } from "./describe-on-sandbox.ts";
import { removeLeftovers } from "./supervisor/remove-leftovers.ts";
import { runningProcesses } from "./supervisor/running-processes.ts";
import { waitUntil } from "./wait-until.ts";

const owners: ChildProcess[] = [];

describeOnSandbox("a sandbox whose owner", () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "owners-"));
  });

  afterEach(async () => {
    for (const owner of owners.splice(0)) owner.kill("SIGKILL");
    await rm(root, { recursive: true, force: true });
  });

  test.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)("gets %s ends with it", async (signal) => {
    const owner = await ownerOfSandbox(root, "await new Promise(() => setInterval(() => undefined, 1000))");
    expect(await runningParts(root)).toEqual(allParts);

    owner.kill(signal);

    await expectNothingLeft(root);
  });

  test("throws ends with it", async () => {
    await ownerOfSandbox(root, "throw new Error('a test that fails')");
    await expectNothingLeft(root);
  });

  test("forgets to stop it does not wait for it, and it ends", async () => {
    await ownerOfSandbox(root, "");
    await expectNothingLeft(root);
  });

  test("is killed halfway through the start ends as well", async () => {
    const owner = spawnOwner(root, "");
    await waitUntil("etcd runs", async () => (await runningParts(root)).includes("etcd") || undefined, {
      intervalMs: 10,
    });

    owner.kill("SIGKILL");

    await expectNothingLeft(root);
  });

  test("lost its supervisor is cleared away by the next one", async () => {
    const owner = await ownerOfSandbox(root, "await new Promise(() => setInterval(() => undefined, 1000))");
    const supervisor = (await runningProcesses(root)).find(({ command }) => command.includes("supervise.ts"));
    process.kill(supervisor?.pid ?? 0, "SIGKILL");
    owner.kill("SIGKILL");
    await once(owner, "exit");
    expect(await runningParts(root)).toContain("kube-apiserver");

    await removeLeftovers(root, 0);

    await expectNothingLeft(root);
  });
});

const allParts = ["etcd", "kube-apiserver", "kube-controller-manager", "minio", "node", "velero"];

/** A process of its own that starts a sandbox below a folder, says so and goes on as told. */
async function ownerOfSandbox(root: string, goOn: string): Promise<ChildProcess> {
  const owner = spawnOwner(root, goOn);
  const [first] = (await Promise.race([
    once(owner.stdout ?? owner, "data"),
    once(owner, "exit"),
  ])) as unknown[];
  expect(String(first)).toBe("up\n");
  return owner;
}

function spawnOwner(root: string, goOn: string): ChildProcess {
  const module = pathToFileURL(join(import.meta.dirname, "start-sandbox.ts")).href;
  const program = `
    import { startSandbox } from ${JSON.stringify(module)};
    await startSandbox({ clusters: ["lone"] });
    console.log("up");
    ${goOn}`;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", program], {
    env: { ...process.env, TMPDIR: root },
    stdio: ["ignore", "pipe", "ignore"],
  });
  owners.push(owner);
  return owner;
}

async function expectNothingLeft(root: string): Promise<void> {
  const started = Date.now();
  await waitUntil("nothing is left", async () => {
    const left = [...(await runningParts(root)), ...(await readdir(root))];
    if (left.length > 0) throw new Error(left.join(", "));
    return true;
  });
  expect(Date.now() - started).toBeLessThan(5_000);
}

async function runningParts(root: string): Promise<string[]> {
  const running = await runningProcesses(root);
  const names = running.map(({ command }) => command.split(" ")[0]?.split("/").at(-1) ?? command);
  return [...new Set(names)].toSorted();
}
