import { expect, test } from "vitest";
import { signsOfLife, type SignsOfLife } from "../../../provider/rules/velero-alive.ts";
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

/** Validated and synced so many minutes ago, and how often that is asked for. */
const seen = (validated: number, synced?: number, frequency?: string): Seen => ({
  validated,
  ...(synced !== undefined && { synced }),
  ...(frequency !== undefined && { frequency }),
});

test.each<[string, Seen, SignsOfLife, others?: Seen[]]>([
  ["was validated a moment ago", seen(1), alive],
  ["was validated within ten minutes, at every minute", { frequency: "1m", validated: 9 }, alive],
  ["should have been validated by its own frequency", seen(11, 1, "1m"), overdue],
  ["should have been, and was nudged", seen(11, 1, "60001ms"), overdue],
  ["is validated by the hour, and synced", seen(59, 1, "1h"), alive],
  ["is validated by the hour, and is synced no more", seen(59, 58, "1h"), silentSince(58)],
  ["is validated by the hour, and was not for four", seen(240, 1, "1h"), overdue],
  ["leaves it to a server that looks every hour", seen(59, 1), alive],
  ["leaves it to a server that never looks", seen(60_000, 1), alive],
  ["leaves it to a server that died", seen(59, 11), silentSince(11)],
  ["was never synced, and its server died", seen(59), silentSince(59)],
  ["is never validated", seen(60_000, 1, "0"), alive],
  ["is never validated, and its server died", seen(60_000, 30, "0"), silentSince(30)],
  ["is never validated, was nudged, and its server died", seen(60, 30, "876000h1ms"), silentSince(30)],
  ["is not synced, but another is", seen(59), alive, [seen(70, 2)]],
  ["is not synced, but another is validated", seen(59), alive, [seen(2, 70)]],
  ["is one of two without a sign of life", seen(59), silentSince(15), [seen(15, 20)]],
  ["is by Velero's clock of the future", seen(-59), alive],
])("A location that %s", (_what, own, signs, others = []) => {
  const place = location(own);
  expect(signsOfLife(place, [place, ...others.map(location)], NOW)).toEqual(signs);
});
