import type { Fleet } from "./fleet.ts";
import { type Created, type Host, workspaceOver } from "./workspace-in-host.ts";

export interface SideBySide {
  /** The slowest cluster by itself. */
  alone: Created;
  /** All of them. */
  all: Created;
  /** What all of them may take at most: 1.1 times the slowest, and half a second. */
  bound: number;
}

export const boundOf = (slowest: number): number => 1.1 * slowest + 500;

/** A WorkspaceBackup over all clusters of the fleet, and one over the slowest of them, in one provider process. */
export async function measureSideBySide(host: Host, fleet: Fleet, name: string): Promise<SideBySide> {
  fleet.pace(2_000, 10_000);
  const slowest = workspaceOver(fleet.reach(fleet.keys.slice(-1)));
  const alone = await host.create("WorkspaceBackup", `${name}-alone`, slowest);
  const all = await host.create("WorkspaceBackup", `${name}-all`, workspaceOver(fleet.reach(fleet.keys)));
  return { alone, all, bound: boundOf(alone.milliseconds) };
}

/** What a provider process loads and compiles at its first create is not what is measured. */
export async function warmUp(host: Host, fleet: Fleet): Promise<Created> {
  fleet.pace(0, 0);
  return host.create("WorkspaceBackup", "warm-up", workspaceOver(fleet.reach(fleet.keys)));
}
