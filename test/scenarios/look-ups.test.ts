import { expect, test } from "vitest";
import { backupPhases, restorePhases } from "../../model/phases.ts";
import { UNKNOWN } from "../engine/run-result.ts";
import type { Runner } from "../engine/runner.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { liveObject, markerAt, passingStack } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, veleroPath } from "./stack.ts";

/** A location, a backup, and all look-ups as outputs. */
const PLATFORM = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const once = new velero.ClusterBackup("once", {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], triggers: [process.env.AGAIN], volumes: "none",
  });
  const of = { location, cluster: "east" };
  exports.backups = velero.getBackupsOutput(of, { dependsOn: once });
  exports.stored = velero.getBackupsOutput({ ...of, from: "store" }, { dependsOn: once });
  exports.before = velero.getLatestBackupOutput({ ...of, before: process.env.BEFORE }, { dependsOn: once });
  exports.latest = velero.getLatestBackupOutput(of, { dependsOn: [once] });
  exports.ofNobody = velero.getBackupsOutput({ ...of, workspace: "nobody" }).apply((backups) => backups.length);
  exports.users = velero.getLocationUsersOutput({ location }, { dependsOn: once });
  exports.handle = location.handle;
`;

/** The same with promises, which cannot wait for what a preview does not know. */
const WITH_PROMISES = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  module.exports = async () => ({ newest: await velero.getLatestBackup({ location, cluster: "east" }) });
`;

/** Another stack: by the handle, and by the bucket alone, as if the cluster were gone. */
const READER = `
  const platform = new pulumi.StackReference(process.env.PLATFORM);
  const handle = platform.requireOutput("handle");
  const access = { credentials: { static: keys } };
  const theirs = velero.locationFrom("theirs", handle, { clusters: { east }, access });
  const blind = velero.locationFrom("blind", handle, { clusters: { east: { offline: true } } });
  const lost = handle.apply((each) => ({ ...each, store: { ...each.store, bucket: each.store.bucket + "-lost" } }));
  const bucketless = velero.locationFrom("bucketless", lost, { clusters: { east }, access });
  const { minio } = storage;
  const archive = new velero.BackupLocation("archive", {
    storage: { minio: { ...minio, prefix: "archive" } },
    clusters: {
      gone: { offline: true, prefix: "/", storage: { minio: { ...minio, prefix: "east" } } },
    },
  });
  module.exports = async () => {
    const told = (promise) => promise.then(() => "nothing", (error) => error.message);
    return {
      byHandle: await velero.getBackups({ location: theirs, cluster: "east" }),
      stored: await velero.getBackups({ location: theirs, cluster: "east", from: "store" }),
      ofTheGone: await velero.getBackups({ location: archive, cluster: "gone", schedule: undefined }),
      latestOfTheGone: await velero.getLatestBackup({ location: archive, cluster: "gone" }),
      users: await velero.getLocationUsers({ location: theirs }),
      unseen: (await velero.getLocationUsers({ location: blind })).notAsked,
      blind: await told(velero.getBackups({ location: blind, cluster: "east" })),
      withoutBucket: await velero.getBackups({ location: bucketless, cluster: "east", from: "store" }).catch((error) => {
        // What a program does that knows what to do about one failure, and about no other.
        if (velero.isVeleroError(error, "NoSuchBucket")) return "made by another stack";
        throw error;
      }),
    };
  };
`;

/** Looks up again and again, and counts its connections after each time. */
const AGAIN_AND_AGAIN = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const ask = async (from) => {
    await velero.getBackups({ location, cluster: "east", from });
    await new Promise((resolve) => setTimeout(resolve, 200));
    return process.getActiveResourcesInfo().filter((each) => /TCP|TLS/.test(each)).length;
  };
  module.exports = async () => {
    const counts = [];
    for (const from of ["cluster", "store", "cluster", "store", "store"]) counts.push(await ask(from));
    return { counts };
  };
`;

interface Summary {
  name: string;
  completionTime: string;
}

describeOnSandbox("A look-up", (sandbox) => {
  const east = sandbox.cluster("east");

  test("is unknown until there is something to ask, and then tells of the backups, from cluster, store and other stacks", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 5 });
    const stack = await passingStack(sandbox, PLATFORM, {
      project: "platform",
      env: { SHOP: shop, AGAIN: "1", BEFORE: "2026-01-01T00:00:00Z" },
    });
    const lookedUp = ["backups", "stored", "before", "latest", "ofNobody", "users"];
    const ahead = await ok(stack.preview());
    for (const name of lookedUp) expect(ahead.outputs[name], name).toBe(UNKNOWN);

    const up = await ok(stack.up());
    expect(up.secretOutputs).toEqual([]);
    const { backupName, itemsBackedUp, expiration } = outputsOf(up, "once");
    const { status } = (await liveObject(east, "backups", backupName)) as {
      status?: Record<string, unknown>;
    };
    const urn = `urn:pulumi:${stack.stack}::platform::pulumi-nodejs:dynamic/velero:ClusterBackup::once`;
    const first = {
      name: backupName,
      cluster: "east",
      phase: "Completed",
      startTime: status?.["startTimestamp"],
      completionTime: status?.["completionTimestamp"],
      expiration,
      itemsBackedUp,
      warnings: 0,
      errors: 0,
      owner: urn,
    };
    const { owner, lineage } = await markerAt(sandbox, stack.bucket, "east");
    const system = await east.kubernetes.get("/api/v1/namespaces/kube-system");
    const users = {
      users: [
        {
          cluster: "east",
          owner: urn,
          lineage,
          kind: "ClusterBackup",
          name: "once",
          project: "platform",
          stack: stack.stack,
          schedules: [],
          backups: [backupName],
          restores: [],
        },
      ],
      claims: [
        {
          prefix: "east",
          owner,
          lineage,
          kind: "ClusterLocation",
          name: "primary-east",
          project: "platform",
          stack: stack.stack,
          cluster: "east",
          clusterUid: system?.metadata.uid,
        },
      ],
      notAsked: [],
    };
    expect(up.outputs).toMatchObject({
      backups: [first],
      stored: [first],
      latest: first,
      ofNobody: 0,
      users,
    });
    expect(up.outputs["before"]).toBeUndefined();

    // A preview of what is there already asks, and a program that asks at once goes on.
    const again = await ok(stack.preview());
    expect(again.outputs).toMatchObject({ backups: [first], users });

    const more = await ok(stack.up({ env: { AGAIN: "2", BEFORE: first.completionTime as string } }));
    const names = (output: unknown) => (output as Summary[]).map(({ name }) => name);
    const newer = outputsOf(more, "once")["backupName"];
    expect(names(more.outputs["backups"])).toEqual([newer, backupName]);
    expect(names(more.outputs["stored"])).toEqual([newer, backupName]);
    expect(more.outputs["latest"]).toMatchObject({ name: newer, phase: "Completed" });
    expect(more.outputs["before"]).toEqual(first);

    const reader = await passingStack(sandbox, READER, {
      project: "reader",
      backend: stack as Runner,
      bucket: stack.bucket,
      env: { PLATFORM: `organization/platform/${stack.stack}` },
    });
    expect(messagesOf(await reader.preview())).toMatch(
      /velero\.getBackups: this preview does not know yet .* Take velero\.getBackupsOutput/,
    );
    const read = await ok(reader.up());
    expect(read.secretOutputs).toEqual([]);
    const gone = (more.outputs["stored"] as Summary[]).map((each) => ({ ...each, cluster: "gone" }));
    expect(read.outputs).toEqual({
      byHandle: more.outputs["backups"],
      stored: more.outputs["stored"],
      ofTheGone: gone,
      latestOfTheGone: gone[0],
      users: more.outputs["users"],
      unseen: [
        'cluster "east": it is declared offline',
        "the store: this program has no way there (`access`)",
      ],
      blind: expect.stringMatching(
        /^access: this program has no way to the store in which the backups of cluster "east" are\. Give it one: /,
      ),
      withoutBucket: "made by another stack",
    });
    expect((await ok(reader.preview())).outputs).toEqual(read.outputs);
  }, 240_000);

  test("tells phases by the words that Velero's own definitions have, and no others", async () => {
    const phasesOf = async (kind: string) => {
      const definition = await east.kubernetes.get(
        `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${kind}.velero.io`,
      );
      const [found] = JSON.stringify(definition).match(/"phase":\{[^}]*"enum":\[[^\]]*\]/g) ?? [];
      return [...(found ?? "").replace(/.*"enum":/, "").matchAll(/"(\w+)"/g)]
        .map(([, phase]) => phase)
        .toSorted();
    };
    expect(await phasesOf("backups")).toEqual(backupPhases.toSorted());
    expect(await phasesOf("restores")).toEqual(restorePhases.toSorted());
    expect(await phasesOf("schedules")).toEqual(["Enabled", "FailedValidation", "New"]);
    expect(await phasesOf("backupstoragelocations")).toEqual(["Available", "Unavailable"]);
  });

  test("of what cannot be seen from a preview is unknown there, with a warning, and fails an up; it leaves no connection behind", async () => {
    const stack = await passingStack(sandbox, WITH_PROMISES);
    const ahead = await stack.preview();
    expect(ahead.ok).toBe(false);
    expect(messagesOf(ahead)).toContain("Take velero.getLatestBackupOutput, which stays unknown until it is");
    const up = await ok(stack.up());
    expect(up.outputs["newest"]).toBeUndefined();

    stack.change(AGAIN_AND_AGAIN);
    const [first, ...others] = (await ok(stack.up())).outputs["counts"] as number[];
    // What is left belongs to Pulumi.
    expect(others).toEqual(Array(4).fill(first));

    const asOutput = `
      const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
      exports.newest = velero.getLatestBackupOutput({ location, cluster: "east" });
      exports.backups = velero.getBackupsOutput({ location, cluster: "east", from: "store" });
    `;
    stack.change(asOutput);
    const env = { EAST_KUBECONFIG: undefined };
    const without = await ok(stack.preview({ env }));
    expect(without.outputs).toMatchObject({ newest: UNKNOWN, backups: [] });
    expect(messagesOf(without)).toMatch(
      /warning: velero\.getLatestBackup: unknown in this preview\. .*EAST_KUBECONFIG is not set/,
    );
    stack.change(asOutput.replace("clusters:", 'preflight: "strict", clusters:'));
    expect((await stack.preview({ env })).ok).toBe(false);

    // What was taken away behind Pulumi's back is no empty list.
    stack.change(asOutput);
    const name = outputsOf(up, "primary-east")["locationName"];
    await east.kubernetes.delete(veleroPath("backupstoragelocations", String(name)));
    const lost = await stack.up();
    expect(lost.ok).toBe(false);
    expect(messagesOf(lost)).toMatch(/BackupStorageLocation velero\/\S+ in cluster "east" does not exist/);
  }, 240_000);
});
