import { describe, expect, test } from "vitest";
import { inputsIn, withInputs } from "../../../../provider/core/check.ts";
import { readParts } from "../../../../provider/kinds/workspace-backup/index.ts";
import {
  aimFor,
  interruptedPart,
  keptOf,
  makingOf,
  partIn,
  type WorkspaceBackupOutputs,
} from "../../../../provider/kinds/workspace-backup/parts.ts";
import { desiredSchedule } from "../../../../provider/rules/judge-schedule.ts";
import type { ClusterBackupOutputs } from "../../../../provider/schemas/cluster-backup.ts";
import { backupSpecOf, wishOf } from "../../../../provider/schemas/selection.ts";
import { workspaceBackupInputs } from "../../../../provider/schemas/workspace-backup.ts";
import { testSession } from "../../session.ts";
import { declaredOver, goodPart, reachOf, settled } from "./workspace.ts";

const session = testSession();

const whole = declaredOver(["east", "west"], {
  schedule: "0 2 * * *",
  spread: "1h",
  parallel: 2,
  storage: {
    minio: {
      bucket: "backups",
      endpoint: "http://minio:9000",
      credentials: { static: { accessKeyId: "key of store", secretAccessKey: "secret of store" } },
    },
  },
  access: { credentials: { static: { accessKeyId: "key of access", secretAccessKey: "secret of access" } } },
  includedNamespaces: ["/^team-/"],
  orderedResources: { pods: ["shop/db-0"] },
  resourcePolicy: { volumePolicies: [] },
  ttl: "48h",
  runNow: true,
  triggers: ["v1"],
  maxAge: "26h",
  deletionPolicy: "delete",
  allowPartialFailure: true,
  onUnhealthy: "skip",
  timeouts: { create: "1h" },
  cadence: "at 02:00 every day, spread over 1h",
});
const state: WorkspaceBackupOutputs = {
  ...settled(whole),
  formerOwners: [{ owner: "urn:former", lineage: "l" }],
  itemsBackedUp: 99,
  lastSuccessfulBackup: "2026-11-22T02:00:00Z",
  nextRun: "2026-11-24T02:00:00Z",
  message: "of the workspace",
  unfinished: "of the workspace",
};

/** What the machinery of a ClusterBackup brings home from a cluster. */
const reached: Partial<ClusterBackupOutputs> = {
  clusterUid: "uid-of-east",
  phase: "Enabled",
  backupName: "payments-east-0a1b2c3d-20261123120000",
  scheduleName: "payments-east-0a1b2c3d",
  startTime: "2026-11-23T12:00:00Z",
  completionTime: "2026-11-23T12:01:00Z",
  expiration: "2026-11-25T12:00:00Z",
  itemsBackedUp: 7,
  warnings: 1,
  errors: 0,
  volumesBackedUp: 2,
  stored: { size: 10, etag: "e" },
  lastSuccessfulBackup: "2026-11-23T12:01:00Z",
  newestGood: { name: "b", started: "2026-11-23T12:00:00Z", expiration: "2026-11-25T12:00:00Z" },
  nextRun: "2026-11-24T02:13:00.000Z",
  changedAt: "2026-11-23T12:00:00Z",
  resolvedNamespaces: ["team-1"],
  sentNamespaces: { includedNamespaces: ["team-1"] },
  runPending: true,
  health: "Stale",
  message: "of the part",
  unfinished: "of the part",
};

describe("What a workspace wants of one cluster", () => {
  const bare: WorkspaceBackupOutputs = { ...state, byCluster: {} };
  const aim = aimFor(bare, "east", { runPending: true });

  test("is what a ClusterBackup of its own would want there", () => {
    const { clusters: _c, reach: _r, objectNames: _o, parallel: _p, spread: _s, ...shared } = whole;
    const { location, connection, credentials } = reachOf("east");
    expect(JSON.parse(JSON.stringify(aim))).toEqual({
      ...shared,
      incarnation: "0a1b",
      formerOwners: [{ owner: "urn:former", lineage: "l" }],
      cluster: "east",
      location,
      connection,
      credentials,
      objectName: "payments-east-0a1b2c3d",
      schedule: expect.stringMatching(/^\d+ 2 \* \* \*$/) as unknown,
      runPending: true,
    });
  });

  test("captures what is declared, under a name of that cluster's, and tells its wish from other clusters'", () => {
    expect(backupSpecOf(aim)).toEqual({
      storageLocation: "primary-east",
      includedNamespaces: ["/^team-/"],
      ttl: "48h",
      orderedResources: { pods: "shop/db-0" },
      resourcePolicy: { kind: "ConfigMap", name: "payments-east-0a1b2c3d" },
    });
    expect(desiredSchedule(aim)).toMatchObject({
      metadata: { name: "payments-east-0a1b2c3d", namespace: "velero" },
      spec: { schedule: aim.schedule, paused: false },
    });
    expect(wishOf(aimFor(bare, "west", { runPending: false }))).not.toBe(wishOf(aim));
  });

  test("goes on from what there is, without what was wrong with it", () => {
    const known = {
      ...state,
      byCluster: { east: keptOf({ ...partIn(bare, "east"), ...reached }, undefined) },
    };
    expect(aimFor(known, "east", { runPending: false })).toMatchObject({
      ...reached,
      health: "Healthy",
      message: undefined,
      unfinished: undefined,
    });
    const { runPending: _pending, ...done } = reached;
    const settledPart = { ...state, byCluster: { east: keptOf({ ...partIn(bare, "east"), ...done }, "m") } };
    expect(aimFor(settledPart, "east", { runPending: false }).runPending).toBeUndefined();
    expect(aimFor(settledPart, "east", { runPending: true }).runPending).toBe(true);
  });

  test("lies where the cluster stores now, and is called what it is called now, whatever there was", () => {
    const location = { ...reachOf("east").location, locationName: "secondary-east" };
    const moved: WorkspaceBackupOutputs = {
      ...state,
      reach: { ...state.reach, east: reachOf("east", { location }) },
      objectNames: { ...state.objectNames, east: "payments-east-99999999" },
    };
    const wanted = aimFor(moved, "east", { runPending: false });
    expect(wanted).toMatchObject({ location, objectName: "payments-east-99999999" });
    expect(partIn(moved, "east")).toMatchObject({
      location: reachOf("east").location,
      objectName: "payments-east-0a1b2c3d",
    });
  });
});

describe("What state keeps of a part", () => {
  const full: ClusterBackupOutputs = { ...partIn({ ...state, byCluster: {} }, "east"), ...reached };
  const kept = keptOf(full, "0123456789abcdef");

  test("is enough for all that a ClusterBackup's machinery needs of it", () => {
    const known = { ...state, byCluster: { east: kept } };
    expect(partIn(known, "east")).toEqual(full);
    expect(keptOf(partIn(known, "east"), kept.made)).toEqual(kept);
  });

  test("is what became of it, and neither a way to it nor what all parts share", () => {
    expect(Object.keys(kept).toSorted()).toEqual(
      [...Object.keys(reached), "location", "made", "objectName"].toSorted(),
    );
    for (const secret of ["kubeconfig of", "key of", "secret of"])
      expect(JSON.stringify(kept)).not.toContain(secret);
    expect(JSON.stringify(full)).toContain("secret of east");
  });

  test("says by what it was made whether anything has changed, and by nothing else", () => {
    expect(kept.made).toBe("0123456789abcdef");
    expect(partIn({ ...state, byCluster: { east: kept } }, "east")).not.toHaveProperty("made");
    expect(makingOf(whole, "east")).toMatch(/^[0-9a-f]{16}$/);
    expect(makingOf(whole, "east")).not.toBe(makingOf(whole, "west"));
  });
});

describe("Of a part with which an up did not get through", () => {
  const before: WorkspaceBackupOutputs = {
    ...state,
    includedNamespaces: ["shop"],
    resourcePolicy: undefined,
    ttl: undefined,
  };
  const { runPending: _pending, ...done } = reached;
  const inEffect: ClusterBackupOutputs = { ...partIn({ ...before, byCluster: {} }, "east"), ...done };
  const wanted = aimFor({ ...state, byCluster: {} }, "east", { runPending: true });
  const part = interruptedPart(inEffect, wanted);
  const known = { ...state, byCluster: { east: part } };

  test("state keeps what is in effect there, which is no longer what is declared", () => {
    expect(part.made).toBeUndefined();
    expect(partIn(known, "east")).toMatchObject({ includedNamespaces: ["shop"], deletionPolicy: "delete" });
    for (const lacking of ["ttl", "inEffect", "made"])
      expect(partIn(known, "east")[lacking as "ttl"]).toBeUndefined();
    expect(backupSpecOf({ ...partIn(known, "east"), sentNamespaces: undefined })).toEqual({
      storageLocation: "primary-east",
      includedNamespaces: ["shop"],
      orderedResources: { pods: "shop/db-0" },
    });
  });

  test("the next up wants what is declared, and the backup now that was asked for", () => {
    const next = aimFor(known, "east", { runPending: false });
    expect(next).toMatchObject({ includedNamespaces: ["/^team-/"], ttl: "48h", runPending: true });
    expect(next).not.toHaveProperty("inEffect");
  });

  test("nothing is in effect otherwise where nothing was reached, or only what is declared", () => {
    expect(interruptedPart({ ...inEffect, clusterUid: undefined }, wanted).inEffect).toBeUndefined();
    expect(interruptedPart({ ...wanted, ...reached }, wanted).inEffect).toBeUndefined();
  });

  test("a refresh keeps that, too", async () => {
    const offline = {
      ...known,
      reach: { ...known.reach, east: reachOf("east", { connection: { offline: true } }) },
    };
    const { east } = await readParts(session, offline);
    expect(east).toEqual({ ...part, health: "Offline" });
    const without = { ...offline, byCluster: { east: goodPart(whole, "east") } };
    expect((await readParts(session, without))["east"]).not.toHaveProperty("inEffect");
  });
});

test("a part knows nothing of what the workspace comes to as a whole", () => {
  const part = partIn({ ...state, byCluster: { east: goodPart(whole, "east") } }, "east");
  expect(part).toMatchObject({ nextRun: "2026-11-24T02:00:00.000Z", health: "Healthy" });
  for (const shared of [
    "clusters",
    "reach",
    "objectNames",
    "parallel",
    "spread",
    "byCluster",
    "itemsBackedUp",
    "message",
    "unfinished",
  ])
    expect(part).not.toHaveProperty(shared);
  expect(part.lastSuccessfulBackup).toBeUndefined();
});

test("a cluster that is not among those that can be reached has no way to it, and keeps where its backups lie", () => {
  const { east: _gone, ...reach } = state.reach;
  expect(partIn({ ...state, reach }, "east")).toMatchObject({
    connection: {},
    location: reachOf("east").location,
    objectName: "payments-east-0a1b2c3d",
  });
});

test("of its outputs the inputs are those that were declared and computed, and no part is among them", () => {
  const inputs = inputsIn(workspaceBackupInputs, state, "Stale");
  expect(inputs).toEqual({ ...whole, health: "Stale" });
  const { ttl: _dropped, ...fewer } = whole;
  expect(withInputs(workspaceBackupInputs, state, fewer)).not.toHaveProperty("ttl");
  expect(withInputs(workspaceBackupInputs, state, fewer)).toMatchObject({
    byCluster: state.byCluster,
    incarnation: "0a1b",
  });
});
