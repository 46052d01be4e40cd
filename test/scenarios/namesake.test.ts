import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { complaintsIn } from "./complaints.ts";
import { markerAt, passingStack } from "./observe.ts";
import { messagesOf, resourceIn, type Stack, stackOn, stepsOf, veleroObjects } from "./stack.ts";
import { ok } from "./workspace-stack.ts";

const locationWith = (more = ""): string =>
  `const location = new velero.BackupLocation("primary", { storage, clusters: { east } ${more} });`;
const backups = `
  new velero.ClusterBackup("nightly", {
    location, cluster: "east", schedule: "0 2 * * *", includedNamespaces: [process.env.SHOP], runNow: true,
    deletionPolicy: "delete",
  });
`;
/** Another bucket keeps the claims apart, so that the Schedules of equal names meet. */
const elsewhere = `
  const elsewhere = { minio: { ...storage.minio, prefix: "elsewhere" } };
  const location = new velero.BackupLocation("primary", { storage: elsewhere, clusters: { east } });
`;

const LONG = 300_000;

describeOnSandbox("Two stacks of one name in two backends", (sandbox) => {
  const east = sandbox.cluster("east");

  /** All that a stack has in cluster and store, but for what Velero itself goes on writing. */
  async function everythingOf(stack: Stack) {
    const kinds = ["backupstoragelocations", "schedules", "backups"] as const;
    const objects = await Promise.all(kinds.map((kind) => veleroObjects(east, kind, stack)));
    const withoutStatus = ({ metadata, spec }: KubernetesObject) => ({
      name: metadata.name,
      uid: metadata.uid,
      labels: metadata.labels,
      spec,
    });
    return {
      objects: objects.flat().map(withoutStatus),
      marker: await markerAt(sandbox, stack.bucket, "east"),
      stored: await sandbox.minio.objectKeys(stack.bucket, "east/backups/"),
    };
  }

  test(
    "keep what they have: the second is refused, and its up and destroy touch nothing of the first, until it takes that back on purpose",
    async () => {
      const shop = await createNamespace(east, "shop");
      await seedNamespace(east, shop, { objects: 3 });
      const env = { SHOP: shop };
      const first = await passingStack(sandbox, locationWith() + backups, { env });
      const up = await ok(first.up());
      const before = await everythingOf(first);
      // The same project, stack and resource names, in a backend of its own.
      const second = await stackOn(sandbox, locationWith() + backups, {
        stack: first.stack,
        bucket: first.bucket,
        env,
      });
      const { urn } = resourceIn(up, "primary-east");
      const refused = await second.preview();
      for (const run of [refused, await second.up()]) {
        expect(run.ok).toBe(false);
        expect(complaintsIn(run)).toContainEqual(
          expect.stringContaining(
            `clusters.east.prefix: east/ belongs to ${urn} of another stack that has the same name`,
          ),
        );
      }
      await ok(second.destroy());
      expect(await everythingOf(first)).toEqual(before);

      // Nor do they share a Schedule of one name, whose backups the other's destroy would delete.
      second.change(elsewhere + backups);
      const run = await second.up();
      expect(run.ok).toBe(false);
      expect(complaintsIn(run)).toContainEqual(
        expect.stringContaining(
          `in cluster "east" exists already and belongs to ${resourceIn(up, "nightly").urn} of another stack that has`,
        ),
      );
      await ok(second.destroy());
      expect(await everythingOf(first)).toEqual(before);
      await ok(first.up({ refresh: true, expectNoChanges: true }));

      // The first is lost for good.
      const [, lineage] = /adoptLineage: "([0-9a-f]{16})"/.exec(messagesOf(refused)) ?? [];
      expect(lineage).toBe(resourceIn(up, "primary").outputs?.["lineage"]);
      second.change(locationWith(`, adoptLineage: "${lineage}"`) + backups);
      const taken = await ok(second.up());
      expect(stepsOf(taken)).toEqual(expect.arrayContaining(["create primary-east", "create nightly"]));
      const after = await everythingOf(first);
      const uids = ({ objects }: typeof before) => objects.map(({ uid }) => uid);
      expect(uids(after)).toEqual(expect.arrayContaining(uids(before)));
      expect(after.marker).toMatchObject({ lineage: resourceIn(taken, "primary").outputs?.["lineage"] });

      // It is no secret word: dropped, it changes nothing, and the lost stack could not come back unseen.
      second.change(locationWith() + backups);
      await ok(second.up());
      await ok(second.refresh({ previewOnly: true, expectNoChanges: true }));
      const drift = await ok(first.refresh());
      expect(resourceIn(drift, "primary-east").outputs).toMatchObject({ health: "Drifted" });
      await ok(second.destroy());
      expect(await sandbox.minio.objectKeys(first.bucket, "east/backups/")).toEqual([]);
    },
    LONG,
  );

  test(
    "are told apart also where both use a third stack's location",
    async () => {
      const platform = await passingStack(sandbox, `${locationWith()} exports.backups = location.handle;`, {
        project: "platform",
      });
      await ok(platform.up());
      const shop = await createNamespace(east, "shop");
      await seedNamespace(east, shop, { objects: 3 });
      const program = `
      const platform = new pulumi.StackReference("organization/platform/${platform.stack}");
      const location = velero.locationFrom("platform", platform.requireOutput("backups"), { clusters: { east } });
      ${backups}
    `;
      const stack = uniqueName("dev");
      // The file backends of the two see the platform's stack by copies of its state.
      const teamOn = async () => {
        const copy = await stackOn(sandbox, "", {
          project: "platform",
          stack: platform.stack,
          bucket: platform.bucket,
        });
        await copy.setState(await platform.state());
        return stackOn(sandbox, program, {
          project: "team",
          stack,
          backend: copy,
          bucket: platform.bucket,
          env: { SHOP: shop },
        });
      };
      const [one, other] = [await teamOn(), await teamOn()];
      await ok(one.up());
      const before = await everythingOf(platform);
      const refused = await other.up();
      expect(refused.ok).toBe(false);
      expect(complaintsIn(refused)).toContainEqual(
        expect.stringMatching(/Schedule .* of another stack that has the same name/),
      );
      await ok(other.destroy());
      expect(await everythingOf(platform)).toEqual(before);
      await ok(one.destroy());
    },
    LONG,
  );
});
