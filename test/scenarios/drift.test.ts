import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { backups } from "./drift/backups.ts";
import { edit } from "./drift/hands.ts";
import { anHourLater, harmless } from "./drift/harmless.ts";
import type { DriftRow, Scene } from "./drift/rows.ts";
import { schedules } from "./drift/schedules.ts";
import { driftedIn, locationNameOf, monitor, type NamedRow, type Played, Stage } from "./drift/stage.ts";
import { liveObject } from "./observe.ts";
import { messagesOf, resourceIn, stepsOf, veleroPath } from "./stack.ts";

const named = (rows: readonly DriftRow[], what: string): NamedRow[] =>
  rows.map((row, index) => ({ ...row, name: `${what}-${index}` }));
const byHand = [...named([...schedules, ...backups], "found"), ...named(harmless, "harmless")];
const byTime = named(anHourLater, "later");
const table = [...byHand, ...byTime];
const foundIn = (rows: readonly NamedRow[]) => rows.filter(({ finds }) => finds !== undefined);
const leftIn = (rows: readonly NamedRow[]) => rows.filter(({ finds }) => finds?.up === "names");
const namesOf = (rows: readonly NamedRow[]) => rows.map(({ name }) => name).toSorted();

/** Everybody else's clock goes on as ever, so that Velero does not run what falls due by this one. */
const hourAhead = `--require=${fileURLToPath(new URL("mistakes/clock-ahead.cjs", import.meta.url))}`;
const HOUR_MS = 3_600_000;

const veleroFlags = [
  // What has expired goes at once, not within the hour.
  "--garbage-collection-frequency=5s",
  // The file with a location's keys is written anew for each look at it, which fails a backup that reads it meanwhile.
  "--store-validation-frequency=1m",
  "--backup-sync-period=0",
];

// A sandbox of its own: backups that are under way for ever would hold up those of other tests.
describeOnSandbox("A refresh", () => {
  let sandbox: Sandbox;
  let east: SandboxCluster;
  let handled: Stage;
  let aged: Stage;
  let hand: Played;
  let time: Played;
  let mended: Awaited<ReturnType<Stage["mend"]>>;

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: [{ name: "east", veleroFlags }] });
    east = sandbox.cluster("east");
    // A store does not talk to one whose clock is an hour off.
    aged = await Stage.set(sandbox, east, byTime, 'access: "none"');
    handled = await Stage.set(sandbox, east, byHand);
    const begun = { time: await aged.begin(), hand: await handled.begin() };
    const letAnHourPass = async () => {
      await aged.happen();
      // As if Velero had looked at it in that hour.
      const lastValidationTime = new Date(Date.now() + HOUR_MS).toISOString().replace(/\.\d+/, "");
      const [scene] = aged.scenes.values();
      const name = scene?.locationName ?? "";
      await edit({ cluster: east }, "backupstoragelocations", name, { status: { lastValidationTime } });
      time = { ...begun.time, ...(await aged.goOn({ NODE_OPTIONS: hourAhead })) };
    };
    const lendAHand = async () => {
      await handled.happen();
      hand = { ...begun.hand, ...(await handled.goOn()) };
      mended = await handled.mend();
    };
    const both = await Promise.allSettled([letAnHourPass(), lendAHand()]);
    for (const outcome of both) if (outcome.status === "rejected") throw outcome.reason;
  }, 400_000);

  afterAll(async () => {
    await Promise.all([aged, handled].map((stage) => stage?.runner.dispose()));
    await sandbox?.stop();
  });

  const plays = () => [
    { played: hand, rows: byHand },
    { played: time, rows: byTime },
  ];
  const playOf = (row: NamedRow) => (byTime.includes(row) ? time : hand);
  const outputsIn = (run: RunResult, { name }: NamedRow) => resourceIn(run, name).outputs ?? {};
  const expected = ({ backup }: NamedRow) => (backup.includes("paused: true") ? "Paused" : "Healthy");
  /** Where something is done to a location, that shows drift, too. */
  const locationsIn = (rows: readonly NamedRow[]) =>
    rows.filter(({ ownLocation }) => ownLocation).map((row) => `${locationNameOf(row)}-east`);

  test("looks for twenty kinds of drift and more, and finds nothing before anything has happened", () => {
    expect(foundIn(table).length).toBeGreaterThanOrEqual(20);
    expect(new Set(table.map(({ title }) => title)).size).toBe(table.length);
    for (const { played } of plays()) {
      expect(driftedIn(played.quiet), messagesOf(played.quiet)).toEqual([]);
      expect(played.quiet.ok, messagesOf(played.quiet)).toBe(true);
    }
  });

  test("finds what happened, and nothing else", () => {
    for (const { played, rows } of plays()) {
      const touched = [...namesOf(foundIn(rows)), ...locationsIn(rows)].toSorted();
      expect(played.refreshed.ok).toBe(false);
      expect(driftedIn(played.refreshed)).toEqual(touched);
      const steps = stepsOf(played.repaired).filter((step) => !step.startsWith("same "));
      expect(steps.toSorted()).toEqual(touched.map((name) => `update ${name}`));
    }
  });

  test("finds no more than what an up has left", () => {
    for (const { played, rows } of plays()) {
      expect(played.repaired.ok, messagesOf(played.repaired)).toBe(true);
      expect(driftedIn(played.remaining)).toEqual(namesOf(leftIn(rows)));
      expect(played.remaining.ok).toBe(false);
    }
  });

  test("finds nothing any more once another backup was taken where no up could repair", () => {
    const { up, quiet } = mended;
    expect(up.ok, messagesOf(up)).toBe(true);
    const touched = stepsOf(up).filter((step) => /^(update|create-replacement) /.test(step));
    expect(touched.map((step) => step.split(" ")[1]).toSorted()).toEqual(namesOf(leftIn(byHand)));
    for (const row of leftIn(byHand)) expect(outputsIn(up, row)["health"], row.title).toBe("Healthy");
    expect(driftedIn(quiet), messagesOf(quiet)).toEqual([]);
    expect(quiet.ok, messagesOf(quiet)).toBe(true);
  });

  /** Velero writes `skipImmediately` into each Schedule that it has looked at. */
  const specIn = (live: Played["before"], { name }: NamedRow) => {
    const { skipImmediately: _veleros, ...spec } = live.get(name)?.spec ?? {};
    return spec;
  };

  /** In the cluster and the store: the Schedule is as it was, or there is another backup and its data. */
  async function expectRight(row: NamedRow): Promise<void> {
    const { before, after, repaired } = playOf(row);
    const { backupName, scheduleName } = outputsIn(repaired, row);
    const scene = handled.scenes.get(row.name) as Scene;
    if (scheduleName !== undefined) {
      const { template } = after.get(row.name)?.spec ?? {};
      if (row.finds?.becomes) expect(template).toMatchObject(row.finds.becomes(scene.namespace));
      else expect(specIn(after, row)).toEqual(specIn(before, row));
      return;
    }
    expect(backupName).not.toBe(scene.backupName);
    const { status } = await liveObject(east, "backups", backupName);
    expect(status).toMatchObject({ phase: "Completed" });
    const folder = `${scene.folder}/${String(backupName)}/`;
    expect(await sandbox.minio.objectKeys(scene.bucket, folder)).toContain(
      `${folder}${String(backupName)}.tar.gz`,
    );
  }

  test.each(foundIn(table))("finds $title", async (row) => {
    const { health, message = "", up } = row.finds ?? {};
    const { refreshed, repaired } = playOf(row);
    expect(outputsIn(refreshed, row)).toMatchObject({ health, message: expect.stringMatching(message) });
    const after = outputsIn(repaired, row);
    if (up === "names") {
      expect(after).toMatchObject({ health, message: expect.stringMatching(message) });
      expect(messagesOf(repaired)).toContain(
        `${row.name}: warning: ${health}, and no up can change that: ${String(after["message"])}`,
      );
    } else {
      expect(after["health"]).toBe(expected(row));
      expect(after).not.toHaveProperty("message");
      await expectRight(row);
    }
  });

  test.each(table.filter(({ finds }) => !finds))("finds nothing in $title", (row) => {
    const { refreshed, repaired } = playOf(row);
    expect(outputsIn(refreshed, row)["health"]).toBe(expected(row));
    expect(outputsIn(refreshed, row)).not.toHaveProperty("message");
    expect(stepsOf(repaired)).toContain(`same ${row.name}`);
  });

  test("tells a Schedule that was made anew by hand, which no up touches until it is deleted", async () => {
    const { runner, scenes, rows } = handled;
    const row = rows.find(({ title }) => title === "a pause that nobody declared") as NamedRow;
    const { scheduleName } = scenes.get(row.name) as Scene;
    const { apiVersion, kind, spec } = await liveObject(east, "schedules", scheduleName);
    const path = veleroPath("schedules", scheduleName);
    await east.kubernetes.delete(path);
    await east.kubernetes.create(veleroPath("schedules"), {
      apiVersion,
      kind,
      metadata: { name: scheduleName },
      spec: spec ?? {},
    });
    const target = [resourceIn(mended.quiet, row.name).urn];
    const refreshed = await runner.refresh({ target });
    expect(outputsIn(refreshed, row)).toMatchObject({
      health: "Drifted",
      message: expect.stringContaining(`velero/${scheduleName} was made anew by someone else`),
    });
    const refused = await runner.up({ target });
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toContain(`Schedule velero/${scheduleName} in cluster "east" exists already`);
    await east.kubernetes.delete(path);
    const up = await runner.up({ target });
    expect(up.ok, messagesOf(up)).toBe(true);
    const quiet = await runner.refresh({ ...monitor, target });
    expect(quiet.ok, messagesOf(quiet)).toBe(true);
  });
});
