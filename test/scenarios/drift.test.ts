import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { anHourLater } from "./drift/an-hour-later.ts";
import { edit } from "./drift/hands.ts";
import { harmless } from "./drift/harmless.ts";
import { begin, driftedIn, goOn, happen, mend, type Played } from "./drift/play.ts";
import { locationNameOf, named, type NamedRow } from "./drift/program.ts";
import type { Scene } from "./drift/row.ts";
import { runs } from "./drift/runs.ts";
import { schedules } from "./drift/schedules.ts";
import { singleBackups } from "./drift/single-backups.ts";
import { setStage, type Stage } from "./drift/stage.ts";
import { liveObject, passingStack } from "./observe.ts";
import { messagesOf, resourceIn, stepsOf, veleroPath } from "./stack.ts";

const byHand = [...named([...schedules, ...runs, ...singleBackups], "found"), ...named(harmless, "harmless")];
const byTime = named(anHourLater, "later");
const table = [...byHand, ...byTime];
const foundIn = (rows: readonly NamedRow[]) => rows.filter(({ finds }) => finds !== undefined);

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
  const stages: Stage[] = [];
  let hand: Played;
  let time: Played;
  let mended: Awaited<ReturnType<typeof mend>>;

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: [{ name: "east", veleroFlags }] });
    const cluster = sandbox.cluster("east");
    const enter = async (rows: readonly NamedRow[], location = "") => {
      const stage = await setStage(sandbox, rows, { cluster, location });
      stages.push(stage);
      return { stage, begun: await begin(stage) };
    };
    // A store does not talk to one whose clock is an hour off.
    const aged = await enter(byTime, 'access: "none"');
    const handled = await enter(byHand);
    const letAnHourPass = async () => {
      await happen(aged.stage);
      // As if Velero had looked at it in that hour.
      const lastValidationTime = new Date(Date.now() + HOUR_MS).toISOString().replace(/\.\d+/, "");
      const status = { status: { lastValidationTime } };
      const [scene] = aged.stage.scenes.values();
      await edit({ cluster }, "backupstoragelocations", scene?.locationName ?? "", status);
      time = { ...aged.begun, ...(await goOn(aged.stage, { NODE_OPTIONS: hourAhead })) };
    };
    const lendAHand = async () => {
      await happen(handled.stage);
      hand = { ...handled.begun, ...(await goOn(handled.stage)) };
      mended = await mend(handled.stage);
    };
    const both = await Promise.allSettled([letAnHourPass(), lendAHand()]);
    for (const outcome of both) if (outcome.status === "rejected") throw outcome.reason;
  }, 400_000);
  afterAll(async () => {
    await Promise.all(stages.map((stage) => stage.close()));
    await sandbox?.stop();
  });

  const playOf = ({ name }: NamedRow) => (byTime.some((row) => row.name === name) ? time : hand);
  const sceneOf = ({ name }: NamedRow): Scene => {
    const scene = stages.map(({ scenes }) => scenes.get(name)).find((found) => found !== undefined);
    if (!scene) throw new Error(`${name} did not take place`);
    return scene;
  };
  const outputsIn = (run: RunResult, { name }: NamedRow) => resourceIn(run, name).outputs ?? {};
  const expected = ({ backup }: NamedRow) => (backup.includes("paused: true") ? "Paused" : "Healthy");
  const namesOf = (rows: readonly NamedRow[]) => rows.map(({ name }) => name).toSorted();
  const plays = () => [
    { played: hand, rows: byHand },
    { played: time, rows: byTime },
  ];

  test("looks for twenty kinds of drift and more", () => {
    expect(foundIn(table).length).toBeGreaterThanOrEqual(20);
    expect(new Set(table.map(({ title }) => title)).size).toBe(table.length);
  });

  test("finds nothing before anything has happened", () => {
    for (const { played } of plays()) expect(driftedIn(played.quiet), messagesOf(played.quiet)).toEqual([]);
    for (const { played } of plays()) expect(played.quiet.ok, messagesOf(played.quiet)).toBe(true);
  });

  test("finds what happened, and nothing else", () => {
    for (const { played, rows } of plays()) {
      expect(played.alarmed.ok).toBe(false);
      const locations = rows
        .filter(({ finds }) => finds?.also === "location")
        .map((row) => `${locationNameOf(row)}-east`);
      expect(driftedIn(played.alarmed)).toEqual([...namesOf(foundIn(rows)), ...locations].toSorted());
      expect(played.refreshed.ok, messagesOf(played.refreshed)).toBe(true);
      const touched = stepsOf(played.repaired).filter((step) => !step.startsWith("same "));
      expect(touched.toSorted()).toEqual(
        [...namesOf(foundIn(rows)), ...locations].map((name) => `update ${name}`).toSorted(),
      );
    }
  });

  test("finds no more than what an up has left, and the up is not refused", () => {
    for (const { played, rows } of plays()) {
      expect(played.repaired.ok, messagesOf(played.repaired)).toBe(true);
      expect(played.previewed.ok, messagesOf(played.previewed)).toBe(true);
      const left = rows.filter(({ finds }) => finds?.up === "names");
      expect(driftedIn(played.remaining)).toEqual(namesOf(left));
      expect(played.remaining.ok).toBe(false);
    }
  });

  test("finds nothing any more once another backup was taken where no up could repair", () => {
    const { up, quiet } = mended;
    expect(up.ok, messagesOf(up)).toBe(true);
    const touched = stepsOf(up).filter((step) => /^(update|create-replacement) /.test(step));
    const left = byHand.filter(({ finds }) => finds?.up === "names");
    expect(touched.map((step) => step.split(" ")[1]).toSorted()).toEqual(namesOf(left));
    for (const row of left) expect(outputsIn(up, row)["health"], row.title).toBe("Healthy");
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
    const scene = sceneOf(row);
    if (scheduleName !== undefined) {
      const { template } = after.get(row.name)?.spec ?? {};
      if (row.finds?.becomes) expect(template).toMatchObject(row.finds.becomes(scene.namespace));
      else expect(specIn(after, row)).toEqual(specIn(before, row));
      return;
    }
    expect(backupName).not.toBe(scene.backupName);
    expect(await liveObject(scene.cluster, "backups", backupName)).toMatchObject({
      status: { phase: "Completed" },
    });
    const keys = await sandbox.minio.objectKeys(scene.bucket, `${scene.folder}/${String(backupName)}/`);
    expect(keys).toContain(`${scene.folder}/${String(backupName)}/${String(backupName)}.tar.gz`);
  }

  test.each(foundIn(table))("finds $title", async (row) => {
    const { health, message, up } = row.finds ?? {};
    const { refreshed, repaired } = playOf(row);
    expect(outputsIn(refreshed, row)).toMatchObject({
      health,
      message: expect.stringMatching(message ?? ""),
    });
    const after = outputsIn(repaired, row);
    if (up === "names") {
      expect(after).toMatchObject({ health, message: expect.stringMatching(message ?? "") });
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
    const stack = await passingStack(
      sandbox,
      `const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
       new velero.ClusterBackup("nightly", { location, cluster: "east", schedule: "0 3 29 2 *", ttl: "40000h" });`,
    );
    const first = await stack.up();
    expect(first.ok, messagesOf(first)).toBe(true);
    const name = String(resourceIn(first, "nightly").outputs?.["scheduleName"]);
    const { kubernetes } = sandbox.cluster("east");
    const { apiVersion, kind, spec } = await liveObject(sandbox.cluster("east"), "schedules", name);
    await kubernetes.delete(veleroPath("schedules", name));
    const theirs = { apiVersion, kind, metadata: { name }, ...(spec && { spec }) };
    await kubernetes.create(veleroPath("schedules"), theirs);

    const refreshed = await stack.refresh();
    expect(resourceIn(refreshed, "nightly").outputs).toMatchObject({
      health: "Drifted",
      message: expect.stringContaining(`velero/${name} was made anew by someone else`),
    });
    const refused = await stack.up();
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toContain(`Schedule velero/${name} in cluster "east" exists already`);
    await kubernetes.delete(veleroPath("schedules", name));
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const quiet = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(quiet.ok, messagesOf(quiet)).toBe(true);
  });
});
