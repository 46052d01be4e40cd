import { expect, test } from "vitest";
import { outwaitDiscovery } from "../../../provider/rules/blind-kinds.ts";
import { backupOf } from "../kinds/backup/state.ts";

const at = (time: string) => new Date(`2026-11-23T${time}Z`);
const blind = [
  { groupResource: "widgets.example.com", definedAt: at("12:00:00"), example: "shop/one" },
  { groupResource: "gizmos.example.com", definedAt: at("11:58:00"), example: "shop/two" },
];

async function outwait({
  began,
  ended = began,
  now,
  endsAt,
  isLast = false,
}: {
  began: Date;
  ended?: Date;
  now: Date;
  endsAt?: Date;
  isLast?: boolean;
}) {
  const told: string[] = [];
  const since = performance.now();
  const status = { startTimestamp: began.toISOString(), completionTimestamp: ended.toISOString() };
  await outwaitDiscovery(backupOf(status), blind, {
    place: 'Backup velero/b in cluster "east"',
    isLast,
    now: () => now,
    deadline: {
      name: "timeouts.create (1m)",
      signal: AbortSignal.timeout(60_000),
      ...(endsAt && { endsAt: endsAt.getTime() }),
    },
    progress: {
      report: (phase, details = "") => void told.push(`${phase}, ${details}`),
      stop: () => void told.push("stopped"),
    },
  });
  return { told, waited: performance.now() - since };
}

test("until Velero must have seen the newest of the kinds it is waited, and that is told", async () => {
  const almost = new Date(at("12:05:30").getTime() - 300);
  const { told, waited } = await outwait({ began: at("12:00:05"), now: almost, endsAt: at("12:30:00") });
  expect(waited).toBeGreaterThan(250);
  expect(told).toEqual([
    'Backup velero/b in cluster "east" holds none of widgets.example.com, gizmos.example.com, and is rejected: Velero looks every five minutes at what the API serves, another is taken at 12:05:30Z',
    "stopped",
  ]);
});

test("a backup that took longer than that is followed by another at once", async () => {
  const { told, waited } = await outwait({ began: at("12:00:05"), now: at("12:20:00") });
  expect(told).toEqual([]);
  expect(waited).toBeLessThan(1_000);
});

test("a program whose clock is behind waits by the cluster's", async () => {
  const { waited } = await outwait({ began: at("12:00:05"), ended: at("12:05:31"), now: at("11:40:00") });
  expect(waited).toBeLessThan(1_000);
});

test("after the last one that is taken nothing is waited for, whatever the clocks say", async () => {
  const attempt = outwait({ began: at("12:00:05"), now: at("12:20:00"), isLast: true });
  await expect(attempt).rejects.toThrow(/Velero should have seen by then/);
});

test("where the deadline comes before, that is told with the time, and not waited for", async () => {
  const attempt = outwait({ began: at("12:00:05"), now: at("12:00:10"), endsAt: at("12:05:00") });
  await expect(attempt).rejects.toThrow(
    'Backup velero/b in cluster "east" is Completed, and yet holds none of widgets.example.com (shop/one; defined at 12:00:00Z), gizmos.example.com (shop/two; defined at 11:58:00Z): Velero looks every five minutes at what the API serves, and had not seen it yet. Run up again after 12:05:30Z, which takes another; or restart Velero\'s server and run it at once. With a longer timeouts.create (1m) it waits for that by itself.',
  );
});

test("where Velero must have seen it when the backup began, waiting helps nobody", async () => {
  const attempt = outwait({ began: at("12:05:31"), now: at("12:06:00"), endsAt: at("12:30:00") });
  await expect(attempt).rejects.toThrow(/Velero should have seen by then .* restart its server/);
});
