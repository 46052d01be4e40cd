import { expect, test } from "vitest";
import type { Runner } from "../engine/runner.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { dataKeys, liveObject, markerAt, secretOf, veleroObject } from "./observe.ts";
import { messagesOf, resourceIn, type Stack, stackOn, veleroObjects, veleroPath } from "./stack.ts";
import { ok } from "./workspace-stack.ts";

const platformOf = (more = "") => `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  exports.backups = location.handle;
  exports.location = location.clusters.east.locationName;
  ${more}
`;
/** A team has the handle from the other stack, or, where that is gone, from its own configuration. */
const teamOf = (backup: string, access = true) => `
  const handle = process.env.HANDLE
    ? JSON.parse(process.env.HANDLE)
    : new pulumi.StackReference(process.env.PLATFORM).requireOutput("backups");
  const access = ${access ? "{ credentials: { static: keys } }" : "undefined"};
  const location = velero.locationFrom("location", handle, { clusters: { east }, access });
  ${backup}
`;
const backup = (options = "") => `
  const shop = new velero.ClusterBackup("shop", {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], ${options}
  });
  exports.schedule = shop.scheduleName;
  exports.backup = shop.backupName;
`;
const schedule = (options = "") => backup(`schedule: "0 2 * * *", ${options}`);

const LONG = 400_000;

const leavingLabel = "pulumi-velero.io/orphaned";

describeOnSandbox("A location that others still use when its owner goes", (sandbox) => {
  const east = sandbox.cluster("east");

  async function platformOn(body = platformOf()) {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const platform = await stackOn(sandbox, body, { project: "platform", env: { SHOP: shop } });
    const { outputs } = await ok(platform.up());
    const HANDLE = JSON.stringify(outputs["backups"]);
    const teamOn = (program: string, project = "team", follows = false): Promise<Stack> =>
      stackOn(sandbox, program, {
        project,
        backend: platform as Runner,
        bucket: platform.bucket,
        env: {
          SHOP: shop,
          ...(follows ? { PLATFORM: `organization/platform/${platform.stack}` } : { HANDLE }),
        },
      });
    return { platform, teamOn, location: String(outputs["location"]), shop };
  }

  const live = (name: string) => liveObject(east, "backupstoragelocations", name);

  async function expectGone(platform: { bucket: string }, location: string): Promise<void> {
    expect(await veleroObject(east, "backupstoragelocations", location)).toBeUndefined();
    expect(await secretOf(east, location)).toBeUndefined();
    const naming = (await east.kubernetes.list(veleroPath("backups"))).filter(
      ({ spec }) => spec?.["storageLocation"] === location,
    );
    expect(naming).toEqual([]);
    expect(await veleroObjects(east, "backupstoragelocations", platform)).toEqual([]);
  }

  test(
    "stays with Secret, claim and data, serves those that are left, is its owner's again when it is declared again, and goes with the last of them",
    async () => {
      // What it has stored itself is no user, neither before nor after.
      const { platform, teamOn, location } = await platformOn(
        platformOf(backup().replace("exports.backup =", "//")),
      );
      const nightly = await teamOn(teamOf(schedule()), "nightly");
      const once = await teamOn(teamOf(backup()), "once");
      const weekly = await teamOn(teamOf(schedule()), "weekly");
      const { schedule: name } = (await ok(nightly.up())).outputs;
      const { backup: taken } = (await ok(once.up())).outputs;
      await ok(weekly.up());
      const { metadata } = await live(location);
      const stored = await dataKeys(sandbox, platform.bucket);
      const isLeft = async () => {
        const left = await live(location);
        expect(left.metadata.uid).toBe(metadata.uid);
        expect(left.metadata.labels).toMatchObject({ [leavingLabel]: "true" });
        expect(await secretOf(east, location)).toBeDefined();
        expect(await markerAt(sandbox, platform.bucket, "east")).not.toHaveProperty("released");
      };

      const said = messagesOf(await ok(platform.destroy()));
      expect(said).toContain(`BackupStorageLocation velero/${location} in cluster "east" is left to others`);
      expect(said).toContain(`Schedule velero/${String(name)} of urn:pulumi:${nightly.stack}::nightly::`);
      expect(said).toContain(`Backup velero/${String(taken)} of urn:pulumi:${once.stack}::once::`);
      await isLeft();
      expect(await dataKeys(sandbox, platform.bucket)).toEqual(stored);

      await ok(once.refresh({ previewOnly: true, expectNoChanges: true }));
      nightly.change(teamOf(schedule(`triggers: ["now"]`)));
      const more = await ok(nightly.up({ refresh: true }));
      expect(resourceIn(more, "shop").outputs).toMatchObject({
        health: "Healthy",
        backupName: expect.any(String),
      });
      expect(messagesOf(more)).toContain("its owner has left it to those who still use it");

      await ok(platform.up());
      const back = await live(location);
      expect(back.metadata.uid).toBe(metadata.uid);
      expect(back.metadata.labels).not.toHaveProperty([leavingLabel]);
      expect(back.spec).toMatchObject({ accessMode: "ReadWrite" });
      for (const stack of [platform, once])
        await ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));
      await ok(platform.destroy());
      await isLeft();

      expect(messagesOf(await ok(nightly.destroy()))).not.toContain("is removed");
      await isLeft();
      const [last, other] = await Promise.all([ok(once.destroy()), ok(weekly.destroy())]);
      await expectGone(platform, location);
      const words = messagesOf(last) + messagesOf(other);
      expect(words, last.text + other.text).toContain(
        `BackupStorageLocation velero/${location} in cluster "east", which its owner had left`,
      );
      expect(words).toContain("Its claim is released");
      expect((await markerAt(sandbox, platform.bucket, "east")).released).toBeDefined();
      expect(await dataKeys(sandbox, platform.bucket)).toEqual(expect.arrayContaining(stored));
    },
    LONG,
  );

  test(
    "goes at once where only its own stack's, destroyed ones' and hand-made backups name it, and names the last",
    async () => {
      const { platform, teamOn, location } = await platformOn(platformOf(backup()));
      const team = await teamOn(teamOf(backup()));
      const { backup: kept } = (await ok(team.up())).outputs;
      await ok(team.destroy());
      expect((await liveObject(east, "backups", kept)).metadata.labels).toMatchObject({
        "pulumi-velero.io/retained": "true",
      });
      await east.kubernetes.create(veleroPath("schedules"), {
        apiVersion: "velero.io/v1",
        kind: "Schedule",
        metadata: { name: `by-hand-${location}` },
        spec: { schedule: "0 3 * * *", template: { storageLocation: location } },
      });
      const stored = await dataKeys(sandbox, platform.bucket);

      const said = messagesOf(await ok(platform.destroy()));
      await east.kubernetes.delete(veleroPath("schedules", `by-hand-${location}`));
      expect(said).toContain(`Schedule velero/by-hand-${location}`);
      expect(said).not.toContain("is left to others");
      await expectGone(platform, location);
      expect(await dataKeys(sandbox, platform.bucket)).toEqual(stored);
    },
    LONG,
  );

  test(
    "by moving, or because its cluster's key was removed, goes with the last that follows or is destroyed, be that killed or without a way to the store",
    async () => {
      const { platform, teamOn, location } = await platformOn();
      const team = await teamOn(teamOf(schedule("runNow: true")), "team", true);
      const before = await ok(team.up());
      const stored = await dataKeys(sandbox, platform.bucket);
      const BUCKET = await sandbox.minio.createBucket("scenario");
      const env = { BUCKET };

      const moved = await ok(platform.up({ env }));
      expect(messagesOf(moved)).toContain("is left to others");
      expect((await live(location)).metadata.labels).toHaveProperty([leavingLabel]);
      const followed = await ok(team.up());
      expect(messagesOf(followed)).toContain("which its owner had left");
      await expectGone(platform, location);
      const now = String(moved.outputs["location"]);
      const name = before.outputs["schedule"];
      expect((await liveObject(east, "schedules", name)).spec?.["template"]).toMatchObject({
        storageLocation: now,
      });
      expect((await markerAt(sandbox, platform.bucket, "east")).released).toBeDefined();
      expect(await dataKeys(sandbox, platform.bucket)).toEqual(stored);

      team.change(teamOf(schedule("runNow: true"), false));
      await ok(team.up());
      platform.change(
        platformOf()
          .replace("clusters: { east }", "clusters: {}")
          .replace(/exports.location.*/, ""),
      );
      expect(messagesOf(await ok(platform.up({ env })))).toContain("is left to others");
      expect((await live(now)).metadata.labels).toHaveProperty([leavingLabel]);

      const run = team.start("destroy");
      await waitUntil(
        "the Schedule is gone",
        async () => (await veleroObject(east, "schedules", name)) === undefined,
        { intervalMs: 5 },
      );
      await run.killProvider();
      const killed = await run.result;
      expect(messagesOf(killed) + messagesOf(await ok(team.destroy()))).toContain(
        "Its claim (east/metadata/) could not be released, since this program has no way to the store",
      );
      await expectGone({ bucket: BUCKET }, now);
      const { lineage, ...marker } = await markerAt(sandbox, BUCKET, "east");
      expect(marker).not.toHaveProperty("released");
      // Nothing tells it from a stack of the same name that still has its state.
      await ok(platform.destroy({ env }));
      platform.change(platformOf());
      const refused = await platform.up({ env });
      expect(refused.ok).toBe(false);
      expect(messagesOf(refused)).toContain(`adoptLineage: "${lineage}"`);
    },
    LONG,
  );
});
