import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { complaintsIn } from "./complaints.ts";
import { createCredentialSecret } from "./mistakes/credential-secret.ts";
import {
  dataKeys,
  liveObject,
  markerAt,
  markerKey,
  ownerOf,
  passingStack,
  secretOf,
  veleroObject,
} from "./observe.ts";
import { messagesOf, resourceIn, stackOn, stepsOf, veleroObjects, veleroPath } from "./stack.ts";

const SECRETS = "/api/v1/namespaces/velero/secrets";

const program = (options: string, store = "") => `
  ${store}
  const location = new velero.BackupLocation("primary", { storage, clusters: { east: { ...east, ${options} } } });
  exports.location = location.clusters.east.locationName;
`;

describeOnSandbox("Adopting a location", (sandbox) => {
  const east = sandbox.cluster("east");
  const minio = sandbox.minio.client();

  /** As somebody has made it before us, with Velero's own tools. */
  async function byHand({ prefix = "prod/eu", spec = {} }: { prefix?: string; spec?: object } = {}) {
    const bucket = await sandbox.minio.createBucket("by-hand");
    const secret = await createCredentialSecret(east, sandbox.minio);
    const name = uniqueName("by-hand");
    await east.kubernetes.create(veleroPath("backupstoragelocations"), {
      apiVersion: "velero.io/v1",
      kind: "BackupStorageLocation",
      metadata: { name, namespace: "velero", labels: { team: "platform" } },
      spec: {
        provider: "velero.io/aws",
        objectStorage: { bucket, ...(prefix && { prefix }) },
        config: {
          region: "us-east-1",
          s3Url: sandbox.minio.endpoint,
          s3ForcePathStyle: "true",
          checksumAlgorithm: "",
          insecureSkipTLSVerify: "true",
        },
        credential: { name: secret.name, key: "file" },
        backupSyncPeriod: "2m",
        ...spec,
      },
    });
    await waitUntil("it is Available", async () =>
      (await liveObject(east, "backupstoragelocations", name)).status?.["phase"] === "Available"
        ? true
        : undefined,
    );
    return { bucket, name, secret: secret.name };
  }

  async function backupIn(location: string): Promise<string> {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const name = uniqueName("kept");
    await east.kubernetes.create(veleroPath("backups"), {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: { name, namespace: "velero" },
      spec: { storageLocation: location, includedNamespaces: [shop], ttl: "24h" },
    });
    await waitUntil("it is complete", async () =>
      (await liveObject(east, "backups", name)).status?.["phase"] === "Completed" ? true : undefined,
    );
    return name;
  }

  const unowned = ({ metadata, spec }: KubernetesObject) => ({
    labels: metadata.labels,
    annotations: metadata["annotations"],
    spec,
  });

  test("made by hand, with the backups in it: the next preview is empty, nothing of them is lost, and it is written to", async () => {
    const { bucket, name, secret } = await byHand();
    const kept = await backupIn(name);
    const [object, keys, theirs] = [
      await liveObject(east, "backupstoragelocations", name),
      await dataKeys(sandbox, bucket),
      await east.kubernetes.get(`${SECRETS}/${secret}`),
    ];
    const adopting = `adopt: "${name}", prefix: "prod/eu"`;
    const stack = await stackOn(sandbox, program(adopting), { bucket });
    const preview = await stack.preview();
    expect(preview.ok, messagesOf(preview)).toBe(true);
    expect(stepsOf(preview)).toEqual(["create primary", "create primary-east"]);
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(up.outputs["location"]).toBe(name);
    const { outputs, urn } = resourceIn(up, "primary-east");
    expect(outputs).toMatchObject({ accessMode: "ReadWrite", phase: "Available", health: "Healthy" });
    expect(messagesOf(up)).toContain(
      `BackupStorageLocation velero/${name} in cluster "east" is taken over; what is not declared goes from its config: ` +
        `insecureSkipTLSVerify; Secret velero/${secret}, whose keys it has used so far, stays as it is`,
    );

    const live = await liveObject(east, "backupstoragelocations", name);
    expect(live.metadata.uid).toBe(object.metadata.uid);
    expect(live.metadata.labels).toMatchObject({ team: "platform" });
    expect(ownerOf(live)).toBe(urn);
    expect(live.spec).toMatchObject({
      accessMode: "ReadWrite",
      backupSyncPeriod: "2m",
      objectStorage: { bucket, prefix: "prod/eu" },
      credential: { name, key: "cloud" },
    });
    expect(live.spec?.["config"]).not.toHaveProperty("insecureSkipTLSVerify");
    expect(await secretOf(east, name)).toBeDefined();
    expect(await east.kubernetes.get(`${SECRETS}/${secret}`)).toEqual(theirs);
    expect((await markerAt(sandbox, bucket, "prod/eu")).owner).toBe(urn);
    expect(await dataKeys(sandbox, bucket)).toEqual(keys);
    expect((await liveObject(east, "backups", kept)).status?.["phase"]).toBe("Completed");

    for (const run of [
      await stack.preview({ expectNoChanges: true }),
      await stack.refresh({ previewOnly: true, expectNoChanges: true }),
      await stack.up({ expectNoChanges: true }),
    ]) {
      expect(run.ok, messagesOf(run)).toBe(true);
    }
    const mine = await backupIn(name);
    expect(await dataKeys(sandbox, bucket, `prod/eu/backups/${mine}/`)).not.toEqual([]);

    stack.change(program('prefix: "prod/eu"'));
    const dropped = await stack.up();
    expect(dropped.ok, messagesOf(dropped)).toBe(true);
    expect(stepsOf(dropped)).toEqual(["same primary", "update primary-east"]);
    expect(dropped.outputs["location"]).toBe(name);
    expect(unowned(await liveObject(east, "backupstoragelocations", name))).toEqual(unowned(live));

    const stored = await dataKeys(sandbox, bucket);
    const destroy = await stack.destroy();
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    expect(await veleroObject(east, "backupstoragelocations", name)).toBeUndefined();
    expect(await secretOf(east, name)).toBeUndefined();
    expect(await veleroObject(east, "backups", kept)).toBeUndefined();
    expect(await dataKeys(sandbox, bucket)).toEqual(stored);
    expect(await east.kubernetes.get(`${SECRETS}/${secret}`)).toEqual(theirs);
  }, 240_000);

  test("and moving it on: the new place gets a location of its own, whatever `adopt` still says", async () => {
    const { bucket, name } = await byHand();
    const stack = await passingStack(sandbox, program(`adopt: "${name}", prefix: "prod/eu"`), { bucket });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    stack.change(program(`adopt: "${name}", prefix: "elsewhere"`));
    const moved = await stack.up();
    expect(moved.ok, messagesOf(moved)).toBe(true);
    expect(moved.outputs["location"]).toMatch(/^primary-east-[0-9a-f]{8}$/);
    expect(await veleroObject(east, "backupstoragelocations", name)).toBeUndefined();
    const again = await stack.up({ expectNoChanges: true });
    expect(again.ok, messagesOf(again)).toBe(true);
  }, 180_000);

  test("in place of one that was made here: both lie at one prefix, and the claim goes along", async () => {
    const { bucket, name } = await byHand({ spec: { accessMode: "ReadOnly" } });
    const stack = await passingStack(sandbox, program('prefix: "prod/eu"'), { bucket });
    const made = await stack.up();
    expect(made.ok, messagesOf(made)).toBe(true);
    const kept = await backupIn(String(made.outputs["location"]));
    stack.change(program(`prefix: "prod/eu", adopt: "${name}"`));
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(up.outputs["location"]).toBe(name);
    expect(await veleroObjects(east, "backupstoragelocations", { bucket })).toHaveLength(1);
    const { outputs } = resourceIn(up, "primary-east");
    expect(outputs).toMatchObject({ accessMode: "ReadWrite" });
    const marker = await markerAt(sandbox, bucket, "prod/eu");
    expect(marker).toMatchObject({ incarnation: outputs?.["incarnation"] });
    expect(marker).not.toHaveProperty("released");
    expect(await dataKeys(sandbox, bucket, `prod/eu/backups/${kept}/`)).not.toEqual([]);
    const again = await stack.up({ expectNoChanges: true });
    expect(again.ok, messagesOf(again)).toBe(true);
  }, 180_000);

  test("that is read-only, and holds backups of whomever, stays so until takeOver says otherwise", async () => {
    const { bucket, name } = await byHand({ spec: { accessMode: "ReadOnly" } });
    await minio.putObject(
      bucket,
      "prod/eu/backups/theirs/velero-backup.json",
      JSON.stringify({ metadata: { name: "theirs" }, spec: {}, status: { phase: "Completed" } }),
    );
    const stack = await passingStack(sandbox, program(`adopt: "${name}", prefix: "prod/eu"`), { bucket });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const { accessMode, message } = resourceIn(up, "primary-east").outputs as Record<string, string>;
    expect(accessMode).toBe("ReadOnly");
    expect(message).toContain("no marker of ours");
    expect(await sandbox.minio.objectKeys(bucket)).toEqual(["prod/eu/backups/theirs/velero-backup.json"]);
  }, 120_000);

  test("is gone on with where an up was killed in the middle", async () => {
    const { bucket, name } = await byHand();
    const kept = await backupIn(name);
    const stack = await passingStack(sandbox, program(`adopt: "${name}", prefix: "prod/eu"`), { bucket });
    // Without Velero the up waits for its verdict after everything is done.
    await east.velero.stop();
    try {
      const run = stack.start("up");
      await waitUntil("it is taken over", async () => {
        const { metadata } = await liveObject(east, "backupstoragelocations", name);
        return metadata.labels?.["pulumi-velero.io/owner"];
      });
      await run.killProvider();
      expect((await run.result).ok).toBe(false);
    } finally {
      await east.velero.start();
    }
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(resourceIn(up, "primary-east").outputs).toMatchObject({
      locationName: name,
      accessMode: "ReadWrite",
    });
    expect((await liveObject(east, "backups", kept)).status?.["phase"]).toBe("Completed");
    const again = await stack.up({ expectNoChanges: true });
    expect(again.ok, messagesOf(again)).toBe(true);
  }, 180_000);

  test("is refused, in the preview already, where it lies elsewhere, is another's, or its Secret's name is taken", async () => {
    const { bucket, name, secret } = await byHand();
    await backupIn(name);
    const before = unowned(await liveObject(east, "backupstoragelocations", name));
    const stack = await passingStack(sandbox, program(`adopt: "${name}"`), { bucket });

    async function expectRefusal(words: RegExp): Promise<void> {
      for (const run of [await stack.preview(), await stack.up()]) {
        expect(run.ok).toBe(false);
        expect(complaintsIn(run)).toEqual([expect.stringMatching(words)]);
      }
      expect(unowned(await liveObject(east, "backupstoragelocations", name))).toEqual(before);
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
      expect(complaintsIn(run)).toEqual([
        expect.stringContaining(`belongs to ${resourceIn(owner, "primary-east").urn}`),
      ]);
    }
    expect((await rival.destroy()).ok).toBe(true);
    expect(await east.kubernetes.get(`${SECRETS}/${secret}`)).toBeDefined();
  }, 240_000);

  test("is refused where its backups are not in the store that is declared, or another holds the prefix", async () => {
    const { bucket, name } = await byHand();
    const kept = await backupIn(name);
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
    const { bucket, name } = await byHand({ prefix: "" });
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
