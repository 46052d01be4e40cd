import { beforeEach, describe, expect, test } from "vitest";
import { KubernetesError } from "../../../provider/kubernetes/kubernetes-error.ts";
import { locations } from "../../../provider/kubernetes/resources.ts";
import { LookUps } from "../../../provider/look-ups/index.ts";
import type { BackupsRequest } from "../../../provider/look-ups/request.ts";
import { StoreError } from "../../../provider/store/store-error.ts";
import { withoutCodes } from "../../without-codes.ts";
import { storage } from "../kinds/declared.ts";
import { urnOf } from "../kinds/arbitrary-inputs.ts";
import { testSession } from "../session.ts";
import { backup, clusterWith, request, storeWith, stored, there } from "./place.ts";

const session = testSession({
  openStore: (way) => {
    there.ways.push(way.storage);
    return there.store;
  },
  openCluster: async (_connection, { key }) => {
    const cluster = there.clusters.get(key);
    if (cluster) return { client: cluster.client, uid: `uid-of-${key}` };
    throw new KubernetesError({
      status: 0,
      reason: "Unreachable",
      what: `cluster "${key}" does not answer`,
    });
  },
});
const lookUps = new LookUps(() => session);

beforeEach(() => {
  there.clusters.clear();
  there.store = undefined;
  there.ways = [];
});

const NIGHTLY = urnOf("ClusterBackup", "nightly");
const offline: Partial<BackupsRequest> = { connection: { offline: true } };
const namesOf = async (changes?: Partial<BackupsRequest>) =>
  (await lookUps.getBackups(request(changes))).map(({ name }) => name);
const latest = async (changes?: Partial<BackupsRequest>) =>
  (await lookUps.getLatestBackup(request(changes)))?.name;

const all = [
  backup("old", { day: 20, owner: NIGHTLY, schedule: "nightly-east" }),
  backup("partial", { day: 22, phase: "PartiallyFailed", owner: NIGHTLY }),
  backup("good", { day: 21 }),
  backup("payments", { day: 19, owner: urnOf("WorkspaceBackup", "payments") }),
];

describe.each([
  ["a cluster", {}],
  ["the store", { from: "store" }],
  ["the store of a cluster that is offline", offline],
] satisfies [string, Partial<BackupsRequest>][])("Backups, looked up from %s,", (_where, how) => {
  beforeEach(() => {
    clusterWith("east", ...all, backup("of-another", { location: "secondary-east" }));
    storeWith({ ...stored("east", ...all), ...stored("west", backup("of-west")) });
  });

  test("are all of the location and cluster, newest first, however they ended", async () => {
    expect(await namesOf(how)).toEqual(["partial", "good", "old", "payments"]);
  });

  test.each<[string, Partial<BackupsRequest>, string[]]>([
    ["a schedule by the name of its resource", { schedule: "nightly" }, ["partial", "old"]],
    ["a schedule by its own name", { schedule: "nightly-east" }, ["old"]],
    ["a workspace", { workspace: "payments" }, ["payments"]],
    ["what had ended by then", { before: "2026-11-21T03:00:00Z" }, ["good", "old", "payments"]],
    ["nothing that there is", { schedule: "hourly" }, []],
  ])("are those of %s", async (_what, wanted, names) => {
    expect(await namesOf({ ...how, ...wanted })).toEqual(names);
  });

  test.each<[string, Partial<BackupsRequest>, string | undefined]>([
    ["good one of the cluster", {}, "good"],
    ["good enough one", { allowPartialFailure: true }, "partial"],
    ["one before a time", { before: "2026-11-20T12:00:00Z" }, "old"],
    ["one of a schedule", { schedule: "nightly" }, "old"],
    ["one of a workspace", { workspace: "payments" }, "payments"],
    ["one of nobody, which is none", { workspace: "nobody" }, undefined],
  ])("have a newest %s", async (_what, wanted, name) => {
    expect(await latest({ ...how, ...wanted })).toBe(name);
  });
});

describe("A backup is told of", () => {
  test("with what Velero says of it, who made it, and no more", async () => {
    const given = backup("b", { owner: NIGHTLY, schedule: "nightly-east", phase: "PartiallyFailed" });
    const status = {
      ...given.status,
      expiration: "2026-12-23T02:00:00Z",
      warnings: 2,
      errors: 1,
      progress: { totalItems: 9, itemsBackedUp: 8 },
    };
    clusterWith("east", { ...given, status });
    expect(await lookUps.getBackups(request())).toEqual([
      {
        name: "b",
        cluster: "east",
        phase: "PartiallyFailed",
        startTime: "2026-11-23T02:00:00Z",
        completionTime: "2026-11-23T03:00:00Z",
        expiration: "2026-12-23T02:00:00Z",
        itemsBackedUp: 8,
        warnings: 2,
        errors: 1,
        owner: NIGHTLY,
        schedule: "nightly-east",
      },
    ]);
  });

  test("also where Velero has not begun with it, as the newest", async () => {
    const { metadata, spec } = backup("waiting");
    clusterWith("east", backup("good"), {
      metadata: { ...metadata, creationTimestamp: "2026-11-24T00:00:00Z" },
      spec,
    });
    expect(await lookUps.getBackups(request())).toMatchObject([
      { name: "waiting", phase: "New", warnings: 0, errors: 0 },
      { name: "good" },
    ]);
    expect(await latest()).toBe("good");
  });

  test("but not while it runs, where only those are wanted that had ended", async () => {
    clusterWith("east", backup("running", { phase: "InProgress" }));
    expect(await namesOf()).toEqual(["running"]);
    expect(await namesOf({ before: "2026-12-01T00:00:00Z" })).toEqual([]);
  });
});

test("the newest in a store is found without reading all that is older", async () => {
  const days = Array.from({ length: 13 }, (_, index) => index + 10);
  const old = days.map((day) => backup(`b-${day}`, { day }));
  const { read } = storeWith(stored("east", ...old, backup("b-0", { day: 23 })));
  expect(await latest({ from: "store" })).toBe("b-0");
  expect(read.length).toBeLessThan(10);
});

describe("A store of an offline cluster's own", () => {
  const own = { minio: { ...storage.minio, bucket: "replica", prefix: "copies" } };

  test("is read by its own keys, below its own prefix", async () => {
    storeWith({ ...stored("copies/old-east", backup("b")), ...stored("east", backup("not-this-one")) });
    expect(await namesOf({ ...offline, own: { storage: own, prefix: "old-east" } })).toEqual(["b"]);
    expect(there.ways).toEqual([own]);
  });

  test("at its root, where the prefix says so", async () => {
    storeWith(stored("copies", backup("b")));
    expect(await namesOf({ ...offline, own: { storage: own, prefix: "/" } })).toEqual(["b"]);
  });

  test("by the program's own where those exist in the cluster only", async () => {
    storeWith(stored("copies/east", backup("b")));
    const inCluster = {
      minio: { ...own.minio, credentials: { existingSecret: { name: "keys", key: "cloud" } } },
    };
    const access = { credentials: storage.minio.credentials };
    expect(await namesOf({ ...offline, access, own: { storage: inCluster } })).toEqual(["b"]);
    expect(there.ways).toEqual([{ minio: { ...own.minio, credentials: access.credentials } }]);
  });
});

/** What is said, and whether a preview lets it pass. */
const refusal = (changes: Partial<BackupsRequest>) =>
  lookUps.getBackups(request(changes)).then(
    () => "nothing",
    (error: Error & { passing: boolean }) =>
      `${error.passing ? "passing: " : ""}${withoutCodes(error.message)}`,
  );

describe("A look-up says", () => {
  test("what is wrong with what was asked, all at once", async () => {
    const said = await refusal({
      connection: {},
      before: "2026-12-23 02:00",
      from: "moon" as "store",
      schedule: "nightly",
      workspace: "payments",
    });
    expect(said).toMatch(/^before: "2026-12-23 02:00" is no point in time: write 2026-12-23T02:00:00Z/);
    expect(said).toContain("from: must be one of");
    expect(said).toContain("clusters.east: has no connection");
    expect(said).toContain("schedule: does not go with `workspace`");
  });

  test("that there is no way to the store", async () => {
    const said = await refusal({ access: "none", from: "store" });
    expect(said).toMatch(
      /^access: this program has no way to the store .* from the cluster \(from: "cluster"\)/,
    );
    expect(await refusal({ storage: undefined, ...offline })).toContain("the cluster is declared offline");
  });

  test("that a cluster which is declared offline is not asked", async () => {
    expect(await refusal({ ...offline, from: "cluster" })).toMatch(
      /^from: cluster "east" is declared offline/,
    );
  });

  test("that the location is not there, in place of an empty list", async () => {
    clusterWith("east").remove(locations, "primary-east");
    expect(await refusal({})).toMatch(
      /^passing: location: BackupStorageLocation velero\/primary-east in cluster "east" does not exist\. Run `pulumi refresh`/,
    );
    const { location } = request();
    const theirs = await refusal({ location: { ...location, offline: true }, from: "cluster" });
    expect(theirs).toContain('declared the cluster offline: look in the store (from: "store")');
  });

  test("that a cluster does not answer, which a preview may let pass", async () => {
    expect(await refusal({})).toBe('passing: cluster "east" does not answer.');
  });

  test.each([
    ["NoSuchBucket", "passing: no."],
    ["Unreachable", "passing: no."],
    ["WrongCredentials", "no."],
  ] as const)("that a store has said %s", async (code, said) => {
    const refused = new StoreError({ code, vendorCode: "x", what: "no" });
    storeWith({}, { children: () => Promise.reject(refused) });
    expect(await refusal({ from: "store" })).toBe(said);
  });

  test("that what Velero has written cannot be read, and where that is", async () => {
    storeWith({ "east/backups/b/velero-backup.json": "{" });
    expect(await refusal({ from: "store" })).toMatch(
      /^what Velero has written of Backup b cannot be read \(east\/backups\/b\/velero-backup\.json in /,
    );
  });

  test("no secret", async () => {
    session.secrets.learn("hunter2-hunter2");
    storeWith({}, { children: () => Promise.reject(new Error("no such key: hunter2-hunter2")) });
    expect(await refusal({ from: "store" })).toBe("no such key: [secret]");
  });
});
