import { describe, expect, test, vi } from "vitest";
import { namespaces } from "../../../../provider/kubernetes/resources.ts";
import { ownerHash, ownerLabel, stampOf } from "../../../../provider/core/identity.ts";
import { clearDrill, makeRoom, markDrilled, requireRoom } from "../../../../provider/kinds/restore/drill.ts";
import type { Selected } from "../../../../provider/restore-model/choose-items.ts";
import type { RestoredItem } from "../../../../provider/velero/backup-files.ts";
import { memoryCluster } from "../backup/memory-cluster.ts";
import { ANOTHER_LINEAGE } from "../arbitrary-inputs.ts";
import { captured, selected } from "./captured.ts";
import { BACKUP, OWNED, OWNER, partWith, restoreOf } from "./state.ts";

const DRILL = "pulumi-velero.io/drill";
const EXCLUDED = "velero.io/exclude-from-backup";
const part = partWith({ drill: true, namespaceMapping: { "*": "*-drill" } });
const stamp = stampOf(part);
const another = { ...OWNED, owner: "urn:another" };
const ours = (labels: Record<string, string> = {}) => ({
  ...stamp.labels,
  [DRILL]: "true",
  [EXCLUDED]: "true",
  ...labels,
});

const item = (place: string, into?: string): Selected => selected(captured("configmaps", place), into);
const made = (name: string, action = "created", kind = "v1/Namespace"): RestoredItem => ({
  kind,
  name,
  action,
});

/** A cluster with these namespaces, by their labels. */
function cluster(there: Record<string, Record<string, string>> = {}) {
  const memory = memoryCluster();
  const put = (name: string, labels: Record<string, string> = {}, more: object = {}) =>
    memory.put(namespaces, { metadata: { name, labels, ...more } });
  for (const [name, labels] of Object.entries(there)) put(name, labels);
  return {
    ...memory,
    putNamespace: put,
    names: () => memory.all(namespaces).map(({ metadata }) => metadata.name),
    make: async (items: Selected[], of = part) => {
      const reports: string[][] = [];
      await makeRoom(memory.client, of, items, ({ drilled }) => void reports.push(drilled));
      return reports;
    },
    room: (items: Selected[], of = part) => requireRoom(memory.client, of, { backupName: BACKUP, items }),
    clear: (of = part, limit = 60_000) =>
      clearDrill(memory.client, of, { name: "timeouts.create (1m)", signal: AbortSignal.timeout(limit) }),
  };
}

describe("A drill may begin", () => {
  test("where every namespace goes to a name that nobody uses", async () => {
    const { room, writes } = cluster({ shop: {}, "another-drill": {} });
    await room([item("shop/a", "shop-drill"), item("billing/b", "billing-drill")]);
    expect(writes).toEqual([]);
  });

  test("where its own earlier run has left the namespace, and under a former owner, too", async () => {
    await cluster({ "shop-drill": ours() }).room([item("shop/a", "shop-drill")]);
    const renamed = partWith({ ...part.whole, owner: `${OWNER}-renamed`, formerOwners: [OWNED] });
    await cluster({ "shop-drill": ours() }).room([item("shop/a", "shop-drill")], renamed);
  });

  test("and not where a namespace would stay what it is", async () => {
    const some = partWith({
      drill: true,
      namespaceMapping: { shop: "shop-drill", kept: "kept", "x-*": "*" },
    });
    const items = [item("shop/a", "shop-drill"), item("kept/b"), item("billing/c"), item("billing/d")];
    await expect(cluster().room(items, some)).rejects.toThrow(
      "namespaceMapping: maps kept, billing nowhere, and a drill restores nothing into a namespace that lives.",
    );
  });

  test.each<[string, Record<string, string>]>([
    ["nobody's", {}],
    ["another drill's", { ...ours(), [ownerLabel]: ownerHash(another) }],
    ["a namesake's", { ...ours(), [ownerLabel]: ownerHash({ ...OWNED, lineage: ANOTHER_LINEAGE }) }],
    ["made by this owner otherwise", stamp.labels],
    ["marked by hand", { [DRILL]: "true" }],
  ])("and not where a namespace is there already that is %s", async (_whose, labels) => {
    const { room, writes } = cluster({ "shop-drill": labels });
    await expect(room([item("shop/a", "shop-drill"), item("billing/b", "billing-drill")])).rejects.toThrow(
      'namespaceMapping: leads into shop-drill of cluster "east", which is there already and was not made by this drill',
    );
    expect(writes).toEqual([]);
  });
});

describe("A drill makes its namespaces itself", () => {
  const namespace = (name: string, metadata: object = {}) =>
    selected(captured("namespaces", name, { metadata: { name, ...metadata }, spec: { finalizers: ["a"] } }));
  const labels = {
    "kubernetes.io/metadata.name": "shop",
    "pod-security.kubernetes.io/enforce": "restricted",
  };
  const shop: Selected = {
    ...namespace("shop", { labels, annotations: { team: "a" }, finalizers: ["example.com/never"] }),
    name: "shop-drill",
  };

  test("as Velero would make them, and marked from their first moment, so that no backup takes them up", async () => {
    const { make, all, writes } = cluster({ shop: {} });
    expect(await make([shop, item("shop/a", "shop-drill")])).toEqual([["shop-drill"]]);
    expect(writes).toEqual(["create Namespace shop-drill"]);
    const made = all(namespaces).find(({ metadata }) => metadata.name === "shop-drill");
    expect(made).not.toHaveProperty("spec");
    expect(made?.metadata).toMatchObject({
      labels: ours({ "pod-security.kubernetes.io/enforce": "restricted" }),
      annotations: { team: "a", ...stamp.annotations },
    });
    expect(made?.metadata).not.toHaveProperty("finalizers");
    expect(made?.metadata.labels).not.toHaveProperty("kubernetes.io/metadata.name");
  });

  test("once, also where the answer to that was lost", async () => {
    const { make, writes } = cluster({ "shop-drill": ours() });
    expect(await make([shop])).toEqual([["shop-drill"]]);
    expect(writes).toEqual(["create Namespace shop-drill"]);
  });

  test.each<[string, Record<string, string>]>([
    ["nobody's", {}],
    ["this resource's of another run", ours({ "pulumi-velero.io/incarnation": "older" })],
  ])("and takes none that has come meanwhile: %s", async (_whose, there) => {
    const { make, at } = cluster({ "shop-drill": there });
    await expect(make([shop])).rejects.toThrow("leads into shop-drill of cluster");
    expect(at(namespaces, "shop-drill")?.metadata.labels).toEqual(there);
  });
});

describe("What a drill has made is marked", () => {
  const ended = restoreOf(part, { phase: "Completed", completionTimestamp: "2026-11-23T12:00:00Z" }, "r");
  const during = { creationTimestamp: "2026-11-23T11:59:30Z" };

  test("also a namespace that was not foreseen, and none is forgotten that was", async () => {
    const { client, writes, putNamespace } = cluster({
      "shop-drill": ours(),
      "their-drill": { [DRILL]: "true" },
    });
    putNamespace("stray", {}, during);
    expect(await markDrilled(client, part, ended, [made("stray")])).toEqual(["shop-drill", "stray"]);
    expect(writes).toEqual(["patch Namespace stray"]);
  });

  test("the namespaces that its restore created, and nothing that was there before", async () => {
    const { client, at, writes, putNamespace } = cluster();
    putNamespace("shop-drill", { team: "a" }, during);
    for (const name of ["there", "other"]) putNamespace(name, {}, during);
    const items = [
      made("shop-drill"),
      made("there", "skipped"),
      made("failed", "failed"),
      { ...made("other", "created", "v1/ConfigMap"), namespace: "shop-drill" },
    ];
    expect(await markDrilled(client, part, ended, items)).toEqual(["shop-drill"]);
    expect(writes).toEqual(["patch Namespace shop-drill"]);
    expect(at(namespaces, "shop-drill")?.metadata.labels).toEqual(ours({ team: "a" }));
  });

  test("and that somebody has removed it meanwhile is no failure", async () => {
    const { client, names } = cluster();
    expect(await markDrilled(client, part, ended, [made("gone")])).toEqual([]);
    expect(names()).toEqual([]);
  });

  test.each<[string, string, string | undefined, string[]]>([
    ["by clocks that differ", "2026-11-23T12:00:59Z", ended.status?.completionTimestamp, ["shop-drill"]],
    ["since somebody has made it anew", "2026-11-23T12:01:01Z", ended.status?.completionTimestamp, []],
    ["while nobody knows when the restore ended", "2026-11-23T12:00:00Z", undefined, []],
  ])(
    "where it looks younger than its restore, %s: made %s, ended %s",
    async (_why, creationTimestamp, completionTimestamp, marked) => {
      const { client, putNamespace } = cluster();
      putNamespace("shop-drill", {}, { creationTimestamp });
      const restore = { ...ended, status: { phase: "Completed", completionTimestamp } };
      expect(await markDrilled(client, part, restore, [made("shop-drill")])).toEqual(marked);
    },
  );
});

describe("What a drill leaves is removed", () => {
  test("all that this resource's drills have made, under former owners, too, and nothing else", async () => {
    const renamed = partWith({ ...part.whole, owner: `${OWNER}-renamed`, formerOwners: [OWNED] });
    const { clear, names, writes } = cluster({
      "shop-drill": ours(),
      "older-drill": ours({ "pulumi-velero.io/incarnation": "older" }),
      "renamed-drill": { ...ours(), [ownerLabel]: ownerHash(renamed) },
      "their-drill": { ...ours(), [ownerLabel]: ownerHash(another) },
      "namesake-drill": { ...ours(), [ownerLabel]: ownerHash({ ...OWNED, lineage: ANOTHER_LINEAGE }) },
      ours: stamp.labels,
      marked: { [DRILL]: "true" },
      shop: {},
    });
    expect((await clear(renamed)).namespaces.toSorted()).toEqual([
      "older-drill",
      "renamed-drill",
      "shop-drill",
    ]);
    expect(names()).toEqual(["their-drill", "namesake-drill", "ours", "marked", "shop"]);
    expect(writes.toSorted()).toEqual(
      ["older-drill", "renamed-drill", "shop-drill"].map((name) => `delete Namespace ${name}`),
    );
  });

  test("and waited for until it is gone", async () => {
    const { clear, putNamespace, remove, at } = cluster();
    putNamespace("shop-drill", ours(), { finalizers: ["kubernetes"] });
    let isDone = false;
    const clearing = clear().then(() => (isDone = true));
    await vi.waitFor(() => expect(at(namespaces, "shop-drill")?.metadata.deletionTimestamp).toBeDefined());
    expect(isDone).toBe(false);
    remove(namespaces, "shop-drill");
    await clearing;
  });

  test("or until another is there by its name, which is left alone", async () => {
    const { clear, putNamespace, remove, at } = cluster();
    putNamespace("shop-drill", ours(), { uid: "first", finalizers: ["kubernetes"] });
    const clearing = clear();
    await vi.waitFor(() => expect(at(namespaces, "shop-drill")?.metadata.deletionTimestamp).toBeDefined());
    remove(namespaces, "shop-drill");
    putNamespace("shop-drill", {}, { uid: "theirs" });
    await clearing;
    expect(at(namespaces, "shop-drill")?.metadata.uid).toBe("theirs");
  });

  test("and that it does not go is told, with what to look at", async () => {
    const { clear, putNamespace } = cluster();
    putNamespace("shop-drill", ours(), { finalizers: ["kubernetes"] });
    await expect(clear(part, 50)).rejects.toThrow(
      'timeouts: namespace shop-drill of an earlier drill in cluster "east" is not gone within timeouts.create (1m). ' +
        "See what keeps it: kubectl get namespace shop-drill -o yaml.",
    );
  });
});
