import { expect, test } from "vitest";
import { UNKNOWN } from "../../../provider/core/values.ts";
import { checked, declared, replacesOf } from "../kinds/declared.ts";

const check = (changes = {}, olds = {}) => checked("ClusterBackup", changes, olds);
const inLocation = (changes: object) => ({
  location: { ...(declared.ClusterBackup["location"] as object), ...changes },
});

test("a backup's name tells resource and cluster", async () => {
  expect((await check()).inputs["objectName"]).toMatch(/^nightly-east-[0-9a-f]{8}$/);
});

const DAILY = { schedule: "@daily" };
const elsewhere = inLocation({ locationName: "primary-east-99999999" });
test.each<[what: string, changes: object, once: "replaces" | "stays", schedule?: "stays"]>([
  ["namespaces", { includedNamespaces: ["shop"] }, "replaces", "stays"],
  ["cluster resources", { includeClusterResources: true }, "replaces"],
  ["TTL", { ttl: "24h" }, "replaces", "stays"],
  ["volumes", { volumes: "none" }, "replaces", "stays"],
  ["location", elsewhere, "replaces", "stays"],
  ["namespace of Velero", inLocation({ namespace: "backup-system" }), "replaces"],
  ["cluster", { cluster: "west" }, "replaces"],
  ["triggers", { triggers: [1] }, "replaces", "stays"],
  ["cron", { schedule: "@hourly" }, "replaces", "stays"],
  ["policy", { deletionPolicy: "delete" }, "stays"],
  ["timeouts", { timeouts: { create: "2h" } }, "stays"],
  ["tolerance", { allowPartialFailure: true }, "stays"],
  ["keys to the store", { storage: undefined }, "stays"],
  ["way to the cluster", { connection: { ambient: true } }, "stays"],
])(
  "another %s replaces a backup that was taken, or not, and updates a schedule",
  async (_what, changes, once, schedule) => {
    const { inputs: olds } = await check();
    const { inputs: news, failures } = await check(changes, olds);
    expect(failures).toEqual([]);
    expect((await replacesOf("ClusterBackup", olds, news)).length > 0).toBe(once === "replaces");
    if (schedule === undefined) return;
    const { inputs: before } = await check(DAILY);
    const { inputs: after } = await check({ ...DAILY, ...changes }, before);
    expect(after["objectName"]).toBe(before["objectName"]);
    expect(await replacesOf("ClusterBackup", before, after)).toEqual([]);
  },
);

test("a schedule is paused in place", async () => {
  const { inputs: olds } = await check(DAILY);
  const { inputs: news } = await check({ ...DAILY, paused: true }, olds);
  expect(news["objectName"]).toBe(olds["objectName"]);
  expect(await replacesOf("ClusterBackup", olds, news)).toEqual([]);
});

test("a schedule of one cluster is not that of another, and gets another name there", async () => {
  const { inputs: olds } = await check({ schedule: "@daily" });
  const { inputs: news } = await check({ schedule: "@daily", cluster: "west" }, olds);
  expect(news["objectName"]).toMatch(/^nightly-west-/);
  expect(await replacesOf("ClusterBackup", olds, news)).toContain("cluster");
});

test("whether there will be a schedule may be unknown, and replaces nothing until it is known", async () => {
  const { inputs: olds } = await check({ volumes: "snapshot", ttl: "24h" });
  const { inputs: news } = await check(
    { volumes: UNKNOWN, ttl: "24h", schedule: UNKNOWN, dryRun: true },
    olds,
  );
  expect(news["objectName"]).toBe(olds["objectName"]);
  expect(await replacesOf("ClusterBackup", olds, news)).toEqual([]);
});

test.each([
  [{ schedule: "0 2 * *" }, /^schedule: "0 2 \* \*" has 4 fields/],
  [{ ttl: "30d" }, /^ttl: .*30 days are "720h"/],
  [{ ttl: "0s" }, /^ttl: must be longer than nothing/],
  [{ includedNamespaces: "shop" }, /^includedNamespaces: must be Array, not a string/],
  [{ includedNamespaces: ["shop", ""] }, /^includedNamespaces\.1: must not be empty/],
  [{ volumes: "sometimes" }, /^volumes: must be/],
  [{ deletionPolicy: "forget" }, /^deletionPolicy: must be/],
  [{ paused: true }, /^paused: needs a `schedule`/],
  [{ runNow: true }, /^runNow: needs a `schedule`/],
  [{ inculdedNamespaces: ["shop"] }, /^inculdedNamespaces: there is no such property/],
  [{ connection: {} }, /^clusters\.east: has no connection/],
])("%j is refused, with its path and what to do", async (changes, expected) => {
  const { failures } = await check(changes);
  expect(failures).toEqual([expect.stringMatching(expected)]);
});

test("all that is wrong is told at once, and of which of thirty clusters", async () => {
  const { failures } = await check({ ttl: "30d", schedule: "soon", volumes: "x", connection: {} });
  expect(failures).toHaveLength(4);
  expect(failures.find((each) => each.startsWith("ttl"))).toContain('cluster "east"');
});

test.each([
  [{}, "Healthy"],
  [{ schedule: "@daily", paused: true }, "Paused"],
  [{ schedule: "@daily", paused: true, connection: { offline: true } }, "Offline"],
])("with %j the health that is expected is %s", async (changes, health) => {
  expect((await check(changes)).inputs["health"]).toBe(health);
});

test("health that a refresh found is drift, and check asks for the expected one again", async () => {
  const { inputs: olds } = await check();
  const { inputs: news } = await check({}, { ...olds, health: "Missing" });
  expect(news).toEqual(olds);
});
