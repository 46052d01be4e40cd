import { execFile } from "node:child_process";
import { readFile, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { NewKubernetesObject } from "../kubernetes-client.ts";

const run = promisify(execFile);

/** The CRDs that belong to a velero binary: it prints them itself, once, and they are kept beside it. */
export async function veleroCrds(velero: string): Promise<NewKubernetesObject[]> {
  const kept = join(dirname(velero), "velero-crds.json");
  const list = (await readFile(kept, "utf8").catch(() => undefined)) ?? (await print(velero, kept));
  return (JSON.parse(list) as { items: NewKubernetesObject[] }).items;
}

async function print(velero: string, kept: string): Promise<string> {
  const { stdout } = await run(velero, ["install", "--crds-only", "--dry-run", "-o", "json"], {
    env: { HOME: tmpdir() },
    maxBuffer: 64 * 1024 * 1024,
  });
  const unfinished = `${kept}.${process.pid}`;
  await writeFile(unfinished, stdout);
  await rename(unfinished, kept);
  return stdout;
}
