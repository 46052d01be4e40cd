import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCadence } from "../../../provider/schedules/cadence.ts";
import type { StoredFiles } from "../../../provider/rules/judge-single.ts";
import type { Backup } from "../../../provider/velero/types.ts";
import { judge, liveSchedule, ran, scheduled } from "../kinds/backup/schedule-state.ts";
import { backupOf, NOW, requestFor } from "../kinds/backup/state.ts";

/** It may take long, and is not stuck for that. */
const patient = { spec: { itemOperationTimeout: "100h" } };
const healthy = expect.objectContaining({ health: "Healthy", message: undefined });
const filesNamed = (names: string[]): StoredFiles =>
  new Map(
    names.flatMap((name) =>
      ["velero-backup.json", `${name}.tar.gz`].map(
        (file) => [`east/backups/${name}/${file}`, { size: 1, etag: "e" }] as const,
      ),
    ),
  );

describe("A schedule's last run", () => {
  const [busy, going] = [ran(23, "InProgress", patient), ran(23, "Deleting")];
  const locked = (name: string) => ({ requests: [requestFor(name, "locked")] });
  const failing = (phase: string) => `Failing: Backup nightly-23 is ${phase}: 3 errors, 0 warnings`;

  test.each<[string, Backup[], string, Parameters<typeof judge>[1]?]>([
    ["failed", [ran(22), ran(23, "Failed", { errors: 3 })], failing("Failed")],
    ["failed in part", [ran(22), ran(23, "PartiallyFailed", { errors: 3 })], failing("PartiallyFailed")],
    ["was refused", [ran(22), ran(23, "FailedValidation", { errors: 3 })], failing("FailedValidation")],
    ["still runs after a good one", [ran(22), busy], "Healthy"],
    [
      "still runs after one that failed",
      [ran(22, "Failed"), busy],
      "Failing: Backup nightly-22 is Failed: 0 errors, 0 warnings",
    ],
    ["is already being deleted", [ran(22), going], "Healthy"],
    ["is the one that began last", [ran(23), ran(9, "Failed")], "Healthy"],
    ["is that in any order", [ran(9, "Failed"), ran(23)], "Healthy"],
    [
      "runs for longer than Velero allows",
      [ran(22), ran(23, "InProgress")],
      "Stuck: Backup nightly-23 has been InProgress since 2026-11-23T02:00:00.000Z",
    ],
    // No run after it begins where Velero waits for it.
    [
      "could not be deleted",
      [ran(22), going],
      "Stuck: Backup nightly-23 was to be deleted and could not be: locked",
      locked("nightly-23"),
    ],
    ["is not the one that could not be deleted", [ran(22), going], "Healthy", locked("nightly-22")],
  ])("that %s", (_what, taken, expected, found) => {
    const { health, message } = judge(taken, found);
    expect(message === undefined ? health : `${health}: ${message}`).toBe(expected);
  });

  test("tells when the last good one was, which a partial one is where that was accepted", () => {
    expect(judge([ran(22), ran(23, "Failed")]).lastSuccessfulBackup).toBe("2026-11-22T02:05:00.000Z");
    const taken = [ran(22), ran(23, "PartiallyFailed")];
    expect(judge(taken, {}, { allowPartialFailure: true })).toMatchObject({
      health: "Healthy",
      lastSuccessfulBackup: "2026-11-23T02:05:00.000Z",
    });
  });
});

describe("The data of a schedule's newest good backup", () => {
  const filesOf = (...days: number[]): StoredFiles => filesNamed(days.map((day) => `nightly-${day}`));
  const holding = (items: number, day = 23) => ran(day, "Completed", { items });

  test("is looked for, and that of the others is not", () => {
    expect(judge([ran(22), ran(23)], { files: filesOf(23) })).toEqual(healthy);
    expect(judge([ran(22), ran(23)], { files: filesOf(22) })).toMatchObject({
      health: "Missing",
      message: "the data of Backup nightly-23 is gone from the store (east/backups/nightly-23/)",
    });
  });

  test("is believed where the store gave no answer, and is none where no backup is good", () => {
    expect(judge([ran(23)], { files: undefined })).toEqual(healthy);
    expect(judge([ran(23, "InProgress", patient)], { files: filesOf() })).toEqual(healthy);
  });

  test.each<[string, Backup[]]>([
    ["less than half", [ran(20), ran(21), ran(22), holding(49)]],
    ["nothing", [ran(22), holding(0)]],
    [
      "less than is usual, though the one before had no more",
      [ran(19), ran(20), ran(21), holding(40, 22), holding(40)],
    ],
  ])("is suspect where it holds %s", (_what, taken) => {
    expect(judge(taken)).toMatchObject({
      health: "Suspect",
      message: expect.stringMatching(
        /^Backup nightly-23 holds \d+ items; those before it held 100\. See whether/,
      ),
    });
  });

  test.each<[string, Backup[]]>([
    ["half of it is gone", [ran(22), holding(50)]],
    ["it has grown", [ran(22), holding(100_000)]],
    ["it is the first", [holding(0)]],
    ["there were few to begin with", [holding(9, 22), holding(1)]],
    [
      "it has captured something else than those before",
      [ran(22), ran(23, "Completed", { items: 10, spec: { includedNamespaces: ["shop"] } })],
    ],
    ["only one that failed held more", [ran(22, "Failed"), holding(10)]],
    [
      "it has been so for most of the last five",
      [
        ...[13, 14, 15, 16, 17, 18, 19].map((day) => ran(day)),
        ...[20, 21, 22, 23].map((day) => holding(20, day)),
      ],
    ],
  ])("is not suspect where %s", (_what, taken) => {
    expect(judge(taken)).toEqual(healthy);
  });
});

describe("The newest good backup that was seen", () => {
  const seen = (expiration = "2026-12-23T02:00:00.000Z") => ({
    newestGood: { name: "nightly-23", started: "2026-11-23T02:00:00.000Z", expiration },
  });
  const lost = {
    health: "Missing",
    message: "Backup nightly-23, the newest good one, is gone before its time",
    ...seen(),
  };

  test.each<[string, Backup[]]>([
    ["none is left", []],
    ["older ones are left", [ran(21), ran(22)]],
    ["it is being deleted", [ran(22), ran(23, "Deleting")]],
    ["another one runs by now", [ran(22), ran(24, "InProgress", patient)]],
  ])("is missed where it has gone before its time, and %s", (_what, taken) => {
    expect(judge(taken, {}, seen())).toMatchObject(lost);
  });

  test.each<[string, Backup[]]>([
    ["it is there", [ran(22), ran(23)]],
    ["a newer good one is there", [ran(22), ran(24)]],
  ])("is not missed where %s", (_what, taken) => {
    expect(judge(taken, { now: new Date("2026-11-24T02:05:00Z") }, seen())).toEqual(healthy);
  });

  test("is not missed where its time was over, nor by a state that has seen none", () => {
    const noted = { live: liveSchedule({}, { phase: "Enabled", lastBackup: "2026-11-23T02:00:00Z" }) };
    expect(judge([], noted, seen(NOW.toISOString()))).toEqual(healthy);
    expect(judge([], noted)).toEqual(healthy);
  });
});

describe("A run that was due and did not take place", () => {
  const at = (time: string) => ({ now: new Date(`2026-11-23T${time}Z`) });

  test("makes a schedule stale, ten minutes after its time", () => {
    expect(judge([ran(22)], at("02:10:00"))).toEqual(healthy);
    expect(judge([ran(22)], at("02:10:01"))).toMatchObject({
      health: "Stale",
      message:
        "Schedule velero/nightly-east-0a1b2c3d has begun no backup since 2026-11-22T02:00:00.000Z, though one was due: " +
        "is Velero's server running?",
    });
  });

  test("counts from when the schedule was made", () => {
    const young = liveSchedule();
    young.metadata.creationTimestamp = "2026-11-23T02:30:00Z";
    expect(judge([], { live: young })).toEqual(healthy);
    expect(judge([])).toMatchObject({ health: "Stale", lastSuccessfulBackup: undefined });
  });

  test("counts from when it was unpaused, or given another cadence", () => {
    expect(judge([ran(1)], {}, { changedAt: "2026-11-23T11:00:00Z" })).toEqual(healthy);
    expect(judge([ran(1)], {}, { changedAt: "2026-11-20T11:00:00Z" })).toMatchObject({ health: "Stale" });
  });

  test("is none where backups live shorter than the interval, as Velero notes its last run", () => {
    const lastBackup = "2026-11-23T02:00:00Z";
    expect(judge([], { live: liveSchedule({}, { phase: "Enabled", lastBackup }) })).toEqual(healthy);
  });

  test("is none while another backup goes on, for which Velero leaves it out", () => {
    expect(judge([ran(21), ran(22, "InProgress", patient)])).toEqual(healthy);
  });
});

describe("With maxAge a schedule is stale", () => {
  test.each([
    ["10h", [ran(23)], "Healthy"],
    ["9h59m", [ran(23)], "Stale"],
    ["10h", [ran(22), ran(23, "InProgress", patient)], "Stale"],
    ["34h", [ran(22), ran(23, "InProgress", patient)], "Healthy"],
  ])("where no good backup began within %s", (maxAge, taken, health) => {
    const found = judge(taken, {}, { maxAge });
    expect(found.health).toBe(health);
    if (health === "Stale")
      expect(found.message).toMatch(
        new RegExp(`^no good backup is younger than ${maxAge}; the newest is of 2026`),
      );
  });

  test("that never had a good one, from when it was made or changed on", () => {
    const running = [ran(23, "InProgress", patient)];
    expect(judge(running, {}, { maxAge: "26h" })).toMatchObject({
      health: "Stale",
      message: "no good backup is younger than 26h; there is none",
    });
    expect(judge(running, {}, { maxAge: "26h", changedAt: "2026-11-22T12:00:00Z" })).toEqual(healthy);
  });
});

describe("The newest good backup", () => {
  const ends = (expiration: string) => [ran(22), ran(23, "Completed", { expiration })];

  test("that ends before the next one is due is told, with the way to have another", () => {
    expect(judge(ends("2026-11-23T20:00:00Z"))).toMatchObject({
      health: "Expiring",
      message:
        "the newest good backup, nightly-23, ends on 2026-11-23T20:00:00Z, and the next one is due on " +
        "2026-11-24T02:00:00.000Z only; change `triggers` to take one now",
    });
    expect(judge(ends("2026-11-24T02:00:00Z"))).toEqual(healthy);
  });

  test("may end before that where the ttl is declared so short, or is so by Velero's default", () => {
    expect(judge(ends("2026-11-23T14:00:00Z"), {}, { ttl: "12h" })).toEqual(healthy);
    const bimonthly = { schedule: "0 2 1 */2 *", ttl: undefined };
    expect(judge(ends("2026-12-23T02:00:00Z"), {}, bimonthly)).toEqual(healthy);
    expect(judge(ends("2026-12-23T02:00:00Z"), {}, { ...bimonthly, ttl: "2000h" })).toMatchObject({
      health: "Expiring",
    });
  });
});

test("nothing is invented: a schedule that runs as it should is healthy at any time", () =>
  fc.assert(
    fc.property(
      fc.constantFrom<[string, number][]>(
        ["0 2 * * *", 9],
        ["CRON_TZ=Europe/Berlin 0 2 * * *", 9],
        ["*/20 * * * *", 1],
        ["0 8-18 * * 1-5", 4],
        ["@weekly", 60],
        ["0 0 1,15 * *", 99],
      ),
      fc.date({ min: new Date("2026-01-01"), max: new Date("2027-12-31"), noInvalidDate: true }),
      fc.integer({ min: 10, max: 5_000 }),
      fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 7, maxLength: 7 }),
      fc.boolean(),
      ([schedule, days], now, items, growth, partly) => {
        const cadence = parseCadence(schedule);
        if ("problem" in cadence) throw new Error(cadence.problem);
        const due: Date[] = [];
        const made = new Date(now.getTime() - days * 86_400_000);
        for (let next = cadence.next(made); next && next <= now; next = cadence.next(next)) due.push(next);
        const taken = due.slice(-7).map((start, index) =>
          backupOf(
            {
              phase: partly && index % 2 ? "PartiallyFailed" : "Completed",
              startTimestamp: start.toISOString(),
              completionTimestamp: start.toISOString(),
              expiration: new Date(start.getTime() + 720 * 3_600_000).toISOString(),
              progress: { itemsBackedUp: Math.round(items * (1 + (growth[index] ?? 0) / 100)) },
            },
            `b-${index}`,
          ),
        );
        const changes = { schedule, allowPartialFailure: partly, changedAt: made.toISOString() };
        const files = filesNamed(taken.map(({ metadata }) => metadata.name));
        const found = judge(
          taken,
          { now, files, live: liveSchedule({}, { phase: "Enabled" }, { ...scheduled, ...changes }) },
          changes,
        );
        expect(found).toMatchObject({ health: "Healthy", message: undefined });
      },
    ),
  ));
