import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { passingStack } from "./observe.ts";
import { complaintsIn } from "./complaints.ts";
import { contentsOf, namespaceIn, ok, outputsOf, pathOf, restoresOf, upAll } from "./restore-stack.ts";
import { stepsOf } from "./stack.ts";
import { createUnhookablePod } from "./unhookable-pod.ts";

/** What can become of a tarball, and what Velero says of it, which alone can look where the program has no way to the store. */
const damages: Record<string, { damage: (content: Buffer) => Buffer | undefined; words: string }> = {
  // Half a kilobyte in the middle: the head is a gzip's, and the length is what it was.
  corrupted: {
    damage: (content) => content.fill("x", content.length >> 1, (content.length >> 1) + 512),
    words: String.raw`: Velero: (archive\/tar|gzip|flate): .*\. The tarball of Backup \S+ cannot be read: .* nothing was restored\.`,
  },
  truncated: {
    damage: (content) => content.subarray(0, Math.floor(content.length / 2)),
    words: String.raw`: Velero: unexpected EOF\. The tarball of Backup \S+ cannot be read: .* nothing was restored\.`,
  },
  deleted: {
    damage: () => undefined,
    words: String.raw`: error downloading backup: .*NoSuchKey: The specified key does not exist\.`,
  },
};
const names = Object.keys(damages);

describeOnSandbox("A Restore is refused", (sandbox) => {
  const east = sandbox.cluster("east");

  test("where its cluster does not read the source, there is no such backup or none yet, or it is PartiallyFailed; and where it ends so itself, until that is allowed: it is not run again", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    await createUnhookablePod(east, shop);
    const [first, second] = [await createNamespace(east, "billing"), await createNamespace(east, "tills")];
    await seedNamespace(east, second, { objects: 4 });
    for (const namespace of [first, second])
      await east.kubernetes.create(pathOf("services", namespace), {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "outside" },
        spec: { type: "NodePort", ports: [{ port: 80 }] },
      });
    const base = `
      const { SHOP, FIRST, SECOND } = process.env;
      const location = new velero.BackupLocation("primary", { storage, clusters: { east, west } });
      const backup = (name, args) => new velero.ClusterBackup(name, { location, cluster: "east", volumes: "none", ...args });
      const restore = (name, backup, args, opts) => new velero.Restore(name, { backup, cluster: "east", ...args }, opts);
      const partly = backup("partly", { includedNamespaces: [SHOP], allowPartialFailure: true });
      const both = backup("both", { includedNamespaces: [FIRST, SECOND] });
      const back = (more) => restore("back", both, { namespaceMapping: { "*": "*-back" }, preserveNodePorts: true, ...more });`;
    const refused = `
      const never = backup("shop", { includedNamespaces: [SHOP], schedule: "0 3 29 2 *", skipImmediately: true });
      const of = { location, from: "east", schedule: "shop" };
      restore("owned", never);
      restore("scheduled", of, {}, { dependsOn: never });
      restore("earlier", { ...of, before: "2001-12-23T02:00:00+01:00" }, {}, { dependsOn: never });
      restore("nameless", { location, from: "east", backupName: "nightly-1" });
      restore("strict", partly, { namespaceMapping: { "*": "*-strict" } });
      restore("lenient", partly, { namespaceMapping: { "*": "*-lenient" }, allowPartialFailure: true });
      back();`;
    const unread = `${base} restore("unread", both, { cluster: "west" });`;
    const stack = await passingStack(sandbox, unread, { env: { SHOP: shop, FIRST: first, SECOND: second } });
    expect(complaintsIn(await stack.preview())).toEqual([
      expect.stringMatching(
        /^clusters.west.reads: does not name "east", whose backup is to be restored there: add it in the BackupLocation/,
      ),
    ]);
    stack.change(
      `${base} restore("back", { location, from: "east", schedule: "shop", before: "2026-12-23 02:00" });`,
    );
    expect(complaintsIn(await stack.preview())).toEqual([
      'backup.before: "2026-12-23 02:00" is no point in time: write 2026-12-23T02:00:00Z, or with an offset 2026-12-23T02:00:00+01:00',
    ]);

    stack.change(base + refused);
    const run = await upAll(stack);
    const place = String.raw`cluster "east" below east\/ in minio bucket "[\w-]+" at http:\S+\d\. `;
    const ended =
      String.raw`^Restore velero/back-east-\S+ in cluster "east" ended PartiallyFailed \(2 errors, \d+ warnings\): ` +
      [first, second]
        .map((name) => `${name}-back: .*outside.*provided port is already allocated`)
        .join("; ") +
      String.raw`\. What it could restore is there\..*\`triggers\`.*allowPartialFailure: true`;
    const words = [
      ended,
      String.raw`^backup: Backup partly-east-\S+ of cluster "east" is PartiallyFailed: Velero: .*pod database does not have a host assigned\. .*allowPartialFailure: true`,
      `^backup: there is no Backup nightly-1 of ${place}Mend its name`,
      `^backup: there is no good backup of ${place}ClusterBackup "shop" makes its first .*\`runNow: true\``,
      `^backup: there is no good backup of ${place}Schedule "shop" makes its first .*\`runNow: true\``,
      String.raw`^backup: there is no good backup .*that had ended by 2001-12-23T02:00:00\+01:00`,
    ];
    const complaints = complaintsIn(run);
    for (const each of words) expect(complaints).toContainEqual(expect.stringMatching(new RegExp(each)));
    expect(complaints).toHaveLength(words.length);
    const restoreNames = ["back", "lenient"].map((name) => outputsOf(run, name)["restoreName"]);
    const begun = async () => (await restoresOf(east, stack)).map(({ metadata }) => metadata.name).toSorted();
    expect(await begun()).toEqual(restoreNames);
    expect(await namespaceIn(east, `${shop}-strict`)).toBeUndefined();
    expect(outputsOf(run, "lenient")).toMatchObject({ phase: "Completed", created: 5 });
    expect(await contentsOf(east, `${shop}-lenient`)).toHaveLength(4);
    expect(outputsOf(run, "back")).toMatchObject({ health: "Unhealthy", phase: "PartiallyFailed" });

    await east.kubernetes.delete(pathOf("configmaps", `${second}-back`, "app-1"));
    const lenient = `${base} restore("lenient", partly, { namespaceMapping: { "*": "*-lenient" }, allowPartialFailure: true });`;
    stack.change(`${lenient} back();`);
    expect(complaintsIn(await stack.up({ refresh: true }))).toEqual([
      expect.stringMatching(new RegExp(ended)),
    ]);
    stack.change(`${lenient} back({ allowPartialFailure: true });`);
    const accepted = await ok(stack.up());
    expect(stepsOf(accepted)).toContain("update back");
    expect(outputsOf(accepted, "back")).toMatchObject({
      phase: "PartiallyFailed",
      health: "Healthy",
      errors: 2,
      failed: 2,
    });
    await ok(stack.up({ refresh: true, expectNoChanges: true }));
    expect(await begun()).toEqual(restoreNames);
    expect(await contentsOf(east, `${second}-back`)).toEqual([
      "deployments app-1",
      "secrets app-1",
      "services app-1",
    ]);
  }, 300_000);

  test("where the backup's tarball was damaged: in our own words before anything is begun, in Velero's where only it can look", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 60 });
    const base = `
      const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
      const backups = {};
      let last = location;
      // One after another: Velero leaves those of one namespace that come together waiting for a minute.
      for (const name of ${JSON.stringify(names)})
        last = backups[name] = new velero.ClusterBackup(name, {
          location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "none",
        }, { dependsOn: last });`;
    const stack = await passingStack(sandbox, base, { env: { SHOP: shop } });
    const up = await ok(stack.up());
    const client = sandbox.minio.client();
    const tarballs = names.map((name) => {
      const backup = String(outputsOf(up, name)["backupName"]);
      return { name, backup, key: `east/backups/${backup}/${backup}.tar.gz`, ...damages[name] };
    });
    for (const { key, damage } of tarballs) {
      const damaged = damage?.(await buffer(await client.getObject(stack.bucket, key)));
      if (damaged) await client.putObject(stack.bucket, key, damaged);
      else await client.removeObject(stack.bucket, key);
    }

    stack.change(`${base}
      const away = velero.locationFrom("away", location.handle, { clusters: { east } });
      for (const name of ${JSON.stringify(names)}) {
        const restore = (suffix, backup) => new velero.Restore(name + suffix, {
          backup, cluster: "east", namespaceMapping: { "*": "*-" + name + suffix },
        });
        restore("-seen", backups[name]);
        restore("-unseen", { location: away, from: "east", backupName: backups[name].backupName });
      }`);
    const complaints = complaintsIn(await upAll(stack));
    expect(complaints).toHaveLength(6);
    const begun = await restoresOf(east, stack);
    expect(begun).toHaveLength(3);
    for (const { name, backup, key, words } of tarballs) {
      const seen = complaints.find(
        (text) => text.includes(`the tarball of Backup ${backup} `) && text.includes(key),
      );
      const state = name === "deleted" ? "is not there" : "cannot be read";
      expect(seen).toContain(`backup: cluster "east": the tarball of Backup ${backup} ${state} (${key} in `);
      expect(seen).toMatch(/ (Restore|Take) another backup\.$/);
      const restore = begun.find(({ spec }) => spec?.["backupName"] === backup);
      const unseen = complaints.find((text) => text.includes(`Restore velero/${restore?.metadata.name} in`));
      expect(unseen).toContain(`in cluster "east" ended ${String(restore?.status?.["phase"])}`);
      expect(unseen).toContain(backup);
      expect(unseen).toMatch(new RegExp(words ?? "^$"));
      for (const how of ["seen", "unseen"])
        expect(await namespaceIn(east, `${shop}-${name}-${how}`)).toBeUndefined();
    }
  }, 240_000);
});
