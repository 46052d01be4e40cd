import { type Cadence, parseCadence } from "../../lifecycle/cadence.ts";
import type { BackupDeclaration } from "./declaration.ts";

type Scheduled = Pick<BackupDeclaration, "schedule" | "paused">;

/** Each way in which a server may read the schedule: its version decides, which a refresh does not know. */
export function readingsOf({ schedule = "" }: Scheduled): Cadence[] {
  const dialects = ["go-cron", "robfig"] as const;
  return dialects.flatMap((dialect) => {
    const cadence = parseCadence(schedule, { dialect, zone: "UTC" });
    return "problem" in cadence ? [] : [cadence];
  });
}

/** Undefined, too, where servers of different versions run at different times. */
export function nextRunOf(scheduled: Scheduled, now: Date): string | undefined {
  if (scheduled.paused) return undefined;
  const runs = new Set(readingsOf(scheduled).map((cadence) => cadence.next(now)?.toISOString()));
  return runs.size === 1 ? [...runs][0] : undefined;
}
