import { expect, test } from "vitest";
import { planOf } from "../../../provider/restore-model/plan.ts";
import { selectItems } from "../../../provider/restore-model/choose-items.ts";
import { verify } from "../../../provider/restore-model/verify.ts";
import { readContents } from "../../../provider/velero/backup-contents.ts";
import { fakeStore } from "../store/fake-store.ts";
import { captured, kinds, targetWith } from "../kinds/restore/captured.ts";
import { tarballOf } from "../kinds/restore/tarball.ts";

const configMap = (name: string, data: object) => captured("configmaps", `shop/${name}`, { data });
const backedUp = [configMap("same", { a: "1" }), configMap("changed", { a: "1" })];
const live = [configMap("same", { a: "1" }), configMap("changed", { a: "2" })];

/** What a restore takes of a backup, as it is read from the store. */
async function read() {
  const store = fakeStore();
  store.objects.set("east/backups/b/b.tar.gz", await tarballOf(backedUp));
  return selectItems(await readContents(store, "east", "b"), {}, kinds);
}
const target = targetWith({
  "namespaces shop": { metadata: { name: "shop" } },
  ...Object.fromEntries(live.map(({ name, object }) => [`configmaps shop/${name}`, object])),
});

test("What is read of a backup is compared whole, although an outline of it is at hand", async () => {
  const items = await read();
  expect(items.map(({ object }) => "data" in object)).not.toContain(true);
  expect(planOf(items, target, { existingResourcePolicy: "update" })).toMatchObject({ exists: 2, update: 1 });
  expect(() => verify(items, target, {}, { place: "Restore velero/r" })).toThrow(
    /1 of 3 objects in Restore velero\/r are not as the backup has them: configmaps shop\/changed differs in data\.a\./,
  );
});
