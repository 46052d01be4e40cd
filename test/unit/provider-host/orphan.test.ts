import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { serve } from "../../contract/fronts.ts";
import { descendants, isRunning, killProcess } from "../../engine/process-tree.ts";
import { ProgramFolder } from "../../engine/program-folder.ts";
import { startFakeApiServer } from "../kubernetes/fake-api-server.ts";
import { urnOf } from "../kinds/arbitrary-inputs.ts";
import { declared } from "../kinds/declared.ts";
import type { EngineToKill } from "./engine-to-kill.ts";
import { codeOf, startHost } from "./start-host.ts";

// Each test starts an engine, and that one a provider.
vi.setConfig({ testTimeout: 60_000 });

const BACKUPS = "/apis/velero.io/v1/namespaces/velero/backups";

/** An engine in a process of its own, and its provider, which waits for a backup to end. */
async function startWaiting(how: Pick<EngineToKill, "by" | "stdin">) {
  const server = await startFakeApiServer();
  server.putAt("/api/v1/namespaces", { metadata: { name: "kube-system" } });
  server.putAt("/apis/velero.io/v1/namespaces/velero/backupstoragelocations", {
    metadata: { name: "primary-east-0a1b2c3d" },
    ...{ spec: { accessMode: "ReadWrite" }, status: { phase: "Available" } },
  });
  const folder = new ProgramFolder({ files: { "index.js": "" } }, "contract");
  const { storage: _storage, ...inputs } = declared.ClusterBackup;
  const told = {
    ...how,
    programDirectory: folder.directory,
    urn: urnOf("ClusterBackup", "nightly"),
    inputs: { ...inputs, ...codeOf("ClusterBackup"), connection: { kubeconfig: server.kubeconfig } },
  };
  const script = fileURLToPath(new URL("engine-to-kill.ts", import.meta.url));
  const engine = spawn(process.execPath, [script, JSON.stringify(told)], { stdio: "ignore" });
  onTestFinished(() => {
    engine.kill("SIGKILL");
    folder.dispose();
  });
  const backup = await vi.waitFor(
    () => {
      const watch = server.requests.find((each) => each.includes("watch=true") && each.includes(BACKUPS));
      return /metadata\.name%3D([^&]+)/.exec(watch ?? "")?.[1] ?? expect.fail("no backup is waited for yet");
    },
    { timeout: 30_000, interval: 50 },
  );
  const provider = providerOf(engine);
  onTestFinished(() => killProcess(provider));
  return { engine, provider, changePhase: (phase: string) => server.put(backup, { phase }) };
}

function providerOf(engine: ChildProcess): number {
  const [provider, ...others] = descendants(engine.pid ?? 0).filter(({ command }) =>
    /^\S*node\S* .*cmd\/dynamic-provider/.test(command),
  );
  expect(others).toEqual([]);
  return provider?.pid ?? expect.fail("there is no provider");
}

async function expectToEnd(pid: number): Promise<void> {
  const since = Date.now();
  while (isRunning(pid)) {
    expect(Date.now() - since, "milliseconds that it has outlived the engine").toBeLessThan(5_000);
    await sleep(100);
  }
}

describe("A provider whose engine is killed", () => {
  test.each([
    ["by the CLI's launcher", { by: "launcher", stdin: "pipe" }],
    ["at once", { by: "node", stdin: "pipe" }],
    ["at once, without a pipe for its standard input", { by: "node", stdin: "ignore" }],
  ] as const)("ends while it waits, where it was started %s", async (_, how) => {
    const { engine, provider } = await startWaiting(how);
    await sleep(2_500);
    expect(isRunning(provider)).toBe(true);
    engine.kill("SIGKILL");
    await expectToEnd(provider);
  });

  // The launcher's shell stays its parent, and its standard input says nothing: only what it prints can tell.
  test("ends when it prints, instead of printing that it cannot print", async () => {
    const { engine, provider, changePhase } = await startWaiting({ by: "launcher", stdin: "ignore" });
    // It tells of the first phase within a second.
    await sleep(2_000);
    engine.kill("SIGKILL");
    await sleep(2_000);
    expect(isRunning(provider)).toBe(true);
    changePhase("InProgress");
    await expectToEnd(provider);
  });
});

test("A provider whose standard input is closed goes on while the engine answers", async () => {
  const engineAddress = `127.0.0.1:${await serve(createServer())}`;
  const host = startHost({}, { engineAddress });
  const check = () => {
    const news = { ...declared.ClusterBackup, ...codeOf("ClusterBackup") } as EngineToKill["inputs"];
    return host.check({ urn: urnOf("ClusterBackup", "nightly"), olds: {}, news });
  };
  await check();
  host.closeStdin();
  await sleep(1_000);
  expect((await check()).failures).toEqual([]);
});
