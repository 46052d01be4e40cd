import { join } from "node:path";
import { freePort } from "../free-port.ts";
import type { Site } from "./site.ts";
import { cleanEnvironment, processNames } from "./processes.ts";

/** One etcd for all clusters: each keeps to its own prefix. Returns its endpoint. */
export async function startEtcd({ dir, binaries, supervisor, signal }: Site): Promise<string> {
  const client = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  await supervisor.start(processNames.etcd, {
    command: binaries.etcd,
    args: [
      `--data-dir=${join(dir, "etcd")}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      "--unsafe-no-fsync",
      "--log-level=warn",
    ],
    env: cleanEnvironment(dir),
  });
  await supervisor.waitUntilReady(
    processNames.etcd,
    async () => (await fetch(`${client}/health`)).ok,
    signal,
  );
  return client;
}
