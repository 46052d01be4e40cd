import { expect, test } from "vitest";
import type { RunOptions } from "../engine/runner.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { passingStack } from "./observe.ts";
import { messagesOf, veleroObjects, veleroPath } from "./stack.ts";

const program = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const settings = { location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "none" };
  const nightly = new velero.ClusterBackup("nightly", { ...settings, schedule: "0 3 * * *", skipImmediately: true });
  new velero.ClusterBackup("before-upgrade", settings, { dependsOn: nightly });`;

const refused = `${program}
  const wrong = { minio: { ...storage.minio, bucket: "no-such-bucket" } };
  const other = new velero.BackupLocation("secondary", { storage: wrong, clusters: { east } }, { dependsOn: nightly });
  new velero.ClusterBackup("weekly", {
    location: other, cluster: "east", includedNamespace: ["shop"], schedule: "0 25 * * *", ttl: "30 days",
  });`;

// One after the other, so that the order of the lines is always the same.
const inOrder: RunOptions = { parallel: 1 };

describeOnSandbox("The text of a preview", (sandbox) => {
  test("is short, and says what is new, what has drifted and what is wrong", async () => {
    const east = sandbox.cluster("east");
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 3 });
    const stack = await passingStack(sandbox, program, { env: { SHOP: shop } });
    const names = {
      [stack.bucket]: "<bucket>",
      [stack.stack]: "dev",
      [sandbox.minio.endpoint]: "<minio>",
      [stack.directory]: "<program>",
    };
    const expectText = (text: string, name: string) =>
      expect(withoutNames(text, names)).toMatchFileSnapshot(`../fixtures/previews/${name}.txt`);

    await expectText((await stack.preview(inOrder)).text, "first-up");

    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const [schedule] = await veleroObjects(east, "schedules", stack);
    await east.kubernetes.patch(veleroPath("schedules", schedule?.metadata.name), { spec: { paused: true } });
    await expectText((await stack.preview({ ...inOrder, refresh: true })).text, "drift");

    stack.change(refused);
    const preview = await stack.preview(inOrder);
    expect(preview.ok).toBe(false);
    await expectText(preview.text, "refused");
  });
});

/** The text without what differs from one run to the next: names, and the order in which unlike things are told. */
function withoutNames(text: string, names: Record<string, string>): string {
  const plain = Object.entries(names)
    .reduce((part, [name, word]) => part.replaceAll(name, word), text)
    .replaceAll(/-[0-9a-f]{8}(-\d{14})?\b/g, "-<hash>")
    .replaceAll(/ +$/gm, "");
  const [, progress = "", told = "", summary = ""] =
    /^(.*?)(?:^Diagnostics:\n(.*?)\n)?^(Resources:.*)$/ms.exec(plain) ?? [];
  // What is told of the stack comes again among the diagnostics.
  const rows = progress.split("\n").filter((row) => !row.startsWith("@ ") && !row.includes("pulumi:Stack"));
  const diagnostics = told.split("\n\n").map((part) => part.trimEnd());
  return [rows.join("\n"), ...diagnostics.toSorted(), summary].filter((part) => part !== "").join("\n\n");
}
