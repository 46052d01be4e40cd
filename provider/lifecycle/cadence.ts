import { Cron } from "croner";
import { durationAdvice, parseDuration } from "./go-duration.ts";

/** When a schedule runs. */
export interface Cadence {
  next(after: Date): Date | undefined;
}

/**
 * Reads a schedule as Velero's parser does (robfig/cron v3): five fields, `@daily` and its like, `@every 12h`, with
 * `CRON_TZ=` or `TZ=` in front. What other dialects of cron add (L, W, #, a seventh weekday) is refused here, since
 * Velero would refuse it only in the cluster.
 */
export function parseCadence(schedule: string): Cadence | { problem: string } {
  const [, timezone, expression = ""] = /^(?:(?:CRON_)?TZ=(\S+)\s+)?(.*)$/s.exec(schedule.trim()) ?? [];
  const every = /^@every\s+(.+)$/.exec(expression);
  if (every) return everyCadence(every[1] ?? "");

  const complaint = expression.startsWith("@") ? unknownNickname(expression) : unlikeRobfig(expression);
  if (complaint) return { problem: `"${schedule}" ${complaint}` };
  try {
    const cron = new Cron(expression, {
      mode: "5-part",
      // robfig reads "5/15" as "5-59/15"; croner calls that sloppy.
      sloppyRanges: true,
      // Both a day and a weekday: since 1.18.3 Velero runs where they coincide, and before on either.
      domAndDow: true,
      // Velero's server is in UTC as a rule, whatever this machine is in.
      timezone: timezone ?? "UTC",
    });
    // croner looks at a time zone only when it computes with it.
    if (cron.nextRun() === null) {
      return {
        problem: `"${schedule}" names no day that ever comes, which Velero takes for overdue at all times`,
      };
    }
    return { next: (after) => cron.nextRun(after) ?? undefined };
  } catch (error) {
    const words = error instanceof Error ? error.message.replace(/^CronPattern: /, "") : String(error);
    return { problem: `"${schedule}" is not a cron expression that Velero takes: ${words}` };
  }
}

function everyCadence(text: string): Cadence | { problem: string } {
  const length = parseDuration(text);
  if (length === undefined) return { problem: `after @every, ${durationAdvice(text)}` };
  if (length < 1_000) return { problem: `"@every ${text}" is less than a second` };
  return { next: (after) => new Date(after.getTime() + length) };
}

const NICKNAMES = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

const unknownNickname = (expression: string): string | undefined =>
  NICKNAMES.includes(expression) ? undefined : `is none of ${NICKNAMES.join(", ")} and @every <duration>`;

function unlikeRobfig(expression: string): string | undefined {
  const fields = expression.split(/\s+/).filter(Boolean);
  if (fields.length !== 5)
    return `has ${fields.length} field${fields.length === 1 ? "" : "s"}; Velero's cron has five: minute hour day month weekday`;
  if (fields.some((field) => /[LW#+]/i.test(field.replace(/JUL|WED/gi, ""))))
    return "uses L, W, # or +, which Velero does not know";
  if (fields.some((field) => /(^|,)\//.test(field)))
    return "has a step without a range; write */5 for every fifth";
  if (/(^|[,-])7/.test(fields[4] ?? "")) return "has weekday 7; for Velero Sunday is 0";
  return undefined;
}

/** How many runs were due after `since` and at least `grace` ago; counts no further than `most`. */
export function missedRuns(cadence: Cadence, since: Date, now: Date, grace: number, most: number): number {
  let missed = 0;
  for (let due = cadence.next(since); due && due.getTime() < now.getTime() - grace; due = cadence.next(due)) {
    missed += 1;
    if (missed >= most) break;
  }
  return missed;
}
