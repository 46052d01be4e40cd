import { startSandbox } from "../sandbox/start-sandbox.ts";
import { startFleet } from "../scenarios/fifty/fleet.ts";
import { boundOf, measureSideBySide, timed } from "../scenarios/fifty/measure.ts";
import { startHost, workspaceOver } from "../scenarios/fifty/workspace-in-host.ts";
import { round, type Statistics, statisticsOf } from "./statistics.ts";

const CLUSTERS = 50;

interface Workspace {
  clusters: number;
  /** The slowest cluster's backup by itself. */
  slowestAlone: Statistics;
  all: Statistics;
  /** Median of all over that of the slowest. */
  ratio: number;
  /** Medians: what all take more than the slowest alone. */
  overheadMs: number;
  /** What they may take more (1.1 times and half a second). */
  allowedMs: number;
  /** Backups that take no time: all that there is to do besides waiting, in the process's first create and in a later one. */
  nothingToWaitFor: { firstMs: number; laterMs: number };
  method: string;
}

/** One WorkspaceBackup over many clusters against one over the slowest of them. */
export async function measureWorkspace(rounds: number, progress: (line: string) => void): Promise<Workspace> {
  const sandbox = await startSandbox({ clusters: ["fleet"] });
  const fleet = await startFleet(sandbox.cluster("fleet"), CLUSTERS);
  const host = startHost((line) => progress(`provider: ${line}`));
  const atOnce = async (name: string) => {
    fleet.pace(0, 0);
    const { wallClock } = await timed(fleet, { backups: CLUSTERS, pid: host.pid }, () =>
      host.create("WorkspaceBackup", name, workspaceOver(fleet.reach(fleet.keys))),
    );
    return round(wallClock);
  };
  try {
    const firstMs = await atOnce("first");
    const laterMs = await atOnce("later");
    const times: Record<"alone" | "all", number[]> = { alone: [], all: [] };
    for (let number = 1; number <= rounds; number++) {
      const { alone, all } = await measureSideBySide(host, fleet, `round-${number}`);
      times.alone.push(alone.wallClock);
      times.all.push(all.wallClock);
      progress(`workspace: round ${number} of ${rounds}: ${round(all.wallClock)} ms`);
    }
    const [alone, all] = [statisticsOf(times.alone), statisticsOf(times.all)];
    return {
      clusters: CLUSTERS,
      slowestAlone: alone,
      all,
      ratio: round(all.median / alone.median),
      overheadMs: round(all.median - alone.median),
      allowedMs: round(boundOf(alone.median) - alone.median),
      nothingToWaitFor: { firstMs, laterMs },
      method:
        "check and create in Pulumi's real provider process; 50 namespaces of one API server, in which Velero is played: " +
        "backups take from 2 to 10 s, evenly spread; wall clock",
    };
  } finally {
    await host.stop();
    fleet.velero.stop();
    await sandbox.stop();
  }
}
