import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { parseCadence } from "../../provider/schedules/cadence.ts";
import type { CronDialect } from "../../provider/schedules/cron-fields.ts";
import { zoneClock } from "../../provider/schedules/zone-clock.ts";
import { builtBinary } from "../sandbox/build/ensure-binaries.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";

interface Question {
  dialect: CronDialect;
  schedule: string;
  zone: string;
  after: number[];
}

interface Answer {
  error?: string;
  next: (number | null)[] | null;
  offsets: number[] | null;
}

const HOUR_S = 3_600;
const FROM_S = Date.UTC(2024, 0) / 1_000;
const TO_S = Date.UTC(2029, 0) / 1_000;
const dialects = ["go-cron", "robfig"] as const;

let binary = "";
/** Zones whose clock Go and Node know alike, and the instants at which each is changed. */
const zones = new Map<string, number[]>();

describeOnSandbox("Velero's parsers of cron", () => {
  beforeAll(async () => {
    binary = await builtBinary("next-runs");
    const names = Intl.supportedValuesOf("timeZone");
    const changes = new Map(names.map((zone) => [zone, changesOf(zone)]));
    const samples = (zone: string) => [
      ...(changes.get(zone) ?? []).flatMap((change) => [change - 1, change]),
      ...steps(),
    ];
    const answers = ask(
      names.map((zone) => ({ dialect: "go-cron", schedule: "", zone, after: samples(zone) })),
    );
    for (const [index, zone] of names.entries()) {
      const theirs = answers[index]?.offsets ?? [];
      const alike = samples(zone).every((instant, at) => offsetOf(zone, instant) === theirs[at]);
      if (alike) zones.set(zone, changes.get(zone) ?? []);
    }
    // The two have time zone data of different years.
    expect(zones.size).toBeGreaterThan(names.length * 0.97);
  });

  test("around every change of every clock, the next run is the one that Velero's parser computes", () => {
    const questions = [...zones].flatMap(([zone, changes]) =>
      changes.slice(0, 2).flatMap((change) =>
        fc
          .sample(fc.tuple(times, fc.constantFrom(...dialects), fc.boolean()), 3)
          .map(([schedule, dialect, named]): Question => ({
            dialect,
            schedule: named ? `CRON_TZ=${zone} ${schedule}` : schedule,
            zone: named ? "UTC" : zone,
            after: fc.sample(fc.integer({ min: -50 * HOUR_S, max: 26 * HOUR_S }), 3).map((by) => change + by),
          })),
      ),
    );
    expect(questions.length).toBeGreaterThan(500);
    expect(differences(questions)).toEqual([]);
  });

  test("of any text, the verdict is that of Velero's parser, and so are its runs", () => {
    const questions = fc
      .sample(fc.tuple(texts, fc.constantFrom(...dialects), fc.constantFrom(...zones.keys())), 3_000)
      .map(([schedule, dialect, zone]): Question => ({
        dialect,
        schedule,
        zone,
        after: fc.sample(fc.integer({ min: FROM_S, max: TO_S }), 2),
      }))
      .filter(({ schedule }) => schedule !== "");
    expect(differences(questions)).toEqual([]);
    const accepted = questions.filter(
      ({ schedule, dialect }) => !("problem" in read(schedule, dialect, "UTC")),
    );
    expect(accepted.length).toBeGreaterThan(250);
  });

  test.each([
    ["go-cron", "30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"],
    ["robfig", "30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z"],
    ["go-cron", "30 2 * * *", "Europe/Berlin", "2026-10-25T00:40:00Z", "2026-10-25T01:30:00Z"],
    ["go-cron", "0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-24T21:00:00Z"],
  ] as const)("%s runs %s in %s next after %s at %s", (dialect, schedule, zone, after, next) => {
    const cadence = read(schedule, dialect, zone);
    if ("problem" in cadence) throw new Error(cadence.problem);
    expect(cadence.next(new Date(after))).toEqual(new Date(next));
    const instant = Date.parse(after) / 1_000;
    expect(ask([{ dialect, schedule, zone, after: [instant] }])[0]?.next).toEqual([Date.parse(next) / 1_000]);
  });
});

const read = (schedule: string, dialect: CronDialect, zone: string) =>
  parseCadence(schedule, { dialect, zone });

function ask(questions: Question[]): Answer[] {
  const input = questions.map((question) => JSON.stringify(question)).join("\n");
  const { stdout, stderr, status } = spawnSync(binary, { input, encoding: "utf8", maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`next-runs failed: ${stderr}`);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
}

function differences(questions: Question[]): object[] {
  const answers = ask(questions);
  return questions.flatMap((question, index): object[] => {
    const { error, next } = answers[index] as Answer;
    const cadence = read(question.schedule, question.dialect, question.zone);
    if ("problem" in cadence) {
      // What has no next run at some time is taken by Velero, and backed up without end: it is refused here.
      const isEndless = /overdue at all times|is none of/.test(cadence.problem) && next !== null;
      return error !== undefined || isEndless ? [] : [{ ...question, ours: cadence.problem, theirs: next }];
    }
    const ours = question.after.map((after) => {
      const run = cadence.next(new Date(after * 1_000));
      return run ? run.getTime() / 1_000 : null;
    });
    return error === undefined && JSON.stringify(ours) === JSON.stringify(next)
      ? []
      : [{ ...question, ours, theirs: error ?? next }];
  });
}

const offsetOf = (zone: string, instant: number): number =>
  ((zoneClock(zone)?.wallOf(instant * 1_000) ?? NaN) - instant * 1_000) / 1_000;

function steps(): number[] {
  const length = 12 * 24 * HOUR_S;
  return Array.from(
    { length: Math.floor((TO_S - FROM_S) / length) + 1 },
    (_, index) => FROM_S + index * length,
  );
}

/** The first instants with another offset than the second before. */
function changesOf(zone: string): number[] {
  const instants = steps();
  return instants.slice(1).flatMap((high, index) => {
    let [low, top] = [instants[index] as number, high];
    if (offsetOf(zone, low) === offsetOf(zone, top)) return [];
    while (top - low > 1) {
      const middle = Math.floor((low + top) / 2);
      if (offsetOf(zone, middle) === offsetOf(zone, low)) low = middle;
      else top = middle;
    }
    return [top];
  });
}

const list = (lowest: number, highest: number, most: number) =>
  fc
    .uniqueArray(fc.integer({ min: lowest, max: highest }), { minLength: 1, maxLength: most })
    .map((values) => values.join());

/** Schedules that run every day or nearly so, for the most part at night. */
const times = fc
  .tuple(
    fc.oneof(fc.constantFrom("0", "30", "*/15", "59", "*"), list(0, 59, 3)),
    fc.oneof(fc.constantFrom("*", "0", "23", "*/2"), list(0, 4, 3), list(0, 23, 3)),
    fc.oneof(fc.constant("*"), fc.constant("*"), list(1, 31, 4)),
    fc.oneof(fc.constant("*"), list(1, 12, 4)),
    fc.oneof(fc.constant("*"), fc.constant("*"), list(0, 6, 4)),
  )
  // Days that are both run too seldom.
  .map(([minute, hour, day, month, weekday]) =>
    [minute, hour, day, month, day === "*" ? weekday : "*"].join(" "),
  );

const word = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 13 }).map(String) },
  { weight: 2, arbitrary: fc.nat(90).map(String) },
  fc.constantFrom("*", "?", "sun", "MON", "Fri", "jan", "DEC", "L", "W", "H", "+5", "-1", "07", "x", ""),
);
const part = fc.oneof(
  { weight: 4, arbitrary: fc.constant("*") },
  { weight: 4, arbitrary: word },
  fc.tuple(word, word).map((ends) => ends.join("-")),
  fc.tuple(word, word).map(([from, step]) => `${from}/${step}`),
  fc.tuple(word, word, word).map(([from, to, step]) => `${from}-${to}/${step}`),
  fc.constantFrom("1#2", "5/2/2", "1-2-3", "*-5", "*/2-3", "fri-mon", "nov-feb", "22-2"),
);
const fieldText = fc.oneof(
  { weight: 5, arbitrary: part },
  fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(",")),
);
const fields = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(fieldText, fieldText, fieldText, fieldText, fieldText) },
  fc.array(fieldText, { minLength: 4, maxLength: 6 }),
);
const prefix = fc.oneof(
  { weight: 8, arbitrary: fc.constant("") },
  fc
    .constantFrom("CRON_TZ=", "TZ=", "tz=", " TZ=")
    .chain((name) =>
      fc
        .oneof(
          fc.constantFrom(
            "UTC",
            "Local",
            "Europe/Berlin",
            '"Asia/Tokyo"',
            "'UTC'",
            "Nowhere",
            "../UTC",
            "+01:00",
          ),
          fc.constantFrom("europe/berlin", "'UTC", "EST5EDT", "Etc/GMT-3", "US/Eastern"),
        )
        .chain((zone) => fc.constantFrom(" ", "  ", "\t", "").map((space) => `${name}${zone}${space}`)),
    ),
);
const texts = fc
  .tuple(
    prefix,
    fc.oneof(
      { weight: 8, arbitrary: fields.map((all) => all.join(" ")) },
      fc.constantFrom(
        "@daily",
        "@weekly",
        "@Daily",
        "@daily ",
        "@reboot",
        "@manual",
        "@every 90m",
        "@every  1h",
      ),
      fc.constantFrom(
        "@every 1.5h",
        "@every 1500ms",
        "@every 1d",
        "@every",
        "@every 12h ",
        " @daily",
        "",
        " ",
      ),
    ),
  )
  .map((both) => both.join(""));
