import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { dataKeys, liveObject, markerAt, ownerOf, passingStack, secretOf, veleroObject } from "./observe.ts";
import { resourceIn, type Stack, stepsOf, veleroObjects } from "./stack.ts";
import { ok } from "./workspace-stack.ts";

interface Named {
  clusters?: string;
  /** Names of the location and of the two backups. */
  names?: [location: string, nightly: string, once: string];
  /** Further options of each of the three. */
  options?: [location: string, nightly: string, once: string];
  before?: string;
  after?: string;
}

/** A location, and two backups. One after the other: Velero's queue lets a second one of a namespace wait. */
const program = (policy: "retain" | "delete", named: Named = {}): string => {
  const { names = ["primary", "nightly", "once"], options = ["", "", ""], before = "", after = "" } = named;
  const shop = `location, cluster: "east", deletionPolicy: "${policy}", includedNamespaces: [process.env.SHOP]`;
  return `
    ${before}
    const location = new velero.BackupLocation("${names[0]}", {
      storage, clusters: { ${named.clusters ?? "east"} },
    }, { ${options[0]} });
    const nightly = new velero.ClusterBackup("${names[1]}", {
      ${shop}, schedule: "0 2 29 2 *", runNow: true,
    }, { ${options[1]} });
    const once = new velero.ClusterBackup("${names[2]}", { ${shop} }, { dependsOn: nightly, ${options[2]} });
    exports.location = location.clusters.east.locationName;
    exports.schedule = nightly.scheduleName;
    exports.scheduled = nightly.backupName;
    exports.once = once.backupName;
    ${after}
  `;
};

describeOnSandbox("What a resource has in cluster and store", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  const marker = ({ bucket }: Stack, prefix = "east") => markerAt(sandbox, bucket, prefix);
  const changesOf = (run: Parameters<typeof stepsOf>[0]) =>
    stepsOf(run)
      .filter((step) => !step.startsWith("same"))
      .toSorted();

  async function uidsOf({
    location,
    schedule,
    scheduled,
    once,
  }: Record<string, unknown>): Promise<unknown[]> {
    const objects = await Promise.all([
      liveObject(east, "backupstoragelocations", location),
      liveObject(east, "schedules", schedule),
      liveObject(east, "backups", scheduled),
      liveObject(east, "backups", once),
    ]);
    return objects.map(({ metadata }) => metadata.uid);
  }

  test("goes with its cluster's entry, is found again when it is removed and added again, and stays the same under another name or parent", async () => {
    const shop = await createNamespace(east, "shop");
    await Promise.all([east, west].map((cluster) => seedNamespace(cluster, shop, { objects: 4 })));
    const inWest = `new velero.ClusterBackup("in-west", {
      location, cluster: "west", includedNamespaces: [process.env.SHOP], deletionPolicy: "delete" });`;
    const stack = await passingStack(sandbox, program("retain", { clusters: "east, west", after: inWest }), {
      env: { SHOP: shop },
    });
    const first = await ok(stack.up());
    const { location, schedule, scheduled, once } = first.outputs;
    const stored = await dataKeys(sandbox, stack.bucket, "east/");
    expect(await dataKeys(sandbox, stack.bucket, "west/")).not.toEqual([]);

    // A backup and its cluster's entry go in one up, and the other cluster's stay untouched.
    const uids = await uidsOf(first.outputs);
    stack.change(program("retain"));
    const left = await ok(stack.up());
    expect(stepsOf(left).filter((step) => !step.startsWith("same"))).toEqual([
      "delete in-west",
      "delete primary-west",
    ]);
    expect(await veleroObjects(west, "backupstoragelocations", stack)).toEqual([]);
    expect(await dataKeys(sandbox, stack.bucket, "west/")).toEqual([]);
    expect((await marker(stack, "west")).released).toBeDefined();
    expect(await uidsOf(first.outputs)).toEqual(uids);
    expect(await dataKeys(sandbox, stack.bucket, "east/")).toEqual(stored);
    expect(await marker(stack)).not.toHaveProperty("released");

    stack.change("");
    const removed = await ok(stack.up());
    const steps = stepsOf(removed);
    expect(steps.toSorted()).toEqual(
      ["nightly", "once", "primary", "primary-east"].map((name) => `delete ${name}`),
    );
    expect(steps.indexOf("delete primary-east")).toBeGreaterThan(steps.indexOf("delete nightly"));
    expect(steps.indexOf("delete primary-east")).toBeGreaterThan(steps.indexOf("delete once"));
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toEqual([]);
    expect(await secretOf(east, location)).toBeUndefined();
    expect(await veleroObject(east, "schedules", schedule)).toBeUndefined();
    for (const name of [scheduled, once]) expect(await veleroObject(east, "backups", name)).toBeUndefined();
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);
    const released = await marker(stack);
    expect(Date.parse(released.released ?? "")).toBeGreaterThan(0);

    stack.change(program("delete"));
    const added = await ok(stack.up());
    expect(added.outputs).toMatchObject({ location, schedule });
    expect(resourceIn(added, "primary-east").outputs).toMatchObject({
      accessMode: "ReadWrite",
      phase: "Available",
    });
    expect((await liveObject(east, "backupstoragelocations", location)).spec).toMatchObject({
      accessMode: "ReadWrite",
    });
    const claimed = await marker(stack);
    expect(claimed).toMatchObject({ owner: released.owner, cluster: released.cluster });
    expect(claimed).not.toHaveProperty("released");
    expect(claimed.incarnation).not.toBe(released.incarnation);
    // Velero reads the store back into the cluster, and would delete there and then what it takes for expired.
    for (const name of [scheduled, once]) {
      await waitUntil(`${String(name)} is synced`, () => veleroObject(east, "backups", name));
    }
    const kept = await dataKeys(sandbox, stack.bucket);
    expect(kept).toEqual(expect.arrayContaining(stored));

    // Renamed by an alias: names are kept, and objects and marker follow the new owner.
    const again = await uidsOf(added.outputs);
    const names: Named["names"] = ["main", "daily", "single"];
    const alias = (name: string) => `aliases: [{ name: "${name}" }]`;
    stack.change(program("delete", { names, options: [alias("primary"), alias("nightly"), alias("once")] }));
    const renamed = await ok(stack.up());
    expect(changesOf(renamed)).toEqual(["update daily", "update main", "update main-east", "update single"]);
    expect(renamed.outputs).toEqual(added.outputs);
    expect(await uidsOf(renamed.outputs)).toEqual(again);
    const { urn } = resourceIn(renamed, "main-east");
    expect(urn).not.toBe(claimed.owner);
    expect(ownerOf(await liveObject(east, "backupstoragelocations", location))).toBe(urn);
    expect(ownerOf((await secretOf(east, location))!)).toBe(urn);
    expect(ownerOf(await liveObject(east, "schedules", schedule))).toBe(resourceIn(renamed, "daily").urn);
    expect(ownerOf(await liveObject(east, "backups", added.outputs["once"]))).toBe(
      resourceIn(renamed, "single").urn,
    );
    const { formerOwners } = await marker(stack);
    expect(formerOwners).toContain(claimed.owner);
    expect(await marker(stack)).toEqual({ ...claimed, owner: urn, formerOwners });
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(kept);

    // Moved into a component.
    stack.change(
      program("delete", {
        names,
        before: `
          class Platform extends pulumi.ComponentResource {
            constructor(name) { super("acme:index:Platform", name); }
          }
          const moved = { parent: new Platform("platform"), aliases: [{ parent: pulumi.rootStackResource }] };`,
        options: ["...moved", "...moved", "...moved"],
      }),
    );
    const moved = await ok(stack.up());
    expect(changesOf(moved)).toEqual(changesOf(renamed));
    expect(moved.outputs).toEqual(added.outputs);
    expect(await uidsOf(moved.outputs)).toEqual(again);
    const inComponent = resourceIn(moved, "main-east").urn;
    expect(inComponent).toContain("acme:index:Platform$");
    expect(ownerOf(await liveObject(east, "backupstoragelocations", location))).toBe(inComponent);
    expect(ownerOf(await liveObject(east, "schedules", schedule))).toBe(resourceIn(moved, "daily").urn);
    expect(await marker(stack)).toMatchObject({ owner: inComponent, incarnation: claimed.incarnation });
    await ok(stack.up({ refresh: true, expectNoChanges: true }));

    // What it has stored is its own to delete all the time, and that alone.
    await ok(stack.destroy());
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toEqual([]);
    expect((await marker(stack)).released).toBeDefined();
  }, 400_000);
});
