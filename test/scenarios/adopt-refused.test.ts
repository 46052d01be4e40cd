import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { complaintsIn } from "./complaints.ts";
import { backupByHand, locationByHand, withoutStatus } from "./location-by-hand.ts";
import { liveObject, markerKey, passingStack, secretOf } from "./observe.ts";
import { messagesOf, resourceIn, stackOn, veleroPath } from "./stack.ts";

const SECRETS = "/api/v1/namespaces/velero/secrets";

const program = (options: string, store = "") => `
  ${store}
  new velero.BackupLocation("primary", { storage, clusters: { east: { ...east, ${options} } } });
`;

describeOnSandbox("A location that is to be adopted", (sandbox) => {
  const east = sandbox.cluster("east");
  const minio = sandbox.minio.client();

  test("is refused, in the preview already, where it lies elsewhere, is another's, or its Secret's name is taken", async () => {
    const { bucket, name, secret } = await locationByHand(sandbox, east);
    await backupByHand(east, name);
    const before = withoutStatus(await liveObject(east, "backupstoragelocations", name));
    const stack = await passingStack(sandbox, program(`adopt: "${name}"`), { bucket });

    async function expectRefusal(words: RegExp): Promise<void> {
      for (const run of [await stack.preview(), await stack.up()]) {
        expect(run.ok).toBe(false);
        expect(complaintsIn(run)).toEqual([expect.stringMatching(words)]);
      }
      expect(withoutStatus(await liveObject(east, "backupstoragelocations", name))).toEqual(before);
      expect((await sandbox.minio.objectKeys(bucket)).filter((key) => key.includes("metadata/"))).toEqual([]);
    }

    await expectRefusal(
      /^clusters\.east\.adopt: .* lies at aws bucket "\S+", prefix "prod\/eu", and is declared at aws bucket "\S+", prefix "east"\. Nothing was changed\. Set clusters\.east\.prefix: "prod\/eu"\./,
    );
    stack.change(program(`adopt: "${name}"`, 'storage.minio.prefix = "prod";'));
    await expectRefusal(/Nothing was changed\. Set clusters\.east\.prefix: "eu"\./);

    const taken = { apiVersion: "v1", kind: "Secret", metadata: { name, namespace: "velero" } };
    await east.kubernetes.create(SECRETS, taken);
    stack.change(program(`adopt: "${name}", prefix: "prod/eu"`));
    await expectRefusal(
      /^clusters\.east\.adopt: Secret velero\/\S+ .* was not made by this project\. Nothing was changed\./,
    );
    await east.kubernetes.delete(`${SECRETS}/${name}`);

    const missing = `${name}-2`;
    stack.change(program(`adopt: "${missing}", prefix: "prod/eu"`));
    const preview = await stack.preview();
    expect(preview.ok, messagesOf(preview)).toBe(true);
    expect(messagesOf(preview)).toContain(
      `there is no BackupStorageLocation velero/${missing} in cluster "east"`,
    );
    const up = await stack.up();
    expect(complaintsIn(up)).toEqual([
      expect.stringMatching(new RegExp(`there is no .*, but .*\\b${name}\\b`)),
    ]);

    stack.change(program(`adopt: "${name}", prefix: "prod/eu"`));
    const owner = await stack.up();
    expect(owner.ok, messagesOf(owner)).toBe(true);
    const rival = await stackOn(sandbox, program(`adopt: "${name}", prefix: "prod/eu"`), { bucket });
    for (const run of [await rival.preview(), await rival.up()]) {
      expect(run.ok).toBe(false);
      const complaints = complaintsIn(run);
      expect(complaints).not.toEqual([]);
      // Of the prefix, and in a preview of the location, too.
      for (const words of complaints)
        expect(words).toContain(`belongs to ${resourceIn(owner, "primary-east").urn}`);
    }
    expect((await rival.destroy()).ok).toBe(true);
    expect(await east.kubernetes.get(`${SECRETS}/${secret}`)).toBeDefined();
  }, 240_000);

  test("is refused where its backups are not in the store that is declared, or another holds the prefix", async () => {
    const { bucket, name } = await locationByHand(sandbox, east);
    const kept = await backupByHand(east, name);
    const stack = await passingStack(sandbox, program(`adopt: "${name}", prefix: "prod/eu"`), { bucket });
    const marker = {
      version: 1,
      owner: "urn:pulumi:prod::theirs::pulumi-nodejs:dynamic/velero:ClusterLocation::primary-east",
      formerOwners: [],
      incarnation: "0a1b2c3d4e5f",
      cluster: { key: "east", uid: "uid-of-theirs" },
    };
    await minio.putObject(bucket, markerKey("prod/eu"), JSON.stringify(marker));
    const claimed = await stack.up();
    expect(complaintsIn(claimed)).toEqual([expect.stringContaining(`belongs to ${marker.owner}`)]);
    await minio.removeObject(bucket, markerKey("prod/eu"));

    const metadata = `prod/eu/backups/${kept}/velero-backup.json`;
    await minio.copyObject(bucket, "aside", `/${bucket}/${metadata}`);
    await minio.removeObject(bucket, metadata);
    const empty = await stack.up();
    expect(complaintsIn(empty)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^clusters\\.east\\.adopt: .* has the backups ${kept}, and none of them is at prod/eu/ in minio`,
        ),
      ),
    ]);
    expect((await liveObject(east, "backupstoragelocations", name)).metadata.labels).toEqual({
      team: "platform",
    });
    expect(await secretOf(east, name)).toBeUndefined();
    await minio.copyObject(bucket, metadata, `/${bucket}/aside`);
    await minio.removeObject(bucket, "aside");
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
  }, 180_000);

  test("in the root of the bucket is refused with what can be done", async () => {
    const { bucket, name } = await locationByHand(sandbox, east, { prefix: "" });
    const stack = await passingStack(sandbox, program(`adopt: "${name}"`), { bucket });
    const preview = await stack.preview();
    expect(complaintsIn(preview)).toEqual([
      expect.stringMatching(
        /lies at aws bucket "\S+", its root, .*One in the root of a bucket cannot be declared/,
      ),
    ]);
    await east.kubernetes.delete(veleroPath("backupstoragelocations", name));
  });
});
