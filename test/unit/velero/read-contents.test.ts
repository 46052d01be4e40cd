import { describe, expect, test } from "vitest";
import { gzipSync } from "node:zlib";
import { readContents, wholeOf } from "../../../provider/velero/backup-contents.ts";
import { fakeStore } from "../store/fake-store.ts";
import { captured } from "../kinds/restore/captured.ts";
import { tarballOf, tarOf } from "../kinds/restore/tarball.ts";

const KEY = "east/backups/b/b.tar.gz";
const items = [
  captured("configmaps", "shop/prices", { kind: "ConfigMap", data: { list: "ä".repeat(3_000) } }),
  captured("configmaps", "shop/prices.v2"),
  captured("deployments.apps", "billing/web", { spec: { replicas: 3 } }),
  captured("persistentvolumes", "pv-1"),
];

function reading(file: Buffer | undefined) {
  const store = fakeStore();
  if (file) store.objects.set(KEY, file);
  return readContents(store, "east", "b");
}

/** All of what the backup has of each object. */
async function objectsIn(file: Buffer) {
  const contents = await reading(file);
  return contents.map(({ whole: _whole, ...item }, index) => ({
    ...item,
    object: wholeOf(contents[index]!),
  }));
}

describe("What a backup holds", () => {
  test("is read from its tarball, each object once, however much or little it is", async () => {
    const many = Array.from({ length: 2_000 }, (_, index) => captured("configmaps", `shop/app-${index}`));
    for (const all of [items, [], many]) expect(await objectsIn(await tarballOf(all))).toEqual(all);
  });

  test("is what lies where Velero puts objects, by any way to write the path", async () => {
    const object = JSON.stringify({ metadata: { name: "a" } });
    const files = {
      "metadata/version": "1.1.0",
      "./resources/pods/namespaces/shop/a.json": object,
      "/resources/nodes/cluster/b.json": object,
      "resources/pods/namespaces/shop/": "",
      "resources/pods/namespaces/shop/a.txt": "no JSON",
      "resources/pods/a.json": "no JSON",
      "elsewhere/resources/pods/namespaces/shop/c.json": "no JSON",
    };
    expect(await objectsIn(gzipSync(await tarOf(files)))).toEqual([
      { resource: "pods", namespace: "shop", name: "a", object: { metadata: { name: "a" } } },
      { resource: "nodes", name: "b", object: { metadata: { name: "a" } } },
    ]);
  });
});

describe("Of an object only an outline is at hand", () => {
  const outline = async (...[resource, content]: [string, Parameters<typeof captured>[2]]) =>
    (await reading(await tarballOf([captured(resource, "shop/x", content)])))[0]?.object;
  const lastApplied = { "kubectl.kubernetes.io/last-applied-configuration": "{}" };

  test("which is its metadata, without what says the object once more", async () => {
    const metadata = { labels: { a: "b" }, annotations: { ...lastApplied, c: "d" }, managedFields: [{}] };
    expect(
      await outline("configmaps", { apiVersion: "v1", kind: "ConfigMap", data: { e: "f" }, metadata }),
    ).toEqual({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "x", namespace: "shop", labels: { a: "b" }, annotations: { c: "d" } },
    });
  });

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    [
      "pods",
      {
        spec: {
          nodeName: "n",
          priorityClassName: "high",
          volumes: [{ name: "v" }],
          containers: [{ name: "c", image: "i", env: [], volumeMounts: [{ name: "v" }] }],
          tolerations: [],
        },
        status: { phase: "Running", conditions: [] },
      },
      {
        spec: {
          nodeName: "n",
          priorityClassName: "high",
          volumes: [{ name: "v" }],
          containers: [{ name: "c", volumeMounts: [{ name: "v" }] }],
        },
        status: { phase: "Running" },
      },
    ],
    ["jobs.batch", { spec: { a: 1 }, status: { completionTime: "t" } }, { status: { completionTime: "t" } }],
    ["secrets", { type: "Opaque", data: { a: "b" } }, { type: "Opaque" }],
    ["deployments.apps", { spec: { replicas: 3 }, status: { replicas: 3 } }, {}],
    ...[
      "persistentvolumeclaims",
      "persistentvolumes",
      "serviceaccounts",
      "services",
      "namespaces",
      "storageclasses.storage.k8s.io",
    ].map((kind): [string, Record<string, unknown>, Record<string, unknown>] => [
      kind,
      { spec: { a: 1 }, status: { b: 2 }, secrets: [{ name: "s" }] },
      { spec: { a: 1 }, status: { b: 2 }, secrets: [{ name: "s" }] },
    ]),
  ])("and of %s what they are judged by", async (kind, content, kept) => {
    expect(await outline(kind, content)).toEqual({ ...kept, metadata: { name: "x", namespace: "shop" } });
  });
});

describe("A tarball", () => {
  test("that is gone is told as that, with where it was", async () => {
    await expect(reading(undefined)).rejects.toThrow(
      "backup: the tarball of Backup b is not there (east/backups/b/b.tar.gz in a store in memory). Its data is gone",
    );
  });

  test("that was cut short is told as damaged, wherever it ends", async () => {
    const whole = await tarballOf(items);
    const damaged =
      /^backup: the tarball of Backup b cannot be read \(east\/backups\/b\/b\.tar\.gz in a store in memory\): .+\. It was changed or damaged since Velero stored it/;
    for (const end of [0, 1, 10, 100, Math.floor(whole.length / 2), whole.length - 9, whole.length - 1])
      await expect(reading(whole.subarray(0, end)), `after ${end} bytes`).rejects.toThrow(damaged);
  });

  test.each<[string, () => Buffer | Promise<Buffer>]>([
    ["no gzip", () => Buffer.from("<html>not found</html>")],
    ["gzip of something else", () => gzipSync("x".repeat(5_000))],
    ["gzip of nothing", () => gzipSync("")],
    [
      "an archive that ends within a file",
      async () =>
        gzipSync((await tarOf({ "resources/a/cluster/b.json": "{}".repeat(400) })).subarray(0, 900)),
    ],
    [
      "an archive with an object that is none",
      async () => gzipSync(await tarOf({ "resources/pods/cluster/x.json": "{" })),
    ],
    [
      "an archive that was changed in its middle",
      async () => {
        const whole = await tarballOf(items);
        whole.fill(0, 200, 260);
        return whole;
      },
    ],
  ])("that is %s is told as damaged", async (_what, file) => {
    await expect(reading(await file())).rejects.toMatchObject({ code: "BadTarball", property: "backup" });
  });

  test("that the store does not give is the store's failure, and not the tarball's", async () => {
    const store = fakeStore({ get: () => Promise.reject(new Error("the store is down")) });
    await expect(readContents(store, "east", "b")).rejects.toThrow("the store is down");
  });
});
