import { describe, expect, test } from "vitest";
import * as velero from "../../../sdk/index.ts";
import { minio, mockProgram, valueOf } from "./mocked-program.ts";

/** As the provider's check and create would add to each kind. */
const computed: Record<string, (inputs: Record<string, unknown>) => object> = {
  ClusterLocation: ({ location, cluster, reads }) => ({
    locationName: `${String(location)}-${String(cluster)}`,
    storePrefix: cluster,
    readLocations: Object.fromEntries(
      ((reads ?? []) as { cluster: string }[]).map((source) => [
        source.cluster,
        `${String(location)}-${String(cluster)}-reads-${source.cluster}`,
      ]),
    ),
  }),
  ClusterBackup: () => ({ backupName: "taken-of-east", formerOwners: ["urn:former"] }),
  WorkspaceBackup: () => ({
    byCluster: { east: { backupName: "part-of-east" }, west: { backupName: "part-of-west" } },
  }),
};

const made = mockProgram(({ type, inputs }) => computed[type.split(":").at(-1) ?? ""]?.(inputs) ?? {});

const urn = (kind: string, name: string) =>
  `urn:pulumi:stack::project::pulumi-nodejs:dynamic/velero:${kind}::${name}`;
const locationUrn = (name: string) =>
  `urn:pulumi:stack::project::pulumi-nodejs:dynamic/velero:BackupLocation$pulumi-nodejs:dynamic/velero:ClusterLocation::${name}`;

interface Given {
  source: Record<string, unknown>;
  targets: Record<string, Record<string, unknown>>;
  [input: string]: unknown;
}

/** What the provider is given for a Restore, once it was made. */
async function inputsOf(restore: velero.Restore): Promise<Given> {
  const name = (await valueOf(restore.urn)).split("::").at(-1);
  return made.findLast((each) => each.name === name)?.inputs as Given;
}

const location = () =>
  new velero.BackupLocation("primary", {
    storage: minio("backups"),
    preflight: "strict",
    clusters: {
      east: { kubeconfig: { env: "EAST" }, reads: ["west"] },
      west: { kubeconfig: { env: "WEST" }, namespace: "backup-system", reads: ["east", "gone"] },
      gone: { offline: true, prefix: "old/gone", storage: minio("replica") },
    },
  });

/** How a cluster is reached, and by what it sees the source. */
const into = (cluster: "east" | "west", sees: string, source: object = {}) => ({
  cluster,
  location: {
    owner: locationUrn(`primary-${cluster}`),
    locationName: `primary-${cluster}`,
    namespace: cluster === "west" ? "backup-system" : "velero",
    storePrefix: cluster,
  },
  sees,
  connection: { kubeconfig: { env: cluster.toUpperCase() } },
  source,
});

describe("The source of a Restore", () => {
  test("is a ClusterBackup: who made it, and what it took last", async () => {
    const backup = new velero.ClusterBackup("once", { location: location(), cluster: "east" });
    const given = await inputsOf(new velero.Restore("of-once", { backup, cluster: "west" }));
    expect(given.source).toEqual({
      owner: urn("ClusterBackup", "once"),
      formerOwners: ["urn:former"],
      scheduled: false,
    });
    expect(given.targets).toEqual({
      east: into("west", "primary-west-reads-east", { latest: "taken-of-east" }),
    });
  });

  test("is one that makes backups on a schedule, and had other names before", async () => {
    const backup = new velero.ClusterBackup(
      "nightly",
      { location: location(), cluster: "east", schedule: "@daily" },
      { aliases: [{ name: "daily" }] },
    );
    const given = await inputsOf(new velero.Restore("of-nightly", { backup, cluster: "east" }));
    const owner = urn("ClusterBackup", "nightly");
    expect(given.source).toMatchObject({ owner, aliases: [urn("ClusterBackup", "daily")], scheduled: true });
    // Each cluster sees its own backups in its own location.
    expect(given.targets).toEqual({ east: into("east", "primary-east", { latest: "taken-of-east" }) });
  });

  test("is a workspace: of each cluster what it took there, by the mapping", async () => {
    const backup = new velero.WorkspaceBackup("payments", {
      location: location(),
      clusters: ["east", "west"],
    });
    const clusterMapping = { east: "west", west: "east" } as const;
    const given = await inputsOf(new velero.Restore("swapped", { backup, clusterMapping }));
    expect(given.source).toMatchObject({ owner: urn("WorkspaceBackup", "payments"), scheduled: false });
    expect(given.targets).toEqual({
      east: into("west", "primary-west-reads-east", { latest: "part-of-east" }),
      west: into("east", "primary-east-reads-west", { latest: "part-of-west" }),
    });
  });

  test("is a backup by its name, also of a cluster that is offline, with the store in which that one's are", async () => {
    const backup = { location: location(), from: "gone", backupName: "last" } as const;
    const given = await inputsOf(new velero.Restore("of-gone", { backup, cluster: "west" }));
    expect(given.source).toEqual({ backupName: "last" });
    expect(given.targets).toEqual({
      gone: into("west", "primary-west-reads-gone", { storage: minio("replica") }),
    });
  });

  test("is the newest of a schedule, or what there was then", async () => {
    const backup = {
      location: location(),
      from: "east",
      schedule: "nightly",
      before: "2026-11-23T02:00:00Z",
    } as const;
    const given = await inputsOf(new velero.Restore("of-schedule", { backup, cluster: "west" }));
    expect(given.source).toEqual({ schedule: "nightly", before: "2026-11-23T02:00:00Z" });
    expect(given.targets).toEqual({ east: into("west", "primary-west-reads-east") });
  });

  test("is a workspace by its name, into some of its clusters", async () => {
    const backup = { location: location(), workspace: "payments" };
    const given = await inputsOf(
      new velero.Restore("of-workspace", { backup, clusterMapping: { east: "west" } }),
    );
    expect(given.source).toEqual({ workspace: "payments" });
    expect(given.targets).toEqual({ east: into("west", "primary-west-reads-east") });
  });
});

describe('The mapping "same"', () => {
  test("is each cluster of a workspace into itself", async () => {
    const backup = new velero.WorkspaceBackup("two", { location: location(), clusters: ["east", "west"] });
    const given = await inputsOf(new velero.Restore("same", { backup, clusterMapping: "same" }));
    expect(given.targets).toEqual({
      east: into("east", "primary-east", { latest: "part-of-east" }),
      west: into("west", "primary-west", { latest: "part-of-west" }),
    });
  });

  test('is all clusters that were backed up of "all", or of a workspace by its name, and none that is offline', async () => {
    const everything = new velero.WorkspaceBackup("everything", { location: location(), clusters: "all" });
    const byName = { location: location(), workspace: "payments" };
    for (const [name, backup] of Object.entries({ everything, byName })) {
      const args = { backup, clusterMapping: "same" } as velero.RestoreArgs<"east">;
      const given = await inputsOf(new velero.Restore(`same-of-${name}`, args));
      expect(Object.keys(given.targets).toSorted(), name).toEqual(["east", "west"]);
    }
  });
});

describe("A Restore is given besides", () => {
  test("the program's own way to the store, and whatever is declared of how", async () => {
    const primary = new velero.BackupLocation("with-access", {
      storage: minio("backups"),
      access: { endpoint: "http://localhost:9000" },
      preflight: "off",
      clusters: { east: { ambient: true } },
    });
    const backup = { location: primary, from: "east", backupName: "b" } as const;
    const options = {
      namespaceMapping: { "*": "*-drill" },
      drill: { keep: true },
      triggers: [1],
      timeouts: { create: "1h" },
    };
    const given = await inputsOf(new velero.Restore("declared", { backup, cluster: "east", ...options }));
    const owner = urn("Restore", "declared");
    const access = { endpoint: "http://localhost:9000" };
    expect(given).toMatchObject({ owner, storage: minio("backups"), access, preflight: "off", ...options });
    for (const ours of ["backup", "cluster", "clusterMapping"]) expect(given).not.toHaveProperty(ours);
  });

  test("no store by another stack's location that it has no way to, and how that stack's clusters see each other", async () => {
    const theirs = velero.locationFrom("theirs", location().handle, {
      clusters: { east: { ambient: true }, west: { ambient: true } },
    });
    const backup = { location: theirs, from: "east", backupName: "b" } as const;
    const given = await inputsOf(new velero.Restore("elsewhere", { backup, cluster: "west" }));
    expect(given).not.toHaveProperty("storage");
    expect(given.targets).toEqual({
      east: { ...into("west", "primary-west-reads-east"), connection: { ambient: true } },
    });
  });

  test("nothing to see the source by where the target does not read it, for the provider to say so", async () => {
    const backup = { location: location(), from: "gone", backupName: "last" } as const;
    const given = await inputsOf(new velero.Restore("blind", { backup, cluster: "east" }));
    expect(given.targets["gone"]).not.toHaveProperty("sees");
  });
});

test("a cluster that the location lacks is named, with those that it has, as target and as source", () => {
  const declared: velero.Location<string> = location();
  const reference = { location: declared, from: "east", backupName: "b" };
  const has = 'the location has no cluster "south"; it has: east, west, gone';
  const workspace = { location: declared, workspace: "payments" };
  const restores: (() => unknown)[] = [
    () => new velero.Restore("a", { backup: reference, cluster: "south" }),
    () => new velero.Restore("b", { backup: { ...reference, from: "south" }, cluster: "east" }),
    () => new velero.Restore("c", { backup: workspace, clusterMapping: { east: "south" } }),
  ];
  for (const restore of restores) expect(restore).toThrow(has);
});
