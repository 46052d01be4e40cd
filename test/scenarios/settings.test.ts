import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { liveObject, passingStack, veleroObject } from "./observe.ts";
import { ok, outputsOf, restorePath } from "./restore-stack.ts";
import { messagesOf, type Stack, stepsOf, veleroObjects, veleroPath } from "./stack.ts";

/** Every kind of resource, and every kind of object that they make in a cluster. */
const everything = (labels: object, annotations: object, more = "") => `
  const { SHOP } = process.env;
  const tags = { labels: ${JSON.stringify(labels)}, annotations: ${JSON.stringify(annotations)} };
  const location = new velero.BackupLocation("primary", {
    storage, clusters: { east }, ...tags,
  });
  new velero.BackupLocation("unseen", {
    storage: { minio: { ...storage.minio, prefix: "unseen" } }, clusters: { east }, access: "none", ...tags,
  });
  const shop = { location, includedNamespaces: [SHOP], volumes: "none", ...tags };
  const once = new velero.ClusterBackup("once", { ...shop, cluster: "east" });
  new velero.ClusterBackup("yearly", {
    ...shop, cluster: "east", schedule: "0 3 29 2 *", skipImmediately: true, runNow: true,
    resourcePolicy: { volumePolicies: [{ conditions: { capacity: "0,1Gi" }, action: { type: "skip" } }] },
  });
  new velero.WorkspaceBackup("all", { ...shop, clusters: "all", schedule: "0 4 29 2 *", skipImmediately: true });
  new velero.Restore("copy", {
    backup: once, cluster: "east", namespaceMapping: { [SHOP]: SHOP + "-copy" }, ...tags,
    resourceModifiers: [{
      conditions: { groupResource: "configmaps" },
      mergePatches: [{ patchData: '{"metadata":{"labels":{"copied":"true"}}}' }],
    }],
  });
  ${more}`;
const often = `new velero.ClusterBackup("often", {
  ...shop, cluster: "east", schedule: "@every 20s", useOwnerReferencesInBackup: true, labels: { team: "payments" },
});`;

const collections = {
  locations: veleroPath("backupstoragelocations"),
  schedules: veleroPath("schedules"),
  backups: veleroPath("backups"),
  restores: restorePath("").slice(0, -1),
  secrets: "/api/v1/namespaces/velero/secrets",
  configMaps: "/api/v1/namespaces/velero/configmaps",
};
type Collection = keyof typeof collections;

const annotationsOf = ({ metadata }: KubernetesObject) =>
  (metadata["annotations"] ?? {}) as Record<string, string>;

describeOnSandbox("Labels and annotations", (sandbox) => {
  const east = sandbox.cluster("east");
  const { kubernetes } = east;

  /** What this stack has made, by path. */
  async function madeBy({ stack }: Stack): Promise<Map<string, KubernetesObject>> {
    const found = await Promise.all(
      Object.values(collections).map(async (path) =>
        (await kubernetes.list(path))
          .filter((each) =>
            annotationsOf(each)["pulumi-velero.io/owner-urn"]?.startsWith(`urn:pulumi:${stack}::`),
          )
          .map((each) => [`${path}/${each.metadata.name}`, each] as const),
      ),
    );
    return new Map(found.flat());
  }

  const countsOf = (made: Map<string, KubernetesObject>) =>
    Object.fromEntries(
      (Object.keys(collections) as Collection[]).map((kind) => [
        kind,
        [...made.keys()].filter((path) => path.startsWith(`${collections[kind]}/`)).length,
      ]),
    );

  test("stand on every object, change and go in place; an edit by hand is drift that up puts right; a backup of a Schedule that owns it names and outlives it; wrong ones are refused in the preview", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const first = { team: "payments", "example.com/tier": "gold" };
    const page = { "example.com/page": "https://wiki.example.com/ünusual text" };
    const stack = await passingStack(sandbox, everything(first, page), { env: { SHOP: shop } });
    const up = await ok(stack.up());
    const before = await madeBy(stack);
    expect(countsOf(before)).toEqual({
      locations: 2,
      schedules: 2,
      backups: 2,
      restores: 1,
      secrets: 2,
      configMaps: 3,
    });
    for (const [path, object] of before) {
      expect(object.metadata.labels, path).toMatchObject(first);
      expect(annotationsOf(object), path).toMatchObject(page);
    }

    // Somebody else's stay, whatever goes.
    for (const path of before.keys())
      await kubernetes.patch(path, { metadata: { labels: { theirs: "kept" } } });
    stack.change(everything({ team: "billing" }, {}));
    const changed = await ok(stack.up());
    expect(stepsOf(changed).filter((step) => !/^(update|same) /.test(step))).toEqual([]);
    const after = await madeBy(stack);
    expect([...after.keys()].toSorted()).toEqual([...before.keys()].toSorted());
    for (const [path, object] of after) {
      expect(object.metadata.uid, path).toBe(before.get(path)?.metadata.uid);
      expect(object.metadata.labels, path).toMatchObject({ theirs: "kept" });
      // The backup that was taken with the Schedule is one of its own, as those are that Velero makes.
      const isOfItsTime = path.includes(String(outputsOf(up, "yearly")["backupName"]));
      expect(object.metadata.labels?.["team"], path).toBe(isOfItsTime ? "payments" : "billing");
      expect("example.com/tier" in (object.metadata.labels ?? {}), path).toBe(isOfItsTime);
      expect("example.com/page" in annotationsOf(object), path).toBe(isOfItsTime);
    }

    const yearly = outputsOf(up, "yearly");
    const edited = [...after.keys()].filter(
      (path) => !path.startsWith(`${collections.restores}/`) && !path.includes(String(yearly["backupName"])),
    );
    const modifiers = [...after].find(
      ([, object]) =>
        annotationsOf(object)["pulumi-velero.io/owner-urn"]?.includes("velero:Restore::") && "data" in object,
    )?.[0];
    for (const path of edited) await kubernetes.patch(path, { metadata: { labels: { team: "by-hand" } } });
    const refreshed = await stack.refresh({ expectNoChanges: true });
    expect(refreshed.ok).toBe(false);
    for (const name of ["primary-east", "unseen-east", "once", "yearly", "all"])
      expect(outputsOf(refreshed, name)["health"], name).toBe("Drifted");
    expect(String(outputsOf(refreshed, "once")["message"])).toMatch(/^label "team" of Backup velero\/once-/);
    expect(String(outputsOf(refreshed, "primary-east")["message"])).toMatch(
      /label "team" of Backup.*label "team" of Secret/,
    );
    expect(String(outputsOf(refreshed, "unseen-east")["message"])).toMatch(/label "team" of ConfigMap/);
    await ok(stack.up());
    const mended = await madeBy(stack);
    // What is restored is done with, and nobody looks at a Restore's objects any more.
    for (const path of edited.filter((each) => each !== modifiers))
      expect(mended.get(path)?.metadata.labels?.["team"], path).toBe("billing");
    await ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));

    stack.change(everything({ team: "billing" }, {}, often));
    const { scheduleName } = outputsOf(await ok(stack.up()), "often");
    const schedule = await liveObject(east, "schedules", scheduleName);
    expect(schedule.spec).toMatchObject({ useOwnerReferencesInBackup: true });
    const ofSchedule = async () =>
      (await veleroObjects(east, "backups", stack)).filter(
        ({ metadata }) => metadata.labels?.["velero.io/schedule-name"] === scheduleName,
      );
    const made = await waitUntil(
      "Velero has made a backup",
      async () => (await ofSchedule()).find(({ status }) => status?.["phase"] === "Completed"),
      { timeoutMs: 150_000 },
    );
    expect(made.metadata["ownerReferences"]).toMatchObject([
      { kind: "Schedule", uid: schedule.metadata.uid },
    ]);
    expect(made.metadata.labels).toMatchObject({ team: "payments" });
    stack.change(everything({ team: "billing" }, {}));
    await ok(stack.up());
    expect(await veleroObject(east, "schedules", scheduleName)).toBeUndefined();
    const left = await ofSchedule();
    for (const { metadata } of left) expect(metadata["ownerReferences"], metadata.name).toBeUndefined();
    expect(left.map(({ metadata }) => metadata.uid)).toContain(made.metadata.uid);

    const labels = { "velero.io/storage-location": "x", "two words": "x", good: "not so" };
    stack.change(everything(labels, { "pulumi-velero.io/owner-urn": "x" }));
    const preview = await stack.preview();
    expect(preview.ok).toBe(false);
    for (const words of [
      'labels: "velero.io/storage-location" has a domain',
      'labels: "two words" is no name of a label',
      'labels: "good" has a value that no label takes',
      'annotations: "pulumi-velero.io/owner-urn" has a domain',
    ])
      expect(messagesOf(preview)).toContain(words);
  }, 300_000);
});
