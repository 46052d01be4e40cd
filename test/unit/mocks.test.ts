import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import * as velero from "../../sdk/index.ts";
import { minio, mockProgram, valueOf } from "./sdk/mocked-program.ts";

type Parts = Record<string, velero.WorkspaceBackupPart>;

/** As users test their programs: there is no `check`, and no output beyond the inputs. */
const made = mockProgram();
const madeAs = (name: string) => made.find((each) => each.name === name) ?? expect.fail(`no ${name}`);

const storage = minio("backups", "a literal secret");

describe("Under Pulumi's mocks", () => {
  test("a program's location, backups and restores are made, with a child for each cluster", async () => {
    const location = new velero.BackupLocation("primary", {
      storage,
      clusters: { east: { kubeconfig: "kubeconfig of east" }, dr: { offline: true } },
    });
    const backup = new velero.ClusterBackup("nightly", { location, cluster: "east", schedule: "@daily" });
    const workspace = new velero.WorkspaceBackup("payments", { location, clusters: "all" });
    const restored = new velero.Restore("back", { backup, cluster: "east" });
    await Promise.all([backup.urn, workspace.urn, restored.urn, location.clusters.dr.urn].map(valueOf));

    expect(made.map(({ type, name }) => `${type} ${name}`).toSorted()).toEqual([
      "pulumi-nodejs:dynamic/velero:BackupLocation primary",
      "pulumi-nodejs:dynamic/velero:ClusterBackup nightly",
      "pulumi-nodejs:dynamic/velero:ClusterLocation primary-dr",
      "pulumi-nodejs:dynamic/velero:ClusterLocation primary-east",
      "pulumi-nodejs:dynamic/velero:Restore back",
      "pulumi-nodejs:dynamic/velero:WorkspaceBackup payments",
    ]);
    expect(await valueOf(location.clusters.east.urn)).toBe(
      "urn:pulumi:stack::project::pulumi-nodejs:dynamic/velero:BackupLocation$pulumi-nodejs:dynamic/velero:ClusterLocation::primary-east",
    );
  });

  test("a cluster of a location shows outputs, and neither a way to it nor a secret", async () => {
    const location = new velero.BackupLocation("shown", {
      storage,
      clusters: { east: { kubeconfig: "kubeconfig of east", prefix: "here" } },
    });
    const outputs =
      "accessMode health id lastSynced lastValidated locationName message namespace phase readLocations serverVersion storePrefix urn";
    const shown = Object.keys(location.clusters.east).filter((key) => !key.startsWith("__"));
    expect(shown.toSorted().join(" ")).toBe(outputs);
    const shared = velero.locationFrom("shown-elsewhere", location.handle, {
      clusters: { east: { ambient: true } },
    });
    expect(Object.keys(shared.clusters.east).toSorted()).toEqual([
      "locationName",
      "namespace",
      "readLocations",
      "storePrefix",
    ]);
    // All the same it is the way by which a backup comes there.
    new velero.ClusterBackup("shown-backup", { location: shared, cluster: "east" });
    const { owner } = await valueOf(location.handle).then(({ clusters }) => clusters["east"]!);
    expect(owner).toMatch(/:ClusterLocation::shown-east$/);
  });

  test("what only check and create compute is absent of every kind, and a program that uses it goes on", async () => {
    const location = new velero.BackupLocation("absent", {
      storage,
      clusters: { east: { kubeconfig: { env: "EAST" }, reads: ["dr"] }, dr: { offline: true } },
    });
    const backup = new velero.ClusterBackup("absent-backup", { location, cluster: "east" });
    const workspace = new velero.WorkspaceBackup("absent-workspace", {
      location,
      clusters: ["east"],
      schedule: velero.schedules.weekly(),
      spread: "1h",
    });
    const restores = [
      new velero.Restore("of-backup", { backup, cluster: "east" }),
      new velero.Restore("of-workspace", { backup: workspace, clusterMapping: "same" }),
      new velero.Restore("of-name", { backup: { location, from: "dr", backupName: "b" }, cluster: "east" }),
    ];
    const outputs: unknown[] = [
      location.clusters.east.locationName,
      backup.phase,
      ...[workspace.byCluster, workspace.phase, workspace.health, workspace.cadence, workspace.nextRun],
      ...restores.flatMap(({ phase, created, plan, byCluster, health }) => [
        ...[phase, created, plan, byCluster, health],
        byCluster.apply((parts?: Record<string, velero.RestorePart>) => parts?.["east"]?.restoreName),
      ]),
      workspace.byCluster.apply((parts?: Parts) => parts?.["east"]?.backupName),
    ];
    expect(outputs).toHaveLength(26);
    for (const output of outputs) expect(await valueOf(output as pulumi.Output<unknown>)).toBeUndefined();
    expect(madeAs("of-name").inputs["targets"]).toMatchObject({
      dr: { cluster: "east", connection: { kubeconfig: { env: "EAST" } } },
    });

    expect(await valueOf(location.handle)).toMatchObject({
      version: 1,
      store: { kind: "minio", bucket: "backups" },
    });
    const elsewhere = velero.locationFrom("elsewhere", location.handle, {
      clusters: { east: { ambient: true } },
    });
    const theirs = [
      new velero.ClusterBackup("backup-elsewhere", { location: elsewhere, cluster: "east" }),
      new velero.WorkspaceBackup("workspace-elsewhere", { location: elsewhere, clusters: "all" }),
    ];
    for (const { urn } of theirs) expect(await valueOf(urn)).toContain("-elsewhere");
  });

  test("a workspace is told the ways to the clusters that it spans, and to no other", () => {
    const { inputs } = madeAs("absent-workspace");
    expect(inputs).toMatchObject({ clusters: ["east"], schedule: "0 0 * * 0", spread: "1h" });
    const reach = inputs["reach"] as Record<string, { connection: unknown }>;
    expect(Object.keys(reach)).toEqual(["east"]);
    expect(reach["east"]?.connection).toEqual({ kubeconfig: { env: "EAST" } });
  });

  test("a literal kubeconfig makes a secret of all the ways", () => {
    const reach = madeAs("payments").inputs["reach"] as { value: object };
    expect(reach).toMatchObject({ [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig });
    expect(Object.keys(reach.value).toSorted()).toEqual(["dr", "east"]);
  });

  test.each(["BackupLocation", "ClusterLocation", "ClusterBackup", "WorkspaceBackup", "Restore"])(
    "the text in the state of a %s is what it will be for ever, and short",
    (kind) => {
      const text = made.find(({ type }) => type.endsWith(`:${kind}`))?.inputs["__provider"];
      expect(text).toBe(`exports.handler=()=>require("pulumi-velero/provider").create("${kind}");`);
      expect(String(text).length).toBeLessThan(100);
    },
  );

  test("a resource tells the provider its owner by URN, and says nothing of a preview in an up", () => {
    expect(madeAs("nightly").inputs).toMatchObject({
      owner: "urn:pulumi:stack::project::pulumi-nodejs:dynamic/velero:ClusterBackup::nightly",
      dryRun: false,
    });
  });
});

describe("A mistake that the program's own half can see", () => {
  const location = () =>
    new velero.BackupLocation("seen", { storage, clusters: { east: { ambient: true } } });

  test("a cluster that the location lacks is named, with those that it has, also as one of several", () => {
    const lacking = location() as velero.Location<string>;
    const words = 'no cluster "west"; it has: east';
    expect(() => new velero.ClusterBackup("x", { location: lacking, cluster: "west" })).toThrow(words);
    const several = { location: lacking, clusters: ["east", "west"] };
    expect(() => new velero.WorkspaceBackup("w", several)).toThrow(words);
  });

  test("a cluster to read from that the location lacks is named", () => {
    const clusters: Record<string, velero.ClusterArgs> = { east: { ambient: true, reads: ["west"] } };
    expect(() => new velero.BackupLocation("y", { storage, clusters })).toThrow(
      'clusters.east.reads: there is no cluster "west"; there are: east',
    );
  });

  test("a k8s.Provider among the options is told where it belongs", () => {
    const provider = {} as pulumi.ProviderResource;
    expect(
      () => new velero.ClusterBackup("z", { location: location(), cluster: "east" }, { provider }),
    ).toThrow("belongs into the BackupLocation's `clusters: { <key>: { provider } }`");
  });

  const clusters = { east: { ambient: true } } as const;
  const restored = (at: velero.Location<"east">) => ({
    backup: { location: at, from: "east", backupName: "b" } as const,
    cluster: "east" as const,
  });
  const makers: Record<string, (opts: pulumi.CustomResourceOptions) => unknown> = {
    BackupLocation: (opts) => new velero.BackupLocation("o-location", { storage, clusters }, opts),
    ClusterBackup: (opts) =>
      new velero.ClusterBackup("o-backup", { location: location(), cluster: "east" }, opts),
    WorkspaceBackup: (opts) =>
      new velero.WorkspaceBackup("o-workspace", { location: location(), clusters: "all" }, opts),
    Restore: (opts) => new velero.Restore("o-restore", restored(location()), opts),
    ProtectedCluster: (opts) =>
      new velero.ProtectedCluster("o-protected", { location: location(), cluster: "east" }, opts),
    SharedLocation: (opts) => velero.locationFrom("o-shared", location().handle, { clusters }, opts),
  };

  test("Pulumi's customTimeouts are refused, since no dynamic provider gets them, and ours are named", () => {
    const opts = pulumi.mergeOptions({ protect: true }, { customTimeouts: { create: "1h" } });
    const { SharedLocation: shared, ...others } = makers;
    for (const [kind, make] of Object.entries(others))
      expect(() => make(opts), kind).toThrow(
        `velero.${kind} takes no "customTimeouts" among its options: Pulumi does not give them to the provider, and ` +
          "they would bound nothing. Take the argument `timeouts`, whose keys are the same and whose values are Go " +
          'durations: {"create":"1h"}.',
      );
    expect(() => shared?.(opts)).toThrow("Nothing of it waits: leave them out.");
  });

  test.each([
    ["BackupLocation", 'the argument `clusters: { <key>: { adopt: "<its name>" } }`'],
    ["ClusterBackup", 'the argument `adopt: "<its name>"`'],
    ["WorkspaceBackup", "by a ClusterBackup"],
    ["Restore", "needs no resource"],
    ["SharedLocation", "nothing of it in a cluster"],
  ])("Pulumi's import of a %s is refused, with what there is instead", (kind, words) => {
    const make = () => makers[kind]?.({ import: "velero/nightly" });
    expect(make).toThrow(
      `velero.${kind} takes no "import" among its options: Pulumi cannot import a dynamic resource.`,
    );
    expect(make).toThrow(words);
  });

  test.each(Object.keys(makers).filter((kind) => kind !== "ProtectedCluster"))(
    "an id by which a %s would be read is refused",
    (kind) => {
      expect(() => makers[kind]?.({ id: "velero/nightly" })).toThrow(
        `velero.${kind} takes no "id" among its options: Pulumi cannot read a dynamic resource that is not in its state.`,
      );
    },
  );

  test("ignoreChanges is refused where it would keep half of a change, and all such options are told at once", () => {
    const makeAll = (kind: string, ignoreChanges: string[]) => () => makers[kind]?.({ ignoreChanges });
    expect(makeAll("BackupLocation", ["storage"])).toThrow(
      "its clusters and backups would take the changed storage all the same, and the location would not",
    );
    expect(makeAll("ClusterBackup", ["*"])).toThrow("Name the arguments.");
    expect(makeAll("ClusterBackup", ["ttl"])).not.toThrow();
    const both = () => makers["ClusterBackup"]?.({ import: "a", customTimeouts: { create: "1h" } });
    expect(both).toThrow(/"customTimeouts"[^]*\n[^]*"import"/);
  });
});
