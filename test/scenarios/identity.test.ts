import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { dataKeys, liveObject, markerAt, ownerOf, passingStack, secretOf, veleroObject } from "./observe.ts";
import { messagesOf, resourceIn, stepsOf, veleroObjects } from "./stack.ts";

// One after the other: Velero's queue lets a second backup of a namespace wait for most of a minute.
const twoBackups = `
  const nightly = new velero.ClusterBackup("nightly", {
    location, cluster: "east", schedule: "0 2 * * *", includedNamespaces: [process.env.SHOP], runNow: true,
  });
  const afterIt = { dependsOn: nightly };
  const once = new velero.ClusterBackup("once", { location, cluster: "east", includedNamespaces: [process.env.SHOP] }, afterIt);
  exports.location = location.clusters.east.locationName;
  exports.schedule = nightly.scheduleName;
  exports.scheduled = nightly.backupName;
  exports.once = once.backupName;
`;
const plain = `const location = new velero.BackupLocation("primary", { storage, clusters: { east } });${twoBackups}`;

describeOnSandbox("A resource keeps what it has in cluster and store", (sandbox) => {
  const east = sandbox.cluster("east");

  async function stackWith(body: string) {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    return passingStack(sandbox, body, { env: { SHOP: shop } });
  }

  test("a schedule and a location, removed from the program and added again, find their prefix and all that lies there", async () => {
    const stack = await stackWith(plain);
    const first = await stack.up();
    expect(first.ok, messagesOf(first)).toBe(true);
    const stored = await dataKeys(sandbox, stack.bucket);

    stack.change("");
    const removed = await stack.up();
    expect(removed.ok, messagesOf(removed)).toBe(true);
    expect(stepsOf(removed).toSorted()).toEqual(
      ["nightly", "once", "primary", "primary-east"].map((name) => `delete ${name}`),
    );
    const steps = stepsOf(removed);
    expect(steps.indexOf("delete primary-east")).toBeGreaterThan(steps.indexOf("delete nightly"));
    expect(steps.indexOf("delete primary-east")).toBeGreaterThan(steps.indexOf("delete once"));
    const { location, schedule, scheduled, once } = first.outputs;
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toEqual([]);
    expect(await secretOf(east, location)).toBeUndefined();
    expect(await veleroObject(east, "schedules", schedule)).toBeUndefined();
    expect(await veleroObject(east, "backups", scheduled)).toBeUndefined();
    expect(await veleroObject(east, "backups", once)).toBeUndefined();
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);
    const released = await markerAt(sandbox, stack.bucket, "east");
    expect(Date.parse(released.released ?? "")).toBeGreaterThan(0);

    stack.change(plain);
    const added = await stack.up();
    expect(added.ok, messagesOf(added)).toBe(true);
    expect(added.outputs).toMatchObject({ location, schedule });
    expect(resourceIn(added, "primary-east").outputs).toMatchObject({
      accessMode: "ReadWrite",
      phase: "Available",
    });
    expect((await liveObject(east, "backupstoragelocations", location)).spec?.["accessMode"]).toBe(
      "ReadWrite",
    );
    const claimed = await markerAt(sandbox, stack.bucket, "east");
    expect(claimed).toMatchObject({ owner: released.owner, cluster: released.cluster });
    expect(claimed).not.toHaveProperty("released");
    expect(claimed.incarnation).not.toBe(released.incarnation);
    // Velero reads the store back into the cluster, and would delete there and then what it takes for expired.
    for (const name of [scheduled, once]) {
      await waitUntil(`${String(name)} is synced`, () => veleroObject(east, "backups", name));
    }
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(expect.arrayContaining(stored));
  }, 240_000);

  test("a location renamed by an alias keeps its names, and object and marker follow the new owner", async () => {
    const stack = await stackWith(plain);
    const before = await stack.up();
    expect(before.ok, messagesOf(before)).toBe(true);
    const stored = await dataKeys(sandbox, stack.bucket);
    const marker = await markerAt(sandbox, stack.bucket, "east");
    const location = await liveObject(east, "backupstoragelocations", before.outputs["location"]);

    stack.change(
      `const location = new velero.BackupLocation("main", { storage, clusters: { east } }, { aliases: [{ name: "primary" }] });${twoBackups}`,
    );
    const preview = await stack.preview();
    expect(stepsOf(preview).toSorted()).toEqual([
      "update main",
      "update main-east",
      "update nightly",
      "update once",
    ]);
    const after = await stack.up();
    expect(after.ok, messagesOf(after)).toBe(true);
    expect(stepsOf(after).toSorted()).toEqual([
      "update main",
      "update main-east",
      "update nightly",
      "update once",
    ]);
    expect(after.outputs).toEqual(before.outputs);

    const { urn } = resourceIn(after, "main-east");
    expect(urn).not.toBe(marker.owner);
    const renamed = await liveObject(east, "backupstoragelocations", before.outputs["location"]);
    expect(renamed.metadata.uid).toBe(location.metadata.uid);
    expect(ownerOf(renamed)).toBe(urn);
    expect(ownerOf((await secretOf(east, before.outputs["location"]))!)).toBe(urn);
    expect(await markerAt(sandbox, stack.bucket, "east")).toEqual({
      ...marker,
      owner: urn,
      formerOwners: [marker.owner],
    });
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);

    const again = await stack.up({ expectNoChanges: true });
    expect(again.ok, messagesOf(again)).toBe(true);
    const refresh = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(refresh.ok, messagesOf(refresh)).toBe(true);
    const destroy = await stack.destroy();
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toEqual([]);
    expect((await markerAt(sandbox, stack.bucket, "east")).released).toBeDefined();
  });

  test("backups renamed by an alias keep their names, and what they have stored stays theirs to delete", async () => {
    const deleted = plain.replaceAll("includedNamespaces", 'deletionPolicy: "delete", includedNamespaces');
    const stack = await stackWith(deleted);
    const before = await stack.up();
    expect(before.ok, messagesOf(before)).toBe(true);
    const { location, schedule, scheduled, once } = before.outputs;
    const stored = await dataKeys(sandbox, stack.bucket);
    const uids = await uidsOf(schedule, scheduled, once);

    stack.change(
      deleted
        .replace('"nightly"', '"daily"')
        .replace('"once"', '"single"')
        .replace("runNow: true,\n  }", 'runNow: true,\n  }, { aliases: [{ name: "nightly" }] }')
        .replace("}, afterIt", '}, { ...afterIt, aliases: [{ name: "once" }] }'),
    );
    const after = await stack.up();
    expect(after.ok, messagesOf(after)).toBe(true);
    expect(stepsOf(after).toSorted()).toEqual([
      "same primary",
      "same primary-east",
      "update daily",
      "update single",
    ]);
    expect(after.outputs).toEqual(before.outputs);
    expect(await uidsOf(schedule, scheduled, once)).toEqual(uids);
    expect(ownerOf(await liveObject(east, "schedules", schedule))).toBe(resourceIn(after, "daily").urn);
    expect(ownerOf(await liveObject(east, "backups", once))).toBe(resourceIn(after, "single").urn);
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);
    const refresh = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(refresh.ok, messagesOf(refresh)).toBe(true);

    stack.change(`const location = new velero.BackupLocation("primary", { storage, clusters: { east } });`);
    const gone = await stack.up();
    expect(gone.ok, messagesOf(gone)).toBe(true);
    expect(stepsOf(gone).toSorted()).toEqual([
      "delete daily",
      "delete single",
      "same primary",
      "same primary-east",
    ]);
    expect(await dataKeys(sandbox, stack.bucket)).toEqual([]);
    expect(await veleroObject(east, "backupstoragelocations", location)).toBeDefined();
  });

  test("a location and a backup moved into a component by an alias stay what they are", async () => {
    const stack = await stackWith(plain);
    const before = await stack.up();
    expect(before.ok, messagesOf(before)).toBe(true);
    const { location, schedule, scheduled, once } = before.outputs;
    const uids = await uidsOf(schedule, scheduled, once);
    const marker = await markerAt(sandbox, stack.bucket, "east");

    stack.change(`
      class Platform extends pulumi.ComponentResource {
        constructor(name) { super("acme:index:Platform", name); }
      }
      const moved = { parent: new Platform("platform"), aliases: [{ parent: pulumi.rootStackResource }] };
      ${plain
        .replace("clusters: { east } }", "$&, moved")
        .replace("runNow: true,\n  }", "$&, moved")
        .replace("}, afterIt", "}, { ...afterIt, ...moved }")}`);
    const after = await stack.up();
    expect(after.ok, messagesOf(after)).toBe(true);
    expect(stepsOf(after).toSorted()).toEqual([
      "update nightly",
      "update once",
      "update primary",
      "update primary-east",
    ]);
    expect(after.outputs).toEqual(before.outputs);
    expect(await uidsOf(schedule, scheduled, once)).toEqual(uids);
    const { urn } = resourceIn(after, "primary-east");
    expect(urn).toContain("acme:index:Platform$");
    expect(ownerOf(await liveObject(east, "backupstoragelocations", location))).toBe(urn);
    expect(ownerOf(await liveObject(east, "schedules", schedule))).toBe(resourceIn(after, "nightly").urn);
    expect(await markerAt(sandbox, stack.bucket, "east")).toMatchObject({
      owner: urn,
      incarnation: marker.incarnation,
    });
    const again = await stack.up({ expectNoChanges: true });
    expect(again.ok, messagesOf(again)).toBe(true);
  });

  async function uidsOf(schedule: unknown, ...backups: unknown[]): Promise<unknown[]> {
    const objects = await Promise.all([
      liveObject(east, "schedules", schedule),
      ...backups.map((name) => liveObject(east, "backups", name)),
    ]);
    return objects.map(({ metadata }) => metadata.uid);
  }
});

describeOnSandbox("A cluster leaves a location", (sandbox) => {
  test("a backup and its cluster's entry go in one up, and the other cluster's stay untouched", async () => {
    const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];
    const inEast = await createNamespace(east, "shop");
    const inWest = await createNamespace(west, "shop");
    const program = (clusters: string, backups: string) =>
      `const location = new velero.BackupLocation("primary", { storage, clusters: { ${clusters} } });${backups}`;
    const backup = (cluster: string) =>
      `new velero.ClusterBackup("in-${cluster}", {
        location, cluster: "${cluster}", includedNamespaces: [process.env.IN_${cluster.toUpperCase()}], deletionPolicy: "delete",
      });`;
    const stack = await passingStack(sandbox, program("east, west", backup("east") + backup("west")), {
      env: { IN_EAST: inEast, IN_WEST: inWest },
    });
    const both = await stack.up();
    expect(both.ok, messagesOf(both)).toBe(true);
    const eastern = await dataKeys(sandbox, stack.bucket, "east/");
    expect(await dataKeys(sandbox, stack.bucket, "west/")).not.toEqual([]);

    stack.change(program("east", backup("east")));
    const one = await stack.up();
    expect(one.ok, messagesOf(one)).toBe(true);
    expect(stepsOf(one).filter((step) => !step.startsWith("same"))).toEqual([
      "delete in-west",
      "delete primary-west",
    ]);
    expect(await veleroObjects(west, "backupstoragelocations", stack)).toEqual([]);
    expect(await dataKeys(sandbox, stack.bucket, "west/")).toEqual([]);
    expect((await markerAt(sandbox, stack.bucket, "west")).released).toBeDefined();
    expect(await veleroObjects(east, "backups", stack)).toHaveLength(1);
    expect(await dataKeys(sandbox, stack.bucket, "east/")).toEqual(eastern);
    expect(await markerAt(sandbox, stack.bucket, "east")).not.toHaveProperty("released");
  });
});
