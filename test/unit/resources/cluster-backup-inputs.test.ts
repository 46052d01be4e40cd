import { expect, test } from "vitest";
import { UNKNOWN } from "../../../provider/lifecycle/unknown.ts";
import { checked, declared, replacesOf } from "./declared.ts";

const check = (changes = {}, olds = {}) => checked("ClusterBackup", changes, olds);
const inLocation = (changes: object) => ({
  location: { ...(declared.ClusterBackup["location"] as object), ...changes },
});

test("a backup's name tells resource and cluster", async () => {
  expect((await check()).inputs["objectName"]).toMatch(/^nightly-east-[0-9a-f]{8}$/);
});

test.each([
  ["namespaces", { includedNamespaces: ["shop"] }],
  ["cluster resources", { includeClusterResources: true }],
  ["TTL", { ttl: "24h" }],
  ["volumes", { volumes: "none" }],
  ["location", inLocation({ locationName: "primary-east-99999999" })],
  ["namespace of Velero", inLocation({ namespace: "backup-system" })],
  ["cluster", { cluster: "west" }],
  ["triggers", { triggers: [1] }],
  ["schedule", { schedule: "@daily" }],
])("another %s replaces a backup that was taken", async (_what, changes) => {
  const { inputs: olds } = await check();
  const { inputs: news, failures } = await check(changes, olds);
  expect(failures).toEqual([]);
  expect(await replacesOf("ClusterBackup", olds, news)).not.toEqual([]);
});

test.each([
  ["namespaces", { includedNamespaces: ["shop"] }],
  ["TTL", { ttl: "24h" }],
  ["volumes", { volumes: "none" }],
  ["location", inLocation({ locationName: "primary-east-99999999" })],
  ["triggers", { triggers: [1] }],
  ["cron", { schedule: "@hourly" }],
  ["pause", { paused: true }],
])("another %s updates a schedule in place", async (_what, changes) => {
  const { inputs: olds } = await check({ schedule: "@daily" });
  const { inputs: news } = await check({ schedule: "@daily", ...changes }, olds);
  expect(news["objectName"]).toBe(olds["objectName"]);
  expect(await replacesOf("ClusterBackup", olds, news)).toEqual([]);
});

test.each([
  ["policy", { deletionPolicy: "delete" }],
  ["timeouts", { timeouts: { create: "2h" } }],
  ["tolerance", { allowPartialFailure: true }],
  ["keys to the store", { storage: undefined }],
  ["way to the cluster", { connection: { ambient: true } }],
])("another %s replaces nothing that was taken", async (_what, changes) => {
  const { inputs: olds } = await check();
  expect(await replacesOf("ClusterBackup", olds, (await check(changes, olds)).inputs)).toEqual([]);
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

test("a complaint about one of thirty clusters says which", async () => {
  const { failures } = await check({ ttl: "30d" });
  expect(failures.join()).toContain('cluster "east"');
});

test("all that is wrong is told at once", async () => {
  const { failures } = await check({ ttl: "30d", schedule: "soon", volumes: "x", connection: {} });
  expect(failures).toHaveLength(4);
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
