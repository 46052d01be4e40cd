import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { complaintsIn } from "./complaints.ts";
import { backupByHand, locationByHand, withoutStatus } from "./location-by-hand.ts";
import { liveObject, markerKey, passingStack, secretOf } from "./observe.ts";
import { ok } from "./restore-stack.ts";
import { messagesOf, resourceIn, veleroPath } from "./stack.ts";

const SECRETS = "/api/v1/namespaces/velero/secrets";

/** Each adopts one location: its name, its bucket, the prefix that its store has, more of its cluster, what it waits for. */
type Adoption = [name: string, bucket: string, prefix: string, more: string, after?: string];

const program = (adoptions: Adoption[]) => `
  const made = {};
  const adopt = (name, bucket, prefix, more, after) => {
    made[name] = new velero.BackupLocation(name, {
      storage: { minio: { ...storage.minio, bucket, ...(prefix && { prefix }) } }, clusters: { east: { ...east, ...more } },
    }, { dependsOn: after ? Object.values(made[after].clusters) : [] });
  };
  ${adoptions
    .map(([name, bucket, prefix, more, after = ""]) => {
      return `adopt("${name}", "${bucket}", "${prefix}", { ${more} }, "${after}");`;
    })
    .join("\n")}
`;

describeOnSandbox("A location that is to be adopted", (sandbox) => {
  const east = sandbox.cluster("east");
  const minio = sandbox.minio.client();
  const live = async (name: string) => withoutStatus(await liveObject(east, "backupstoragelocations", name));

  test("is refused, with nothing changed, where it or its backups lie elsewhere, another holds it or its prefix, or its Secret's name is taken", async () => {
    const [here, claimed, empty, root] = [
      await locationByHand(sandbox, east),
      await locationByHand(sandbox, east),
      await locationByHand(sandbox, east),
      await locationByHand(sandbox, east, { prefix: "" }),
    ];
    const all = [here, claimed, empty, root];
    const before = await Promise.all(all.map(({ name }) => live(name)));
    const kept = await backupByHand(east, empty.name);
    const marker = {
      version: 1,
      owner: "urn:pulumi:prod::theirs::pulumi-nodejs:dynamic/velero:ClusterLocation::primary-east",
      formerOwners: [],
      incarnation: "0a1b2c3d4e5f",
      cluster: { key: "east", uid: "uid-of-theirs" },
    };
    await minio.putObject(claimed.bucket, markerKey("prod/eu"), JSON.stringify(marker));
    const metadata = `prod/eu/backups/${kept}/velero-backup.json`;
    await minio.copyObject(empty.bucket, "aside", `/${empty.bucket}/${metadata}`);
    await minio.removeObject(empty.bucket, metadata);
    const taken = { apiVersion: "v1", kind: "Secret", metadata: { name: here.name } };
    await east.kubernetes.create(SECRETS, taken);

    const missing: Adoption = ["missing", here.bucket, "", `adopt: "${here.name}-2", prefix: "prod/eu"`];
    const elsewhere: Adoption = ["elsewhere", here.bucket, "", `adopt: "${here.name}"`, "missing"];
    const atPrefix = (name: string, { bucket, name: location }: typeof here): Adoption => [
      name,
      bucket,
      "",
      `adopt: "${location}", prefix: "prod/eu"`,
    ];
    const owner = atPrefix("owner", here);
    const stack = await passingStack(sandbox, program([missing, elsewhere]));
    const preview = await stack.preview();
    const liesElsewhere =
      /^clusters\.east\.adopt: .* lies at aws bucket "\S+", prefix "prod\/eu", and is declared at aws bucket "\S+", prefix "east"\. Nothing was changed\. Set clusters\.east\.prefix: "prod\/eu"\./;
    expect(complaintsIn(preview), "in the preview already").toEqual([expect.stringMatching(liesElsewhere)]);
    // One that is not there may still be made before the up.
    expect(messagesOf(preview)).toContain(
      `there is no BackupStorageLocation velero/${here.name}-2 in cluster "east"`,
    );

    stack.change(
      program([
        missing,
        [...elsewhere.slice(0, 4)] as unknown as Adoption,
        ["below", here.bucket, "prod", `adopt: "${here.name}"`],
        owner,
        atPrefix("claimed", claimed),
        atPrefix("empty", empty),
        ["root", root.bucket, "", `adopt: "${root.name}"`],
      ]),
    );
    const refused = complaintsIn(await stack.up({ continueOnError: true }));
    for (const words of [
      new RegExp(`there is no .*, but .*\\b${here.name}\\b`),
      liesElsewhere,
      /Nothing was changed\. Set clusters\.east\.prefix: "eu"\./,
      /^clusters\.east\.adopt: Secret velero\/\S+ .* was not made by this project\. Nothing was changed\./,
      new RegExp(`belongs to ${marker.owner}`),
      new RegExp(
        `^clusters\\.east\\.adopt: .* has the backups ${kept}, and none of them is at prod/eu/ in minio`,
      ),
      /lies at aws bucket "\S+", its root, .*One in the root of a bucket cannot be declared/,
    ])
      expect(refused).toContainEqual(expect.stringMatching(words));
    expect(refused).toHaveLength(7);
    expect(await Promise.all(all.map(({ name }) => live(name)))).toEqual(before);
    expect((await sandbox.minio.objectKeys(here.bucket)).filter((key) => key.includes("metadata/"))).toEqual(
      [],
    );
    expect(await secretOf(east, empty.name)).toBeUndefined();

    await east.kubernetes.delete(`${SECRETS}/${here.name}`);
    await minio.removeObject(claimed.bucket, markerKey("prod/eu"));
    await minio.copyObject(empty.bucket, metadata, `/${empty.bucket}/aside`);
    await minio.removeObject(empty.bucket, "aside");
    const mended = [owner, atPrefix("claimed", claimed), atPrefix("empty", empty)];
    stack.change(program(mended));
    const owned = await ok(stack.up());
    const rival = await passingStack(sandbox, program([owner]));
    const rivals = complaintsIn(await rival.preview());
    expect(rivals).not.toEqual([]);
    for (const words of rivals) expect(words).toContain(`belongs to ${resourceIn(owned, "owner-east").urn}`);
    expect(await east.kubernetes.get(`${SECRETS}/${here.secret}`)).toBeDefined();
    await east.kubernetes.delete(veleroPath("backupstoragelocations", root.name));
  }, 240_000);
});
