import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { complaintsIn } from "./complaints.ts";
import { liveObject, passingStack } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, resourceIn, stepsOf, veleroObjects, veleroPath } from "./stack.ts";

/** Two locations in one bucket; each says whether it is the default, and which of them waits for the other. */
const two = (a: boolean, b: boolean, order: "a first" | "b first" = "a first"): string => `
  const at = (prefix) => ({ minio: { ...storage.minio, prefix } });
  const make = (name, isDefault, opts) =>
    new velero.BackupLocation(name, { storage: at(name), clusters: { west: { ...west, default: isDefault } } }, opts);
  const made = {};
  const make_a = () => { made.a = make("a", ${a}, made.b && { dependsOn: Object.values(made.b.clusters) }); };
  const make_b = () => { made.b = make("b", ${b}, made.a && { dependsOn: Object.values(made.a.clusters) }); };
  ${order === "a first" ? "make_a(); make_b();" : "make_b(); make_a();"}
  exports.a = made.a.clusters.west.locationName;
  exports.b = made.b.clusters.west.locationName;
`;
const alone = `
  new velero.BackupLocation("b", {
    storage: { minio: { ...storage.minio, prefix: "b" } }, clusters: { west: { ...west, default: true } },
  });
`;

describeOnSandbox("Velero's default location", (sandbox) => {
  const west = sandbox.cluster("west");
  const isDefault = async (name: unknown) =>
    (await liveObject(west, "backupstoragelocations", name)).spec?.["default"] === true;

  test("is not taken from someone else's, is wanted by one location only, and moves in one up, whichever is updated first", async () => {
    const name = uniqueName("by-hand");
    await west.kubernetes.create(veleroPath("backupstoragelocations"), {
      apiVersion: "velero.io/v1",
      kind: "BackupStorageLocation",
      metadata: { name },
      spec: { provider: "aws", objectStorage: { bucket: "nowhere" }, default: true },
    });
    const stack = await passingStack(sandbox, two(true, false));
    const taken = `^clusters\\.west\\.default: .*BackupStorageLocation velero/${name} is it already, which was not made by this project`;
    for (const run of [await stack.preview(), await stack.up()]) {
      expect(run.ok).toBe(false);
      expect(complaintsIn(run)).toEqual([expect.stringMatching(new RegExp(taken))]);
    }
    expect(await veleroObjects(west, "backupstoragelocations", stack)).toEqual([]);
    await west.kubernetes.delete(veleroPath("backupstoragelocations", name));

    stack.change(two(true, true));
    const both = await stack.preview();
    expect(both.ok).toBe(false);
    expect(complaintsIn(both)).toEqual([
      expect.stringMatching(/^clusters\.west\.default: "[ab]-west" is to be the default location/),
    ]);

    stack.change(two(true, false));
    const first = await ok(stack.up());
    const { a, b } = first.outputs;
    expect([await isDefault(a), await isDefault(b)]).toEqual([true, false]);
    const other = await passingStack(sandbox, alone);
    expect(messagesOf(await other.preview())).toContain(`belongs to ${resourceIn(first, "a-west").urn}`);

    // Of two, Velero would keep the one that was made last.
    for (const [isA, order] of [
      [false, "a first"],
      [true, "a first"],
      [false, "b first"],
      [true, "b first"],
    ] as const) {
      stack.change(two(isA, !isA, order));
      await ok(stack.up());
      expect([await isDefault(a), await isDefault(b)], `${isA ? "to a" : "to b"}, ${order}`).toEqual([
        isA,
        !isA,
      ]);
    }
    await ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));

    stack.change(alone);
    expect(stepsOf(await ok(stack.up()))).toContain("delete a-west");
    expect(await isDefault(b), "it moves from a location that is destroyed in the same up").toBe(true);
    await west.kubernetes.patch(veleroPath("backupstoragelocations", String(b)), {
      spec: { default: false },
    });
    expect(outputsOf(await stack.refresh(), "b-west")).toMatchObject({
      health: "Unhealthy",
      message: expect.stringContaining("default location is another one now"),
    });
    await ok(stack.up());
    expect(await isDefault(b)).toBe(true);
  }, 240_000);
});
