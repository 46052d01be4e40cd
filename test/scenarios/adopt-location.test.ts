import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { apiGate } from "./api-gate.ts";
import { backupByHand, locationByHand, phaseOf, withoutStatus } from "./location-by-hand.ts";
import { dataKeys, liveObject, markerAt, ownerOf, passingStack, secretOf, veleroObject } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, resourceIn, stepsOf, veleroObjects } from "./stack.ts";

const SECRETS = "/api/v1/namespaces/velero/secrets";
type Place = Awaited<ReturnType<typeof locationByHand>>;

describeOnSandbox("Adopting a location", (sandbox) => {
  const east = sandbox.cluster("east");
  const liveLocation = (name: unknown) => liveObject(east, "backupstoragelocations", name);

  /** Locations by the name of the resource, each in the bucket of its own place, with more of the cluster. */
  const program = (declared: Record<string, [Place, string]>) => `
    const make = (name, bucket, more) => new velero.BackupLocation(name, {
      storage: { minio: { ...storage.minio, bucket } }, clusters: { east: { ...east, prefix: "prod/eu", ...more } },
    });
    ${Object.entries(declared)
      .map(([name, [{ bucket }, more]]) => `make("${name}", "${bucket}", { ${more} });`)
      .join("\n")}
  `;

  test("is gone on with where an up was killed, empties the next preview, loses nothing, and stays as far as nothing else is declared", async () => {
    const readOnly = { spec: { accessMode: "ReadOnly" } };
    const killed = await locationByHand(sandbox, east);
    const main = await locationByHand(sandbox, east);
    const moving = await locationByHand(sandbox, east);
    const instead = await locationByHand(sandbox, east, readOnly);
    const theirs = await locationByHand(sandbox, east, readOnly);
    const ofAll = await locationByHand(sandbox, east, { spec: { default: true } });
    const adopt = (place: Place, more = ""): [Place, string] => [place, `adopt: "${place.name}", ${more}`];
    const stored = "prod/eu/backups/theirs/velero-backup.json";
    const foreign = { metadata: { name: "theirs" }, spec: {}, status: { phase: "Completed" } };
    await sandbox.minio.client().putObject(theirs.bucket, stored, JSON.stringify(foreign));
    const kept = await backupByHand(east, main.name);
    const [object, keys, secret] = [
      await liveLocation(main.name),
      await dataKeys(sandbox, main.bucket),
      await east.kubernetes.get(`${SECRETS}/${main.secret}`),
    ];

    const gate = await apiGate(east);
    const stack = await passingStack(sandbox, program({ killed: adopt(killed) }));
    const run = stack.start("up", { env: { EAST_KUBECONFIG: gate.kubeconfig } });
    let death: Promise<void> | undefined;
    gate.onAnswer = async ({ method, path }) => {
      if (method === "PATCH" && path.includes(`/backupstoragelocations/${killed.name}`))
        death = run.killProvider();
      await death;
    };
    expect((await run.result).ok).toBe(false);
    expect(death, "it is killed when it has taken over").toBeDefined();

    const made = { killed: adopt(killed), instead: [instead, ""] as [Place, string] };
    stack.change(program(made));
    const first = await ok(stack.up());
    expect(outputsOf(first, "killed-east")).toMatchObject({
      locationName: killed.name,
      accessMode: "ReadWrite",
    });
    const ofFirst = await backupByHand(east, String(outputsOf(first, "instead-east")["locationName"]));

    const adopting = {
      killed: adopt(killed),
      main: adopt(main),
      moving: adopt(moving),
      instead: adopt(instead),
      theirs: adopt(theirs),
      ofAll: adopt(ofAll),
    };
    stack.change(program(adopting));
    const preview = await ok(stack.preview());
    expect(stepsOf(preview)).toEqual(expect.arrayContaining(["same killed-east", "create main-east"]));
    const up = await ok(stack.up());
    const { outputs, urn } = resourceIn(up, "main-east");
    expect(outputs).toMatchObject({
      locationName: main.name,
      accessMode: "ReadWrite",
      phase: "Available",
      health: "Healthy",
    });
    expect(messagesOf(up)).toContain(
      `BackupStorageLocation velero/${main.name} in cluster "east" is taken over. What changes: credential: "${main.secret}" ` +
        `(key "file") becomes "${main.name}" (key "cloud"); Secret ${main.secret} itself stays as it is. What stays, since nothing ` +
        'that is declared says otherwise: config.insecureSkipTLSVerify: "true".',
    );
    const live = await liveLocation(main.name);
    expect(live.metadata.uid).toBe(object.metadata.uid);
    expect(live.metadata.labels).toMatchObject({ team: "platform" });
    expect(ownerOf(live)).toBe(urn);
    expect(live.spec).toMatchObject({
      accessMode: "ReadWrite",
      backupSyncPeriod: "2m",
      objectStorage: { bucket: main.bucket, prefix: "prod/eu" },
      credential: { name: main.name, key: "cloud" },
    });
    expect(live.spec?.["config"]).toEqual(object.spec?.["config"]);
    expect(await secretOf(east, main.name)).toBeDefined();
    expect(await east.kubernetes.get(`${SECRETS}/${main.secret}`)).toEqual(secret);
    expect((await markerAt(sandbox, main.bucket, "prod/eu")).owner).toBe(urn);
    expect(await dataKeys(sandbox, main.bucket)).toEqual(keys);
    expect(phaseOf(await liveObject(east, "backups", kept))).toBe("Completed");

    // In place of one that was made here: both lie at one prefix, and the claim goes along.
    const inPlace = outputsOf(up, "instead-east");
    expect(inPlace).toMatchObject({ locationName: instead.name, accessMode: "ReadWrite" });
    expect(await veleroObjects(east, "backupstoragelocations", instead)).toHaveLength(1);
    const marker = await markerAt(sandbox, instead.bucket, "prod/eu");
    expect(marker).toMatchObject({ incarnation: inPlace["incarnation"] });
    expect(marker).not.toHaveProperty("released");
    expect(await dataKeys(sandbox, instead.bucket, `prod/eu/backups/${ofFirst}/`)).not.toEqual([]);

    // Read-only, with backups of whomever, it stays so until takeOver says otherwise.
    const { accessMode, message } = outputsOf(up, "theirs-east");
    expect(accessMode).toBe("ReadOnly");
    expect(message).toContain("no marker of ours");
    expect(await sandbox.minio.objectKeys(theirs.bucket)).toEqual([stored]);
    const isDefault = async () => (await liveLocation(ofAll.name)).spec?.["default"];
    expect(await isDefault()).toBe(true);

    await ok(stack.preview({ expectNoChanges: true }));
    await ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));
    const mine = await backupByHand(east, main.name);
    expect(await dataKeys(sandbox, main.bucket, `prod/eu/backups/${mine}/`)).not.toEqual([]);

    const [takeOver = ""] = /takeOver: "[0-9a-f]{12}"/.exec(String(message)) ?? [];
    const changed = {
      ...adopting,
      main: [main, ""] as [Place, string],
      moving: adopt(moving, 'prefix: "elsewhere"'),
      theirs: adopt(theirs, takeOver),
      ofAll: adopt(ofAll, "default: true"),
    };
    stack.change(program(changed));
    const later = await ok(stack.up());
    expect(stepsOf(later)).toEqual(expect.arrayContaining(["same main", "update main-east"]));
    expect(outputsOf(later, "main-east")["locationName"]).toBe(main.name);
    expect(withoutStatus(await liveLocation(main.name))).toEqual(withoutStatus(live));
    // A new place gets a location of its own, whatever `adopt` still says.
    expect(outputsOf(later, "moving-east")["locationName"]).toMatch(/^moving-east-[0-9a-f]{8}$/);
    expect(await veleroObject(east, "backupstoragelocations", moving.name)).toBeUndefined();
    expect(outputsOf(later, "theirs-east")).toMatchObject({ accessMode: "ReadWrite" });
    expect(await isDefault()).toBe(true);

    stack.change(program({ ...changed, ofAll: adopt(ofAll, "default: false") }));
    const last = await ok(stack.up());
    expect(stepsOf(last).filter((step) => !step.startsWith("same "))).toEqual(["update ofAll-east"]);
    expect(await isDefault()).not.toBe(true);

    const data = await dataKeys(sandbox, main.bucket);
    await ok(stack.destroy());
    expect(await veleroObject(east, "backupstoragelocations", main.name)).toBeUndefined();
    expect(await secretOf(east, main.name)).toBeUndefined();
    expect(await veleroObject(east, "backups", kept)).toBeUndefined();
    expect(await dataKeys(sandbox, main.bucket)).toEqual(data);
    expect(await east.kubernetes.get(`${SECRETS}/${main.secret}`)).toEqual(secret);
  }, 360_000);
});
