import { describe, expect, test } from "vitest";
import { essenceOf, removeFields } from "../../../provider/restore-model/comparable-fields.ts";

/** An object as somebody has declared it, and as a cluster keeps it. */
const declared = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "shop", labels: { app: "web" }, annotations: { owner: "team-a" } },
  spec: { replicas: 3, template: { spec: { containers: [{ image: "web:1" }] } } },
};
const kept = {
  ...declared,
  apiVersion: "apps/v1beta1",
  metadata: {
    ...declared.metadata,
    namespace: "shop-copy",
    uid: "uid",
    resourceVersion: "7",
    creationTimestamp: "2026-11-23T12:00:00Z",
    generation: 2,
    managedFields: [{ manager: "velero" }],
    ownerReferences: [{ uid: "x" }],
    finalizers: ["x"],
    labels: { ...declared.metadata.labels, "velero.io/backup-name": "b", "velero.io/restore-name": "r" },
    annotations: {
      ...declared.metadata.annotations,
      "deployment.kubernetes.io/revision": "4",
      "kubectl.kubernetes.io/last-applied-configuration": "{}",
    },
  },
  status: { replicas: 3 },
};

describe("The essence of an object", () => {
  test("is what somebody declared, without what the cluster and Velero write into it", () => {
    expect(essenceOf("deployments.apps", kept)).toEqual(essenceOf("deployments.apps", declared));
    expect(essenceOf("deployments.apps", kept)).toEqual({
      metadata: { labels: { app: "web" }, annotations: { owner: "team-a" } },
      spec: declared.spec,
    });
  });

  test("is the same with no labels and annotations as with none that count", () => {
    const bare = { metadata: { name: "a" }, data: { a: "1" } };
    const written = {
      ...bare,
      metadata: { name: "a", labels: { "velero.io/restore-name": "r" }, annotations: {} },
    };
    expect(essenceOf("configmaps", written)).toEqual(essenceOf("configmaps", bare));
  });

  test.each<[string, (object: typeof declared) => object]>([
    ["spec", (object) => ({ ...object, spec: { ...object.spec, replicas: 2 } })],
    [
      "a list in it",
      (object) => ({ ...object, spec: { ...object.spec, template: { spec: { containers: [] } } } }),
    ],
    ["a label", (object) => ({ ...object, metadata: { ...object.metadata, labels: { app: "other" } } })],
    ["an annotation", (object) => ({ ...object, metadata: { ...object.metadata, annotations: {} } })],
    ["what else there is on top", (object) => ({ ...object, data: { a: "1" } })],
  ])("is another with another %s", (_what, change) => {
    const changed = change(declared) as typeof declared;
    expect(essenceOf("deployments.apps", changed)).not.toEqual(essenceOf("deployments.apps", declared));
  });

  test.each<[string, object, object]>([
    [
      "services",
      {
        clusterIP: "10.0.0.1",
        clusterIPs: ["10.0.0.1"],
        healthCheckNodePort: 30_000,
        ports: [{ port: 80, nodePort: 30_001 }],
      },
      { ports: [{ port: 80 }] },
    ],
    ["persistentvolumeclaims", { volumeName: "pv-1", storageClassName: "gp2" }, { storageClassName: "gp2" }],
    [
      "persistentvolumes",
      { claimRef: { name: "data", namespace: "shop", uid: "u", resourceVersion: "1", apiVersion: "v1" } },
      { claimRef: { name: "data", namespace: "shop" } },
    ],
    [
      "persistentvolumeclaims",
      { dataSource: { name: "s" }, selector: { matchLabels: { "velero.io/dynamic-pv-restore": "a" } } },
      {},
    ],
    [
      "pods",
      {
        nodeName: "n",
        priority: 0,
        serviceAccountName: "web",
        volumes: [{ name: "web-token-1" }, { name: "data" }],
        initContainers: [{ name: "restore-wait" }, { name: "init" }],
        containers: [{ image: "web:1", volumeMounts: [{ name: "web-token-1" }] }, { image: "side:1" }],
      },
      {
        serviceAccountName: "web",
        volumes: [{ name: "data" }],
        initContainers: [{ name: "init" }],
        containers: [{ image: "web:1", volumeMounts: [] }, { image: "side:1" }],
      },
    ],
    [
      "jobs.batch",
      {
        selector: { matchLabels: { "controller-uid": "u" } },
        parallelism: 2,
        template: { metadata: { labels: { "controller-uid": "u", app: "x" } }, spec: {} },
      },
      { parallelism: 2, template: { metadata: { labels: { app: "x" } }, spec: {} } },
    ],
    ["namespaces", { finalizers: ["kubernetes"] }, {}],
  ])("is without what a cluster gives to %s", (resource, spec, expected) => {
    const object = { metadata: { name: "x" }, spec };
    const essence = essenceOf(resource, object);
    expect(essence["spec"] ?? {}).toEqual(expected);
    // Others' fields of that name are theirs.
    expect(essenceOf("widgets.example.com", object)["spec"]).toEqual(spec);
  });

  test("is taken without changing the object", () => {
    const service = { metadata: { name: "x" }, spec: { clusterIP: "10.0.0.1" } };
    essenceOf("services", service);
    expect(service.spec).toEqual({ clusterIP: "10.0.0.1" });
  });
});

test("a headless Service stays one, and a ServiceAccount keeps the Secrets that were declared", () => {
  const metadata = { name: "x" };
  expect(essenceOf("services", { metadata, spec: { clusterIP: "None" } })["spec"]).toEqual({
    clusterIP: "None",
  });
  const secrets = ["x-token-1", "x-dockercfg-1", "x-tokens", "y-token-1"].map((name) => ({ name }));
  expect(essenceOf("serviceaccounts", { metadata, secrets })["secrets"]).toEqual(secrets.slice(2));
});

test.each<[unknown, string, unknown]>([
  [{ a: { b: 1 }, c: {} }, "a.b", { c: {} }],
  [{ a: { b: { c: 1 } } }, "a.b.c", {}],
  [{ a: { b: 1, c: 2 } }, "a.b", { a: { c: 2 } }],
  [{ a: [{ b: 1 }, { b: 2, c: 3 }, 7] }, "a.*.b", { a: [{}, { c: 3 }, 7] }],
  [{ a: 1 }, "a", {}],
  [{ a: 1 }, "b", { a: 1 }],
  [{ a: 1 }, "a.b.c", { a: 1 }],
  [{ a: null }, "a.b", { a: null }],
  [{ a: 1 }, "a.*", { a: 1 }],
])("of %j what lies at %s is taken away", (value, path, expected) => {
  removeFields(value, path.split("."));
  expect(value).toEqual(expected);
});
