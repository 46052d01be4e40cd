import { Runner } from "../../engine/runner.ts";
import type { RunResult } from "../../engine/run-result.ts";
import type { Sandbox, SandboxCluster } from "../../sandbox/sandbox.ts";
import { createNamespace } from "../../sandbox/seed-namespace.ts";
import { uniqueName } from "../../sandbox/unique-name.ts";
import { environmentOf, resourceIn } from "../stack.ts";
import { deleteBackup } from "./hands.ts";
import { type NamedRow, programWith } from "./program.ts";
import type { Scene, Site } from "./row.ts";

/** A stack in which the rows of a table take place side by side. */
export interface Stage {
  rows: readonly NamedRow[];
  cluster: SandboxCluster;
  runner: Runner;
  /** By the rows' names, once an up has made what they are about. */
  scenes: Map<string, Scene>;
  enter: (up: RunResult) => void;
  /** Changes the program: another backup of the rows that no up can set right. */
  again: () => void;
  close: () => Promise<void>;
}

export async function setStage(
  sandbox: Sandbox,
  rows: readonly NamedRow[],
  { cluster, location = "" }: { cluster: SandboxCluster; location?: string },
): Promise<Stage> {
  const bucket = await sandbox.minio.createBucket("drift");
  const sites = await Promise.all(
    rows.map(async ({ name, before }): Promise<[string, Site]> => {
      const site = { sandbox, cluster, bucket, namespace: await createNamespace(cluster, name) };
      await before?.(site);
      return [name, site];
    }),
  );
  const namespaces = Object.fromEntries(sites.map(([name, { namespace }]) => [name, namespace]));
  const files = (again: boolean) => ({
    "index.js": programWith(rows, { cluster: cluster.name, location, again }),
  });
  const runner = new Runner({
    stack: uniqueName("dev"),
    program: { files: files(false) },
    env: { ...(await environmentOf(sandbox, bucket)), NAMESPACES: JSON.stringify(namespaces) },
  });
  const scenes = new Map<string, Scene>();
  return {
    rows,
    cluster,
    runner,
    scenes,
    enter: (up) => sites.forEach(([name, site]) => scenes.set(name, { ...site, ...placeOf(up, name) })),
    again: () => runner.write(files(true)),
    async close() {
      // A location waits for what is being written to it.
      for (const scene of scenes.values()) await deleteBackup(scene, `${scene.scheduleName}-written`);
      await runner.destroy();
      await runner.dispose();
    },
  };
}

function placeOf(up: RunResult, name: string): Omit<Scene, keyof Site> {
  const { location, scheduleName = "", backupName = "" } = resourceIn(up, name).outputs ?? {};
  const { locationName, storePrefix } = location as Record<string, string>;
  return {
    locationName: String(locationName),
    folder: `${storePrefix}/backups`,
    scheduleName: String(scheduleName),
    backupName: String(backupName),
  };
}
