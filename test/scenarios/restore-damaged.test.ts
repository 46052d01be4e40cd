import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { complaintsIn } from "./complaints.ts";
import { passingStack } from "./observe.ts";
import { namespaceIn, ok, outputsOf, restoresOf } from "./restore-stack.ts";

/** What can become of a tarball. */
const damages: Record<string, (content: Buffer) => Buffer | undefined> = {
  // Half a kilobyte in the middle: the head is a gzip's, and the length is what it was.
  corrupted: (content) => {
    const middle = Math.floor(content.length / 2);
    return Buffer.concat([
      content.subarray(0, middle),
      Buffer.alloc(512, "x"),
      content.subarray(middle + 512),
    ]);
  },
  truncated: (content) => content.subarray(0, Math.floor(content.length / 2)),
  deleted: () => undefined,
};
const names = Object.keys(damages);

const base = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const backups = {};
  let last = location;
  // One after another: Velero leaves those of one namespace that come together waiting for a minute.
  for (const name of ${JSON.stringify(names)}) {
    last = backups[name] = new velero.ClusterBackup(name, {
      location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "none",
    }, { dependsOn: last });
  }
  const into = (suffix) => ({ cluster: "east", namespaceMapping: { [process.env.SHOP]: process.env.SHOP + "-" + suffix } });`;

/** By a program that reads the backup itself, and by one that has no way to the store. */
const restores = {
  seen: (name: string) => `new velero.Restore("seen", { backup: backups.${name}, ...into("${name}-seen") });`,
  unseen: (name: string) => `
    const away = velero.locationFrom("away", location.handle, { clusters: { east } });
    const backup = { location: away, from: "east", backupName: backups.${name}.backupName };
    new velero.Restore("unseen", { backup, ...into("${name}-unseen") });`,
};

describeOnSandbox("A backup whose tarball was damaged", (sandbox) => {
  const east = sandbox.cluster("east");

  test("is not restored, and the failure names it: in our own words before anything is begun, in Velero's where only it can look", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 60 });
    const stack = await passingStack(sandbox, base, { env: { SHOP: shop } });
    const up = await ok(stack.up());
    const client = sandbox.minio.client();
    const tarballs = new Map<string, { backup: string; key: string }>();
    for (const [name, damage] of Object.entries(damages)) {
      const backup = String(outputsOf(up, name)["backupName"]);
      const key = `east/backups/${backup}/${backup}.tar.gz`;
      tarballs.set(name, { backup, key });
      const damaged = damage(await buffer(await client.getObject(stack.bucket, key)));
      if (damaged) await client.putObject(stack.bucket, key, damaged);
      else await client.removeObject(stack.bucket, key);
    }

    /** The one complaint of an up that restores it. */
    async function complaintOf(how: keyof typeof restores, name: string): Promise<string> {
      stack.change(base + restores[how](name));
      const failed = await stack.up();
      expect(failed.ok).toBe(false);
      const [complaint = "", ...others] = complaintsIn(failed);
      expect(others).toEqual([]);
      expect(await namespaceIn(east, `${shop}-${name}-${how}`)).toBeUndefined();
      return complaint;
    }

    for (const [name, { backup, key }] of tarballs) {
      const seen = await complaintOf("seen", name);
      const state = name === "deleted" ? "is not there" : "cannot be read";
      expect(seen).toContain(`backup: cluster "east": the tarball of Backup ${backup} ${state} (${key} in `);
      expect(seen).toMatch(/ (Restore|Take) another backup\.$/);
      expect(await restoresOf(east, stack)).toEqual([]);

      const unseen = await complaintOf("unseen", name);
      const [restore] = await restoresOf(east, stack);
      expect(unseen).toContain(
        `Restore velero/${restore?.metadata.name} in cluster "east" ended ${String(restore?.status?.["phase"])}`,
      );
      expect(unseen).toContain(backup);
      expect(unseen).toMatch(VELEROS_WORDS[name] ?? /^$/);
      stack.change(base);
      await ok(stack.up());
    }
  }, 180_000);
});

const VELEROS_WORDS: Record<string, RegExp> = {
  corrupted:
    /: Velero: (archive\/tar|gzip|flate): .*\. The tarball of Backup \S+ cannot be read: .* nothing was restored\./,
  truncated: /: Velero: unexpected EOF\. The tarball of Backup \S+ cannot be read: .* nothing was restored\./,
  deleted: /: error downloading backup: .*NoSuchKey: The specified key does not exist\./,
};
