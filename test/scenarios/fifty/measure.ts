import { readFileSync } from "node:fs";
import type { PropertyMap } from "../../engine/provider-host.ts";
import type { Fleet } from "./fleet.ts";
import { type Host, workspaceOver } from "./workspace-in-host.ts";

/** What clusters that go on side by side may take, where the slowest of them takes so long. */
export const boundOf = (slowest: number): number => 1.1 * slowest + 500;

export interface Measured<T> {
  result: T;
  /** Of the whole call. */
  wallClock: number;
  /** The same without the time in which the process was ready to go on, and others had the processor. */
  milliseconds: number;
}

/**
 * Times work in which so many of the fleet's clusters are backed up. What others of the machine take of it is seen
 * while the backups are begun, and once the last has ended; in between the process waits anyway.
 */
export async function timed<T>(
  { velero }: Fleet,
  { backups, pid }: { backups: number; pid: number },
  work: () => Promise<T>,
): Promise<Measured<T>> {
  const held: number[] = [];
  let first: { begun: number; ended: number } | undefined;
  velero.onBackup = ({ begun, ended }) => {
    first ??= { begun: begun - 1, ended };
    const isTurn = begun - first.begun === backups && held.length === 1;
    if (isTurn || (ended - first.ended === backups && held.length === 2)) held.push(heldUp(pid));
  };
  held.push(heldUp(pid));
  const since = performance.now();
  const result = await work();
  const wallClock = performance.now() - since;
  held.push(heldUp(pid));
  velero.onBackup = () => undefined;
  const [start = 0, allBegun = start, lastEnded = start, answer = lastEnded] = held;
  const others = allBegun - start + (answer - lastEnded);
  return { result, wallClock, milliseconds: wallClock - others };
}

/** Milliseconds that a process's main thread has waited for a processor so far. Linux tells; elsewhere it is none. */
function heldUp(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[1]) / 1e6;
  } catch {
    return 0;
  }
}

export interface SideBySide {
  /** The slowest cluster by itself. */
  alone: Measured<PropertyMap>;
  /** All of them. */
  all: Measured<PropertyMap>;
}

/** A WorkspaceBackup over all clusters of the fleet, and one over the slowest of them, in one provider process. */
export async function measureSideBySide(host: Host, fleet: Fleet, name: string): Promise<SideBySide> {
  fleet.pace(2_000, 10_000);
  const over = (keys: string[], suffix: string) =>
    timed(fleet, { backups: keys.length, pid: host.pid }, () =>
      host.create("WorkspaceBackup", `${name}-${suffix}`, workspaceOver(fleet.reach(keys))),
    );
  const alone = await over(fleet.keys.slice(-1), "alone");
  return { alone, all: await over(fleet.keys, "all") };
}

/** What a provider process loads and compiles at its first create is not what is measured. */
export async function warmUp(host: Host, fleet: Fleet): Promise<void> {
  fleet.pace(0, 0);
  await host.create("WorkspaceBackup", "warm-up", workspaceOver(fleet.reach(fleet.keys)));
}
