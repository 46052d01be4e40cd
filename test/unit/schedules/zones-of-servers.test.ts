import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCadence } from "../../../provider/schedules/cadence.ts";
import {
  changesBetween,
  offsetAt,
  type Zone,
  type ZoneEvidence,
} from "../../../provider/schedules/zone-clock.ts";
import { judge, liveSchedule, scheduled } from "../kinds/backup/schedule-state.ts";
import { backupOf } from "../kinds/backup/state.ts";

const HOUR_MS = 3_600_000;

const runAt = (start: Date) =>
  backupOf(
    {
      phase: "Completed",
      startTimestamp: start.toISOString(),
      completionTimestamp: start.toISOString(),
      expiration: new Date(start.getTime() + 10_000 * HOUR_MS).toISOString(),
    },
    `at-${start.getTime()}`,
  );

/** How a schedule of that age does whose server has made these runs. */
function judged(schedule: string, made: Date, runs: readonly Date[], zones: ZoneEvidence, now: Date) {
  const changes = { schedule, changedAt: made.toISOString() };
  const live = liveSchedule({}, { phase: "Enabled" }, { ...scheduled, ...changes });
  live.metadata.creationTimestamp = made.toISOString();
  return judge(runs.map(runAt), { live, zones, now }, changes);
}

describe("Every night at two, of a server in Tokyo, whose last run was ten hours ago", () => {
  const [last, now] = [new Date("2026-11-22T17:00:00Z"), new Date("2026-11-23T03:00:00Z")];
  const nightly = (zones: ZoneEvidence, at = now) =>
    judged("0 2 * * *", new Date("2026-11-01"), [last], zones, at);
  const seen = { at: last.getTime(), offset: 540 };

  test.each<[string, ZoneEvidence, string | undefined]>([
    ["by its Deployment", { declared: ["Asia/Tokyo"] }, "2026-11-23T17:00:00.000Z"],
    ["by its runs", { declared: [], seen }, "2026-11-23T17:00:00.000Z"],
    ["by both", { declared: ["Asia/Tokyo", "UTC"], seen }, "2026-11-23T17:00:00.000Z"],
    ["by its runs against its Deployment", { declared: ["UTC"], seen }, undefined],
    ["by nothing", { declared: [] }, undefined],
  ])("is not stale where that is known %s", (_how, zones, nextRun) => {
    expect(nightly(zones)).toMatchObject({ health: "Healthy", message: undefined, nextRun });
    expect(nightly(zones, new Date("2026-11-23T17:10:01Z")).health).toBe("Stale");
  });
});

const names = Intl.supportedValuesOf("timeZone");
const changing = [
  "Europe/Berlin",
  "Europe/London",
  "America/New_York",
  "Australia/Lord_Howe",
  "Africa/Casablanca",
];
const someZone = fc.oneof(
  fc.constantFrom(...changing),
  fc.constantFrom(...names),
  fc.constantFrom("UTC", 345),
);

/** At any time, and more often on the days on which the clock is changed. */
const someTime = (zone: Zone) => {
  const [min, max] = [new Date("2025-01-01"), new Date("2028-01-01")];
  const changes = typeof zone === "string" ? changesBetween(zone, min.getTime(), max.getTime()) : [];
  const anyTime = fc.date({ min, max, noInvalidDate: true });
  if (changes.length === 0) return anyTime;
  return fc.oneof(
    anyTime,
    fc
      .tuple(fc.constantFrom(...changes), fc.integer({ min: -30, max: 50 }))
      .map(([change, hours]) => new Date(change + hours * HOUR_MS + 1_000)),
  );
};
const schedules = ["0 2 * * *", "30 2 * * *", "30 0 * * *", "0 */6 * * *", "15 3 * * 0", "0 1 1 * *"];
const scene = someZone.chain((zone) =>
  fc.record({
    zone: fc.constant(zone),
    now: someTime(zone),
    dialect: fc.constantFrom("go-cron" as const, "robfig" as const),
    schedule: fc.constantFrom(...schedules),
    known: fc.constantFrom("declared", "perhaps", "seen", "seen before", "otherwise", "not"),
  }),
);

/** The last runs of a server that does as it should. */
function runsOf({
  zone,
  now,
  dialect,
  schedule,
}: {
  zone: Zone;
  now: Date;
  dialect: "go-cron" | "robfig";
  schedule: string;
}) {
  const cadence = parseCadence(schedule, { dialect, zone });
  if ("problem" in cadence) throw new Error(cadence.problem);
  const made = new Date(now.getTime() - (schedule.endsWith("* * *") ? 3 : 75) * 24 * HOUR_MS);
  const runs: Date[] = [];
  let next = cadence.next(made);
  for (; next && next <= now; next = cadence.next(next)) runs.push(next);
  return { made, runs, next };
}

function evidenceOf(known: string, zone: Zone, runs: readonly Date[]): ZoneEvidence {
  const run = known === "seen before" ? runs[0] : runs.at(-1);
  const seen = run && { at: run.getTime(), offset: offsetAt(zone, run.getTime()) ?? NaN };
  if (known === "declared") return { declared: [zone] };
  if (known === "perhaps") return { declared: [zone, "UTC"], seen };
  // Its Deployment says Tokyo, where it may have run by the first run already.
  if (known === "otherwise") return { declared: ["Asia/Tokyo"], seen };
  return { declared: [], seen: known === "not" ? undefined : seen };
}

test(
  "A server in any zone that runs as it should is never stale, and a next run that is told is the one that comes",
  { timeout: 120_000 },
  () =>
    fc.assert(
      fc.property(scene, (scene) => {
        const { made, runs, next } = runsOf(scene);
        const zones = evidenceOf(scene.known, scene.zone, runs);
        fc.pre(scene.known !== "otherwise" || runs.length > 0);
        const found = judged(scene.schedule, made, runs.slice(-3), zones, scene.now);
        expect(found).toMatchObject({ health: "Healthy", message: undefined });
        expect([undefined, next?.toISOString()]).toContain(found.nextRun);
      }),
      // The clock has just skipped the time of the run, and this server makes it all the same.
      {
        numRuns: 100,
        examples: [
          [
            {
              zone: "Europe/Berlin",
              now: new Date("2024-03-31T01:00:01Z"),
              dialect: "go-cron",
              schedule: "30 2 * * *",
              known: "declared",
            },
          ],
        ],
      },
    ),
);

test(
  "A server in any zone that has stopped is stale by the second run that it misses",
  { timeout: 120_000 },
  () =>
    fc.assert(
      fc.property(scene, (scene) => {
        fc.pre(scene.schedule.endsWith("* * *"));
        const { made, runs } = runsOf(scene);
        const zones = evidenceOf(scene.known, scene.zone, runs);
        const late = new Date((runs.at(-1) ?? made).getTime() + 51 * HOUR_MS);
        expect(judged(scene.schedule, made, runs.slice(-3), zones, late).health).toBe("Stale");
      }),
      { numRuns: 50 },
    ),
);
