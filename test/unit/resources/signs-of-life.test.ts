import { expect, test } from "vitest";
import { signsOfLife, type SignsOfLife } from "../../../provider/resources/cluster-location/signs-of-life.ts";
import type { BackupStorageLocation } from "../../../provider/velero/types.ts";

const NOW = new Date("2026-11-23T12:00:00Z");
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000).toISOString().replace(".000", "");

interface Seen {
  frequency?: string;
  validated?: number;
  synced?: number;
}

const location = ({ frequency, validated, synced }: Seen): BackupStorageLocation => ({
  metadata: { name: "own", namespace: "velero" },
  spec: {
    provider: "aws",
    objectStorage: { bucket: "backups" },
    ...(frequency !== undefined && { validationFrequency: frequency }),
  },
  status: {
    phase: "Available",
    ...(validated !== undefined && { lastValidationTime: ago(validated) }),
    ...(synced !== undefined && { lastSyncedTime: ago(synced) }),
  },
});

const alive: SignsOfLife = { kind: "alive" };
const overdue: SignsOfLife = { kind: "overdue" };
const silentSince = (minutes: number): SignsOfLife => ({ kind: "silent", since: ago(minutes) });

test.each<[string, Seen, Seen[], SignsOfLife]>([
  ["was validated a moment ago", { validated: 1 }, [], alive],
  ["was validated within ten minutes, at every minute", { frequency: "1m", validated: 9 }, [], alive],
  [
    "should have been validated by its own frequency",
    { frequency: "1m", validated: 11, synced: 1 },
    [],
    overdue,
  ],
  ["should have been, and was nudged", { frequency: "60001ms", validated: 11, synced: 1 }, [], overdue],
  ["is validated by the hour, and synced", { frequency: "1h", validated: 59, synced: 1 }, [], alive],
  [
    "is validated by the hour, and is synced no more",
    { frequency: "1h", validated: 59, synced: 58 },
    [],
    silentSince(58),
  ],
  [
    "is validated by the hour, and was not for four",
    { frequency: "1h", validated: 240, synced: 1 },
    [],
    overdue,
  ],
  ["leaves it to a server that looks every hour", { validated: 59, synced: 1 }, [], alive],
  ["leaves it to a server that never looks", { validated: 60_000, synced: 1 }, [], alive],
  ["leaves it to a server that died", { validated: 59, synced: 11 }, [], silentSince(11)],
  ["was never synced, and its server died", { validated: 59 }, [], silentSince(59)],
  ["is never validated", { frequency: "0", validated: 60_000, synced: 1 }, [], alive],
  [
    "is never validated, and its server died",
    { frequency: "0", validated: 60_000, synced: 30 },
    [],
    silentSince(30),
  ],
  [
    "is never validated, was nudged, and its server died",
    { frequency: "876000h1ms", validated: 60, synced: 30 },
    [],
    silentSince(30),
  ],
  ["is not synced, but another is", { validated: 59 }, [{ synced: 2, validated: 70 }], alive],
  ["is not synced, but another is validated", { validated: 59 }, [{ synced: 70, validated: 2 }], alive],
  [
    "is one of two without a sign of life",
    { validated: 59 },
    [{ synced: 20, validated: 15 }],
    silentSince(15),
  ],
  ["is by Velero's clock of the future", { validated: -59 }, [], alive],
])("A location that %s", (_what, seen, others, signs) => {
  const place = location(seen);
  expect(signsOfLife(place, [place, ...others.map(location)], NOW)).toEqual(signs);
});
