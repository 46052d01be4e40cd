import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { backupByHand, locationByHand, phaseOf, withoutStatus } from "./location-by-hand.ts";
import { dataKeys, liveObject, markerAt, ownerOf, passingStack, secretOf, veleroObject } from "./observe.ts";
import { messagesOf, resourceIn, stackOn, stepsOf, veleroObjects } from "./stack.ts";

const SECRETS = "/api/v1/namespaces/velero/secrets";

const program = (options: string, store = "") => `
  ${store}
  const location = new velero.BackupLocation("primary", { storage, clusters: { east: { ...east, ${options} } } });
  exports.location = location.clusters.east.locationName;
`;

describeOnSandbox("Adopting a location", (sandbox) => {
  const east = sandbox.cluster("east");
  const minio = sandbox.minio.client();

  test("made by hand, with the backups in it: the next preview is empty, nothing of them is lost, and it is written to", async () => {
    const { bucket, name, secret } = await locationByHand(sandbox, east);
    const kept = await backupByHand(east, name);
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
      `BackupStorageLocation velero/${name} in cluster "east" is taken over. What changes: credential: "${secret}" ` +
        `(key "file") becomes "${name}" (key "cloud"); Secret ${secret} itself stays as it is. What stays, since nothing ` +
        'that is declared says otherwise: config.insecureSkipTLSVerify: "true".',
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
    expect(live.spec?.["config"]).toEqual(object.spec?.["config"]);
    expect(await secretOf(east, name)).toBeDefined();
    expect(await east.kubernetes.get(`${SECRETS}/${secret}`)).toEqual(theirs);
    expect((await markerAt(sandbox, bucket, "prod/eu")).owner).toBe(urn);
    expect(await dataKeys(sandbox, bucket)).toEqual(keys);
    expect(phaseOf(await liveObject(east, "backups", kept))).toBe("Completed");

    for (const run of [
      await stack.preview({ expectNoChanges: true }),
      await stack.refresh({ previewOnly: true, expectNoChanges: true }),
      await stack.up({ expectNoChanges: true }),
    ]) {
      expect(run.ok, messagesOf(run)).toBe(true);
    }
    const mine = await backupByHand(east, name);
    expect(await dataKeys(sandbox, bucket, `prod/eu/backups/${mine}/`)).not.toEqual([]);

    stack.change(program('prefix: "prod/eu"'));
    const dropped = await stack.up();
    expect(dropped.ok, messagesOf(dropped)).toBe(true);
    expect(stepsOf(dropped)).toEqual(["same primary", "update primary-east"]);
    expect(dropped.outputs["location"]).toBe(name);
    expect(withoutStatus(await liveObject(east, "backupstoragelocations", name))).toEqual(
      withoutStatus(live),
    );

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
    const { bucket, name } = await locationByHand(sandbox, east);
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
    const { bucket, name } = await locationByHand(sandbox, east, { spec: { accessMode: "ReadOnly" } });
    const stack = await passingStack(sandbox, program('prefix: "prod/eu"'), { bucket });
    const made = await stack.up();
    expect(made.ok, messagesOf(made)).toBe(true);
    const kept = await backupByHand(east, String(made.outputs["location"]));
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
    const { bucket, name } = await locationByHand(sandbox, east, { spec: { accessMode: "ReadOnly" } });
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

    const [, value] = /takeOver: "([0-9a-f]{12})"/.exec(message ?? "") ?? [];
    stack.change(program(`adopt: "${name}", prefix: "prod/eu", takeOver: "${value}"`));
    const taken = await stack.up();
    expect(taken.ok, messagesOf(taken)).toBe(true);
    expect(resourceIn(taken, "primary-east").outputs).toMatchObject({ accessMode: "ReadWrite" });
  }, 120_000);
});
