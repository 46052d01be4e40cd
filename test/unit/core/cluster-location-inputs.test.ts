import { beforeEach, describe, expect, test, vi } from "vitest";
import { UNKNOWN } from "../../../provider/core/values.ts";
import { urnOf } from "../kinds/arbitrary-inputs.ts";
import { checked, replacesOf, storage } from "../kinds/declared.ts";

const stored = (changes: object) => ({ storage: { minio: { ...storage.minio, ...changes } } });
beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const check = (changes = {}, olds = {}) => checked("ClusterLocation", changes, olds);

test("a cluster writes below the store's prefix, in a folder named after a safe form of its key", async () => {
  expect((await check()).inputs).toMatchObject({ storePrefix: "east" });
  expect((await check({ cluster: "EU West/1" })).inputs).toMatchObject({ storePrefix: "eu-west-1" });
  expect((await check(stored({ prefix: "/prod/" }))).inputs).toMatchObject({ storePrefix: "prod/east" });
  expect((await check({ ...stored({ prefix: "prod" }), prefix: "/here/" })).inputs).toMatchObject({
    storePrefix: "prod/here",
  });
});

test("names of the location and of those that it reads tell resource and cluster, and differ from each other", async () => {
  const { inputs } = await check({ reads: [{ cluster: "west" }, { cluster: "dr", prefix: "elsewhere" }] });
  const names = [inputs["locationName"], ...Object.values(inputs["readLocations"] as object)] as string[];
  expect(names).toEqual([
    expect.stringMatching(/^primary-east-[0-9a-f]{8}$/),
    expect.stringMatching(/^primary-reads-west-east-[0-9a-f]{8}$/),
    expect.stringMatching(/^primary-reads-dr-east-[0-9a-f]{8}$/),
  ]);
  expect(new Set(names).size).toBe(3);
});

const otherKeys = { static: { accessKeyId: "other-key", secretAccessKey: "other-secret" } };
test.each<[what: string, changes: object, replacedBy?: string]>([
  ["bucket", stored({ bucket: "other" }), "storage"],
  ["kind of store", { storage: { aws: storage.minio } }, "storage"],
  ["store's prefix", stored({ prefix: "deeper" }), "prefix"],
  ["own prefix", { prefix: "elsewhere" }, "prefix"],
  ["namespace", { namespace: "backup-system" }, "namespace"],
  ["keys", stored({ credentials: otherKeys })],
  ["endpoint", stored({ endpoint: "https://minio.example.com" })],
  ["way to the cluster", { connection: { ambient: true } }],
  ["readers", { reads: [{ cluster: "west" }] }],
  ["access mode", { requestedAccessMode: "ReadOnly" }],
  ["validation frequency", { validationFrequency: "1h" }],
  ["prefix, written differently", { prefix: "/east" }],
])("another %s makes a new location under a new name, or changes it in place", async (_what, changes, by) => {
  const { inputs: olds } = await check();
  const { inputs: news, failures } = await check(changes, olds);
  expect(failures).toEqual([]);
  const replaces = await replacesOf("ClusterLocation", olds, news);
  if (by) expect(replaces).toContain(by);
  else expect(replaces).toEqual([]);
  expect(news["locationName"] === olds["locationName"]).toBe(by === undefined);
});

test("a moved location says in the preview what becomes of the data at the old place", async () => {
  const { inputs: olds } = await check();
  const { inputs: news } = await check({ prefix: "elsewhere" }, olds);
  expect(news["notices"]).toEqual([
    expect.stringMatching(
      /from minio bucket "backups", east\/ to minio bucket "backups", elsewhere\/\. .*no longer expires/,
    ),
  ]);
  const { inputs: again } = await check({ prefix: "elsewhere" }, news);
  expect(again["notices"]).toEqual(news["notices"]);
});

test.each([
  ["a cluster that goes offline", { prefix: "elsewhere", connection: { offline: true } }],
  ["a Velero in another namespace, which writes to the same place", { namespace: "backup-system" }],
])("of %s no backups are said to move", async (_what, changes) => {
  const { inputs: olds } = await check();
  expect((await check(changes, olds)).inputs["notices"]).toEqual([]);
});

test("a source that moves gets a new read-only location, and the others keep theirs", async () => {
  const { inputs: olds } = await check({ reads: [{ cluster: "west" }, { cluster: "dr" }] });
  const { inputs: news } = await check(
    { reads: [{ cluster: "west", prefix: "moved" }, { cluster: "dr" }] },
    olds,
  );
  const [before, after] = [olds, news].map((inputs) => inputs["readLocations"] as Record<string, string>);
  expect(after?.["dr"]).toBe(before?.["dr"]);
  expect(after?.["west"]).not.toBe(before?.["west"]);
});

test("what hangs on an unknown is unknown in a first preview, and the rest is not", async () => {
  const { inputs } = await check({ ...stored({ prefix: UNKNOWN }), dryRun: true });
  expect(inputs).toMatchObject({ storePrefix: UNKNOWN, locationName: UNKNOWN, health: "Healthy" });
  const { inputs: withKeys } = await check({
    ...stored({ credentials: { static: { accessKeyId: UNKNOWN, secretAccessKey: UNKNOWN } } }),
    connection: { kubeconfig: UNKNOWN },
    dryRun: true,
  });
  expect(withKeys).toMatchObject({
    storePrefix: "east",
    locationName: (await check()).inputs["locationName"],
  });
});

const replica = {
  minio: {
    ...storage.minio,
    bucket: "replica",
    credentials: { static: { accessKeyId: "a", secretAccessKey: { env: "REPLICA" } } },
  },
};
const misspelt = { minio: { ...replica.minio, bucket: "a/b" } };
beforeEach(() => void vi.stubEnv("REPLICA", "secret-of-the-replica"));

const noDuration = 'is not a Go duration such as "720h" or "1h30m" \\(units: h, m, s, ms\\)';
test.each<[words: RegExp | string, changes: object]>([
  [/^clusters\.east: has no connection/, { connection: {} }],
  [/^clusters\.east: has more than one connection/, { connection: { ambient: true, kubeconfig: "x" } }],
  [/^clusters\.east\.kubeconfg: there is no such property/, { connection: { kubeconfg: "x" } }],
  [/^clusters\.east\.reads: names the cluster itself/, { reads: [{ cluster: "east" }] }],
  [/^clusters\.east\.prefix: must name a folder/, { prefix: "/" }],
  [/^clusters\.東: has no letter/, { cluster: "東" }],
  [/^clusters\.east\.accessMode: must be/, { requestedAccessMode: "WriteOnly" }],
  [
    /^storage\.minio\.endpoint: must not hold a user name or password/,
    stored({ endpoint: "https://a:b@minio" }),
  ],
  [/^storage\.minio\.bucket: .*belongs into "prefix"/, stored({ bucket: "backups/prod" })],
  [
    /^storage\.minio\.bucket: "s3:\/\/backups" is an address: give the name of the bucket alone/,
    stored({ bucket: "s3://backups" }),
  ],
  [/^timeouts\.create: .*1 days are "24h"/, { timeouts: { create: "1d" } }],
  [`^validationFrequency: "1d" ${noDuration}; 1 days are "24h"$`, { validationFrequency: "1d" }],
  [`^validationFrequency: "-1m" ${noDuration}$`, { validationFrequency: "-1m" }],
  [/^clusters\.east\.storage: is of a cluster with `offline: true` only/, { ownStorage: replica }],
  [/^clusters\.east\.storage\.minio\.bucket: /, { connection: { offline: true }, ownStorage: misspelt }],
  [/^clusters\.west\.storage\.minio\.bucket: /, { reads: [{ cluster: "west", storage: misspelt }] }],
])("what is wrong is refused under the property as the program calls it: %s", async (words, changes) => {
  expect((await check(changes)).failures).toEqual(expect.arrayContaining([expect.stringMatching(words)]));
});

test.each(["1h30m", "0", UNKNOWN])(
  "a validation frequency of %s is a duration",
  async (validationFrequency) => {
    expect((await check({ validationFrequency })).failures).toEqual([]);
  },
);

test("a cluster that is offline is expected to be just that", async () => {
  expect((await check({ connection: { offline: true } })).inputs["health"]).toBe("Offline");
});

test("a source in a store of its own has a name of its own, and the others keep theirs", async () => {
  const { inputs: olds } = await check({ reads: [{ cluster: "west" }, { cluster: "dr" }] });
  const { inputs: news, failures } = await check(
    { reads: [{ cluster: "west", storage: replica }, { cluster: "dr" }] },
    olds,
  );
  expect(failures).toEqual([]);
  const [before, after] = [olds, news].map((inputs) => inputs["readLocations"] as Record<string, string>);
  expect(after?.["dr"]).toBe(before?.["dr"]);
  expect(after?.["west"]).not.toBe(before?.["west"]);
  expect(Object.keys(news["fingerprints"] as object)).toEqual([
    "clusters.west.storage.minio.credentials.static.secretAccessKey",
  ]);
  vi.stubEnv("REPLICA", "rotated");
  const { inputs: rotated } = await check({ reads: news["reads"] }, news);
  expect(rotated["readLocations"]).toEqual(news["readLocations"]);
  expect(rotated["fingerprints"]).not.toEqual(news["fingerprints"]);
});

test("a cluster that goes offline stays at its place whatever its prefix in a store of its own, and returns to it", async () => {
  const { inputs: olds } = await check({ prefix: "here" });
  const { inputs: offline, failures } = await check(
    { prefix: "/", connection: { offline: true }, ownStorage: replica },
    olds,
  );
  expect(failures).toEqual([]);
  expect(offline).toMatchObject({ locationName: olds["locationName"], storePrefix: "here", notices: [] });
  expect(await replacesOf("ClusterLocation", olds, offline)).toEqual([]);
  const { inputs: back } = await check({ prefix: "here" }, offline);
  expect(back).toMatchObject({ locationName: olds["locationName"], notices: [] });
  expect(await replacesOf("ClusterLocation", offline, back)).toEqual([]);
  const { inputs: elsewhere } = await check({ prefix: "elsewhere" }, offline);
  expect(await replacesOf("ClusterLocation", offline, elsewhere)).toEqual(["prefix", "locationName"]);
  expect(elsewhere["locationName"]).not.toBe(olds["locationName"]);
});

describe("A location that is to be adopted", () => {
  const adopting = (changes: object = {}, olds: object = {}) =>
    check({ adopt: "default", prefix: "prod", ...changes }, olds);

  test("gives its name", async () => {
    const { inputs, failures } = await adopting();
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ locationName: "default", storePrefix: "prod" });
    expect((await adopting({ adopt: UNKNOWN, dryRun: true })).inputs["locationName"]).toBe(UNKNOWN);
  });

  test.each([
    ["is dropped", { adopt: undefined }],
    ["is left, and something else changes", { takeOver: "abc" }],
    ["is not known", { adopt: UNKNOWN, dryRun: true }],
  ])("keeps it when `adopt` %s", async (_what, changes) => {
    const { inputs: olds } = await adopting();
    const { inputs: news } = await adopting(changes, olds);
    expect(news["locationName"]).toBe("default");
    expect(await replacesOf("ClusterLocation", olds, news)).toEqual([]);
  });

  test("takes the place of another one, and of one that was made here", async () => {
    const { inputs: made } = await check({ prefix: "prod" });
    for (const olds of [made, (await adopting({ adopt: "former" })).inputs]) {
      const { inputs: news } = await adopting({}, olds);
      expect(news["locationName"]).toBe("default");
      expect(await replacesOf("ClusterLocation", olds, news)).toEqual(["locationName"]);
    }
    const { inputs: named } = await adopting({ adopt: made["locationName"] }, made);
    expect(await replacesOf("ClusterLocation", made, named), "named after it was made").toEqual([]);
  });

  test("is not adopted again when the location moves: the new one gets a name of its own, for good", async () => {
    const owner = urnOf("ClusterLocation", "moving-east");
    const { inputs: olds } = await adopting({ owner });
    const { inputs: moved } = await adopting({ owner, prefix: "elsewhere" }, olds);
    expect(moved["locationName"]).toMatch(/^primary-east-[0-9a-f]{8}$/);
    expect(await replacesOf("ClusterLocation", olds, moved)).toEqual(["prefix", "locationName"]);
    // The engine checks a replacement once more, without what was before.
    const { inputs: made } = await adopting({ owner, prefix: "elsewhere" });
    expect(made["locationName"]).toBe(moved["locationName"]);
    const { inputs: again } = await adopting({ owner, prefix: "elsewhere", takeOver: "abc" }, made);
    expect(await replacesOf("ClusterLocation", made, again)).toEqual([]);
  });
});
