import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test } from "vitest";
import * as velero from "../../sdk/index.ts";

interface Made {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

type Parts = Record<string, velero.WorkspaceBackupPart>;

const made: Made[] = [];
const madeAs = (name: string): Made => {
  const found = made.find((each) => each.name === name);
  if (!found) throw new Error(`no ${name} among ${made.map((each) => each.name).join(", ")}`);
  return found;
};
const valueOf = <T>(output: pulumi.Output<T>): Promise<T> => new Promise((resolve) => output.apply(resolve));

/** As users test their programs: no provider runs, so there is no `check`, and no output beyond the inputs. */
beforeAll(() =>
  pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        made.push({ type, name, inputs });
        return { id: `${name}-id`, state: inputs };
      },
      call: ({ inputs }) => inputs as Record<string, unknown>,
    },
    "project",
    "stack",
    false,
  ),
);

const storage = {
  minio: {
    bucket: "backups",
    endpoint: "https://minio:9000",
    credentials: { static: { accessKeyId: { env: "KEY" }, secretAccessKey: "a literal secret" } },
  },
};

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
    const outputs = [
      "accessMode",
      "health",
      "lastSynced",
      "lastValidated",
      "locationName",
      "message",
      "namespace",
      "phase",
      "readLocations",
      "serverVersion",
      "storePrefix",
    ];
    const shown = Object.keys(location.clusters.east).filter((key) => !key.startsWith("__"));
    expect(shown.toSorted()).toEqual([...outputs, "id", "urn"].toSorted());
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

  test("what only check computes is absent, and a program that uses it goes on", async () => {
    const location = new velero.BackupLocation("absent", { storage, clusters: { east: { ambient: true } } });
    const backup = new velero.ClusterBackup("absent-backup", { location, cluster: "east" });
    expect(await valueOf(location.clusters.east.locationName)).toBeUndefined();
    expect(await valueOf(backup.phase)).toBeUndefined();
    expect(await valueOf(location.handle)).toMatchObject({
      version: 1,
      store: { kind: "minio", bucket: "backups" },
    });
    const elsewhere = velero.locationFrom("elsewhere", location.handle, {
      clusters: { east: { ambient: true } },
    });
    const theirs = new velero.ClusterBackup("elsewhere", { location: elsewhere, cluster: "east" });
    expect(await valueOf(theirs.urn)).toContain("::elsewhere");
  });

  test("of a workspace nothing is there in any cluster, and a program that looks for it goes on", async () => {
    const location = new velero.BackupLocation("of-many", {
      storage,
      clusters: { east: { kubeconfig: { env: "EAST" } }, dr: { offline: true } },
    });
    const workspace = new velero.WorkspaceBackup("absent-workspace", {
      location,
      clusters: ["east"],
      schedule: velero.schedules.weekly(),
      spread: "1h",
    });
    expect(await valueOf(workspace.byCluster)).toBeUndefined();
    const named = workspace.byCluster.apply((parts?: Parts) => parts?.["east"]?.backupName ?? "none");
    expect(await valueOf(named)).toBe("none");
    for (const output of [workspace.phase, workspace.health, workspace.cadence, workspace.nextRun])
      expect(await valueOf(output as pulumi.Output<unknown>)).toBeUndefined();

    const theirs = velero.locationFrom("theirs", location.handle, { clusters: { east: { ambient: true } } });
    const elsewhere = new velero.WorkspaceBackup("workspace-elsewhere", {
      location: theirs,
      clusters: "all",
    });
    expect(await valueOf(elsewhere.urn)).toContain("::workspace-elsewhere");
  });

  test("of a restore nothing is there, of whatever it is, and a program that looks for it goes on", async () => {
    const location = new velero.BackupLocation("to-restore", {
      storage,
      clusters: { east: { ambient: true, reads: ["dr"] }, dr: { offline: true } },
    });
    const backup = new velero.ClusterBackup("to-be-restored", { location, cluster: "east" });
    const workspace = new velero.WorkspaceBackup("all-to-be-restored", { location, clusters: "all" });
    const restores = [
      new velero.Restore("of-backup", { backup, cluster: "east" }),
      new velero.Restore("of-workspace", { backup: workspace, clusterMapping: "same" }),
      new velero.Restore("of-name", { backup: { location, from: "dr", backupName: "b" }, cluster: "east" }),
    ];
    for (const { phase, created, plan, byCluster, health } of restores) {
      for (const output of [phase, created, plan, byCluster, health])
        expect(await valueOf(output as pulumi.Output<unknown>)).toBeUndefined();
      const named = byCluster.apply(
        (parts?: Record<string, velero.RestorePart>) => parts?.["east"]?.restoreName,
      );
      expect(await valueOf(named)).toBeUndefined();
    }
    expect(madeAs("of-name").inputs["targets"]).toMatchObject({
      dr: { cluster: "east", connection: { ambient: true } },
    });
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

  test("a cluster that the location lacks is named, with those that it has", () => {
    const missing = { location: location() as velero.Location<string>, cluster: "west" };
    expect(() => new velero.ClusterBackup("x", missing)).toThrow('no cluster "west"; it has: east');
  });

  test("so is one of several", () => {
    const clusters = ["east", "west"];
    const missing = { location: location() as velero.Location<string>, clusters };
    expect(() => new velero.WorkspaceBackup("w", missing)).toThrow('no cluster "west"; it has: east');
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

  test("Pulumi's customTimeouts are refused, since no dynamic provider gets them, and ours are named", () => {
    const opts = pulumi.mergeOptions({ protect: true }, { customTimeouts: { create: "1h" } });
    const at = { location: location(), cluster: "east" } as const;
    const clusters = { east: { ambient: true } } as const;
    const makers: Record<string, () => unknown> = {
      BackupLocation: () => new velero.BackupLocation("t-location", { storage, clusters }, opts),
      ClusterBackup: () => new velero.ClusterBackup("t-backup", at, opts),
      WorkspaceBackup: () =>
        new velero.WorkspaceBackup("t-workspace", { location: at.location, clusters: "all" }, opts),
      Restore: () =>
        new velero.Restore(
          "t-restore",
          { backup: { location: at.location, from: "east", backupName: "b" }, cluster: "east" },
          opts,
        ),
      ProtectedCluster: () => new velero.ProtectedCluster("t-protected", at, opts),
    };
    for (const [kind, make] of Object.entries(makers))
      expect(make, kind).toThrow(
        `velero.${kind} takes no "customTimeouts" among its options: Pulumi does not give them to the provider, and ` +
          "they would bound nothing. Take the argument `timeouts`, whose keys are the same and whose values are Go " +
          'durations: {"create":"1h"}.',
      );
    const shared = () => velero.locationFrom("t-shared", at.location.handle, { clusters }, opts);
    expect(shared).toThrow("Nothing of it waits: leave them out.");
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
    SharedLocation: (opts) => velero.locationFrom("o-shared", location().handle, { clusters }, opts),
  };

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

  test.each(Object.keys(makers))("an id by which a %s would be read is refused", (kind) => {
    expect(() => makers[kind]?.({ id: "velero/nightly" })).toThrow(
      `velero.${kind} takes no "id" among its options: Pulumi cannot read a dynamic resource that is not in its state.`,
    );
  });

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
