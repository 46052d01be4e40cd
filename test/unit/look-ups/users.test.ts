import { beforeEach, expect, test } from "vitest";
import { LookUps } from "../../../provider/look-ups/index.ts";
import { ANOTHER_LINEAGE, LINEAGE, urnOf } from "../kinds/arbitrary-inputs.ts";
import { testSession } from "../session.ts";
import { backup, clusterWith, putRestore, putSchedule, request, storeWith, stored, there } from "./place.ts";

const session = testSession({
  openStore: () => there.store,
  openCluster: async (_connection, { key }) => {
    const cluster = there.clusters.get(key);
    if (!cluster) throw new Error(`cluster "${key}" does not take hunter2-hunter2`);
    return { client: cluster.client, uid: `uid-of-${key}` };
  },
});
const lookUps = new LookUps(() => session);

beforeEach(() => {
  there.clusters.clear();
  storeWith({});
});

const inCluster = (cluster: string) => ({
  ...request(),
  cluster,
  location: { ...request().location, locationName: `primary-${cluster}`, storePrefix: cluster },
});
const find = (...clusters: string[]) => lookUps.getLocationUsers({ clusters: clusters.map(inCluster) });

const TEAM = "urn:pulumi:prod::team::pulumi-nodejs:dynamic/velero:ClusterBackup::shop";
const WORKSPACE = "urn:pulumi:dev::platform::pulumi-nodejs:dynamic/velero:WorkspaceBackup::payments";
const DRILL = urnOf("Restore", "drill");
const marker = (owner: string, cluster: string, released?: string) => ({
  version: 1,
  owner,
  lineage: LINEAGE,
  formerOwners: [],
  incarnation: "0a",
  cluster: { key: cluster, uid: `uid-of-${cluster}` },
  ...(released !== undefined && { released }),
});

test("Each resource of each stack that has anything in a location is named, cluster by cluster", async () => {
  const east = clusterWith(
    "east",
    backup("shop-1", { owner: TEAM }),
    backup("shop-2", { owner: TEAM }),
    backup("by-hand"),
    backup("left", {
      owner: urnOf("ClusterBackup", "gone"),
      labels: { "pulumi-velero.io/retained": "true" },
    }),
    backup("elsewhere", { owner: urnOf("ClusterBackup", "other"), location: "secondary-east" }),
  );
  putSchedule(east, "shop-schedule", "primary-east", TEAM);
  putSchedule(east, "other-schedule", "secondary-east", TEAM);
  putRestore(east, "drill-1", "shop-1", DRILL);
  putRestore(east, "of-other", "elsewhere", DRILL);
  putSchedule(clusterWith("west"), "payments-west", "primary-west", WORKSPACE);

  const { users, notAsked } = await find("east", "west");
  expect(notAsked).toEqual([]);
  expect(users).toHaveLength(4);
  expect(users).toEqual(
    expect.arrayContaining([
      {
        cluster: "east",
        owner: TEAM,
        lineage: LINEAGE,
        kind: "ClusterBackup",
        name: "shop",
        project: "team",
        stack: "prod",
        schedules: ["shop-schedule"],
        backups: ["shop-1", "shop-2"],
        restores: [],
      },
      { cluster: "east", schedules: [], backups: ["by-hand"], restores: [] },
      expect.objectContaining({ owner: DRILL, kind: "Restore", restores: ["drill-1"] }),
      expect.objectContaining({
        cluster: "west",
        kind: "WorkspaceBackup",
        project: "platform",
        stack: "dev",
        schedules: ["payments-west"],
      }),
    ]),
  );
  expect(users.at(-1)).toMatchObject({ cluster: "west" });
});

test("Two stacks of one name in two backends are two users", async () => {
  clusterWith(
    "east",
    backup("shop-1", { owner: TEAM }),
    backup("shop-2", { owner: TEAM, lineage: ANOTHER_LINEAGE }),
  );
  expect((await find("east")).users).toMatchObject([
    { owner: TEAM, lineage: LINEAGE, backups: ["shop-1"] },
    { owner: TEAM, lineage: ANOTHER_LINEAGE, backups: ["shop-2"] },
  ]);
});

test("One that restores what another cluster has backed up uses the location, and what it merely sees does not", async () => {
  const west = clusterWith("west", backup("of-east", { location: "reads-east", owner: TEAM }));
  putRestore(west, "moved", "of-east", DRILL);
  const clusters = [{ ...inCluster("west"), readLocations: { east: "reads-east" } }];
  expect((await lookUps.getLocationUsers({ clusters })).users).toMatchObject([
    { owner: DRILL, backups: [], restores: ["moved"] },
  ]);
});

test("Who writes to the store is told by the claims there, also beside the clusters of the location", async () => {
  clusterWith("east");
  const ours = request().location.owner;
  storeWith({
    "east/metadata/pulumi-velero.json": marker(ours, "east"),
    "theirs/metadata/pulumi-velero.json": marker(TEAM, "far", "2026-11-23T02:00:00Z"),
    "damaged/metadata/pulumi-velero.json": "{",
    ...stored("unclaimed", backup("b")),
  });
  const { claims, notAsked } = await find("east");
  expect(claims).toEqual([
    {
      prefix: "east",
      owner: ours,
      lineage: LINEAGE,
      kind: "ClusterLocation",
      name: "primary-east",
      project: "shop",
      stack: "dev",
      cluster: "east",
      clusterUid: "uid-of-east",
    },
    expect.objectContaining({ prefix: "theirs", cluster: "far", released: "2026-11-23T02:00:00Z" }),
  ]);
  expect(notAsked).toEqual([
    expect.stringMatching(
      /^the claim on damaged\/: damaged\/metadata\/pulumi-velero\.json .* cannot be read/,
    ),
  ]);
});

test("Whoever cannot be asked is named, without a secret, and hides nobody else", async () => {
  session.secrets.learn("hunter2-hunter2");
  putSchedule(clusterWith("east"), "s", "primary-east", TEAM);
  storeWith({}, { children: () => Promise.reject(new Error("the bucket is gone")) });
  const clusters = [
    inCluster("east"),
    inCluster("dead"),
    { ...inCluster("old"), connection: { offline: true } as const },
  ];
  const { users, claims, notAsked } = await lookUps.getLocationUsers({ clusters });
  expect(users).toMatchObject([{ owner: TEAM }]);
  expect(claims).toEqual([]);
  expect(notAsked).toEqual([
    'cluster "dead": cluster "dead" does not take [secret]',
    'cluster "old": it is declared offline',
    "the store: the bucket is gone",
  ]);
});

test("Without a way to the store its claims are not looked for, which is told", async () => {
  clusterWith("east");
  const { notAsked } = await lookUps.getLocationUsers({
    clusters: [{ ...inCluster("east"), access: "none" }],
  });
  expect(notAsked).toEqual(["the store: this program has no way there (`access`)"]);
});
