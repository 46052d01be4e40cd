import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { complaintsIn } from "./complaints.ts";
import { liveObject, passingStack } from "./observe.ts";
import { messagesOf, resourceIn, stepsOf, veleroObjects, veleroPath } from "./stack.ts";

const one = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { west: { ...west, default: true } } });
  exports.primary = location.clusters.west.locationName;
`;

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
  const location = new velero.BackupLocation("b", {
    storage: { minio: { ...storage.minio, prefix: "b" } }, clusters: { west: { ...west, default: true } },
  });
  exports.b = location.clusters.west.locationName;
`;

describeOnSandbox("Velero's default location", (sandbox) => {
  const west = sandbox.cluster("west");
  const isDefault = async (name: unknown) =>
    (await liveObject(west, "backupstoragelocations", name)).spec?.["default"] === true;

  test("is not taken from someone else's: refused in the preview and in the up, before anything is made", async () => {
    const name = uniqueName("by-hand");
    await west.kubernetes.create(veleroPath("backupstoragelocations"), {
      apiVersion: "velero.io/v1",
      kind: "BackupStorageLocation",
      metadata: { name, namespace: "velero" },
      spec: { provider: "aws", objectStorage: { bucket: "nowhere" }, default: true },
    } as never);
    const stack = await passingStack(sandbox, one);
    for (const run of [await stack.preview(), await stack.up()]) {
      expect(run.ok).toBe(false);
      expect(complaintsIn(run)).toEqual([
        expect.stringMatching(
          new RegExp(
            `^clusters\\.west\\.default: .*BackupStorageLocation velero/${name} is it already, which was not made by this project`,
          ),
        ),
      ]);
    }
    expect(await veleroObjects(west, "backupstoragelocations", stack)).toEqual([]);
    expect(await sandbox.minio.objectKeys(stack.bucket)).toEqual([]);

    await west.kubernetes.delete(veleroPath("backupstoragelocations", name));
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(await isDefault(up.outputs["primary"])).toBe(true);

    // And now it is ours that another stack finds.
    const other = await passingStack(sandbox, one);
    const refused = await other.preview();
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toContain(`belongs to ${resourceIn(up, "primary-west").urn}`);
  });

  test("is wanted by one location of a program only", async () => {
    const stack = await passingStack(sandbox, two(true, true));
    const preview = await stack.preview();
    expect(preview.ok).toBe(false);
    expect(complaintsIn(preview)).toEqual([
      expect.stringMatching(/^clusters\.west\.default: "[ab]-west" is to be the default location/),
    ]);
  });

  test.each([
    ["which is updated first", "a first", "a first"],
    ["which is updated last", "b first", "b first"],
  ] as const)(
    "moves to another location and back in one up each, from one %s",
    async (_what, there, back) => {
      const stack = await passingStack(sandbox, two(true, false));
      const first = await stack.up();
      expect(first.ok, messagesOf(first)).toBe(true);
      const { a, b } = first.outputs;
      expect([await isDefault(a), await isDefault(b)]).toEqual([true, false]);

      stack.change(two(false, true, there));
      const moved = await stack.up();
      expect(moved.ok, messagesOf(moved)).toBe(true);
      expect([await isDefault(a), await isDefault(b)]).toEqual([false, true]);

      // Of two, Velero would keep the one that was made last.
      stack.change(two(true, false, back));
      const returned = await stack.up();
      expect(returned.ok, messagesOf(returned)).toBe(true);
      expect([await isDefault(a), await isDefault(b)]).toEqual([true, false]);
      const refresh = await stack.refresh({ previewOnly: true, expectNoChanges: true });
      expect(refresh.ok, messagesOf(refresh)).toBe(true);
    },
    180_000,
  );

  test("moves from a location that is destroyed in the same up; one that was taken away is drift", async () => {
    const stack = await passingStack(sandbox, two(true, false));
    const first = await stack.up();
    expect(first.ok, messagesOf(first)).toBe(true);
    stack.change(alone);
    const moved = await stack.up();
    expect(moved.ok, messagesOf(moved)).toBe(true);
    expect(stepsOf(moved)).toContain("delete a-west");
    expect(await isDefault(moved.outputs["b"])).toBe(true);

    await west.kubernetes.patch(veleroPath("backupstoragelocations", String(moved.outputs["b"])), {
      spec: { default: false },
    });
    const refresh = await stack.refresh();
    expect(resourceIn(refresh, "b-west").outputs).toMatchObject({
      health: "Unhealthy",
      message: expect.stringContaining("default location is another one now"),
    });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(await isDefault(up.outputs["b"])).toBe(true);
  }, 180_000);
});
