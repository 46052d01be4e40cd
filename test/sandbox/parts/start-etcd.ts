import { join } from "node:path";
import { freePort } from "../free-port.ts";
import type { Site } from "./site.ts";
import { type Place, thisMachine } from "./place.ts";
import { cleanEnvironment, processNames } from "./processes.ts";

/** One etcd for all clusters of a place: each keeps to its own prefix. Returns its endpoint. */
export async function startEtcd(
  { dir, binaries, supervisor, signal }: Site,
  { address, cluster, within }: Place = thisMachine,
): Promise<string> {
  const name = processNames.etcd(cluster);
  const client = `http://${address}:${await freePort()}`;
  const peer = `http://${address}:${await freePort()}`;
  const spec = {
    command: binaries.etcd,
    args: [
      `--data-dir=${join(dir, name)}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      "--unsafe-no-fsync",
      "--log-level=warn",
    ],
    env: cleanEnvironment(dir),
  };
  await supervisor.start(name, within(spec));
  await supervisor.waitUntilReady(name, async () => (await fetch(`${client}/health`)).ok, signal);
  return client;
}
