import { edit } from "./hands.ts";
import { type DriftRow, YEARLY } from "./row.ts";

/** Due within the hour, and not while the test runs: Velero's own clock goes on as ever. */
const hourly = `schedule: "${(new Date().getUTCMinutes() + 25) % 60} * * * *"`;
const soon = () => new Date(Date.now() + 30 * 60_000).toISOString().replace(/\.\d+/, "");

/** What the mere passing of an hour does, or does not. */
export const anHourLater: DriftRow[] = [
  {
    title: "that no backup is younger than maxAge",
    backup: `${YEARLY}, runNow: true, maxAge: "30m"`,
    finds: {
      health: "Stale",
      message: /^no good backup is younger than 30m; the newest is of \d/,
      up: "names",
    },
  },
  {
    title: "that there never was a backup, for longer than maxAge",
    backup: `${YEARLY}, maxAge: "30m"`,
    finds: {
      health: "Stale",
      message: /^no good backup is younger than 30m; there is none$/,
      up: "names",
    },
  },
  {
    title: "that a run which was due did not take place",
    backup: hourly,
    finds: {
      health: "Stale",
      message: /^Schedule velero\/\S+ has begun no backup since .*, though one was due/,
      up: "names",
    },
  },
  {
    title: "a backup that is older, but not than maxAge",
    backup: `${YEARLY}, runNow: true, maxAge: "2h"`,
  },
  { title: "a paused schedule that would have been due", backup: `${hourly}, paused: true, maxAge: "30m"` },
  {
    title: "a run whose backup has ended by its TTL, which is shorter than the interval",
    backup: `${hourly}, ttl: "10m"`,
    cause: (scene) => edit(scene, "schedules", scene.scheduleName, { status: { lastBackup: soon() } }),
  },
  { title: "a single backup that has ended by its TTL, and is still there", backup: `ttl: "30m"` },
];
