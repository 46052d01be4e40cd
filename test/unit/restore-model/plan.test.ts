import { describe, expect, test } from "vitest";
import type { KubernetesObject } from "../../../provider/kubernetes/resources.ts";
import type { RestoreOptions } from "../../../provider/velero/restore-option-entries.ts";
import { type Fate, fateOf, planOf } from "../../../provider/restore-model/plan.ts";
import type { Selected } from "../../../provider/restore-model/choose-items.ts";
import { captured, placeOf, selected, targetWith } from "../kinds/restore/captured.ts";

const update: RestoreOptions = { existingResourcePolicy: "update" };
const item = (resource: string, place: string, content: object = {}): Selected =>
  selected(captured(resource, place, content as Record<string, unknown>));
const prices = item("configmaps", "shop/prices", { data: { eggs: "3" } });

/** What becomes of an object where this is in its place. */
const fate = (of: Selected, live: object | undefined, options: RestoreOptions = {}): Fate =>
  fateOf(of, targetWith(live === undefined ? {} : { [placeOf(of)]: live as KubernetesObject }), options);
/** The same object with something else in it. */
const with_ = ({ object }: Selected, more: object): object => ({ ...object, ...more });
const labelled = ({ object }: Selected, labels: Record<string, string>): object => ({
  ...object,
  metadata: { ...object.metadata, labels },
});

describe("An object", () => {
  test("that is not there is created, whatever the policy", () => {
    for (const options of [{}, update, { existingResourcePolicy: "none" as const }])
      expect(fate(prices, undefined, options)).toBe("create");
  });

  test("that is there stays, unless such are updated and it differs", () => {
    const other = with_(prices, { data: { eggs: "4" } });
    expect(fate(prices, prices.object)).toBe("exists");
    expect(fate(prices, prices.object, update)).toBe("exists");
    expect(fate(prices, other)).toBe("exists");
    expect(fate(prices, other, { existingResourcePolicy: "none" })).toBe("exists");
    expect(fate(prices, other, update)).toBe("update");
    expect(fate(prices, labelled(prices, { app: "x" }), update)).toBe("update");
  });

  test("does not differ in what belongs to each object alone, and in what Velero marks it with", () => {
    const { metadata } = prices.object;
    const own = {
      uid: "u",
      resourceVersion: "7",
      creationTimestamp: "2026-11-23T12:00:00Z",
      labels: { "velero.io/restore-name": "r", "velero.io/backup-name": "b" },
    };
    const live = with_(prices, {
      metadata: { ...metadata, ...own },
      status: { x: 1 },
      apiVersion: "v1",
      kind: "ConfigMap",
    });
    expect(fate(prices, live, update)).toBe("exists");
  });

  test("of a kind that the target does not know is none to restore", () => {
    const widget = item("widgets.example.com", "shop/w");
    expect(fateOf(widget, targetWith({}, ["widgets.example.com"]), update)).toBe("missingKind");
  });

  test("that is a volume is made anew by its storage where that deletes it with its claim", () => {
    const volume = (persistentVolumeReclaimPolicy: string) =>
      item("persistentvolumes", "pv-1", { spec: { persistentVolumeReclaimPolicy } });
    expect(fate(volume("Delete"), undefined)).toBe("notRestorable");
    expect(fate(volume("Delete"), volume("Delete").object)).toBe("notRestorable");
    expect(fate(volume("Retain"), undefined)).toBe("create");
    expect(fate(volume("Retain"), volume("Retain").object)).toBe("exists");
  });

  test("that is a namespace is never changed", () => {
    const shop = item("namespaces", "shop", { metadata: { labels: { team: "a" } } });
    expect(fate(shop, undefined)).toBe("create");
    expect(fate(shop, labelled(shop, { team: "b" }), update)).toBe("exists");
  });
});

describe("A ServiceAccount is given what it lacks, whatever the policy", () => {
  const account = item("serviceaccounts", "shop/web", {
    metadata: { labels: { app: "web" }, annotations: { role: "arn" } },
    secrets: [{ name: "web-token-x1" }, { name: "registry" }],
    imagePullSecrets: [{ name: "pull" }],
  });

  test("and nothing where it lacks nothing", () => {
    const more = {
      metadata: { labels: { app: "other", tier: "x" }, annotations: { role: "another" } },
      secrets: [{ name: "registry" }, { name: "theirs" }],
    };
    expect(fate(account, account.object)).toBe("exists");
    expect(fate(account, { ...account.object, ...more })).toBe("exists");
    // Its token is the cluster's own, and Velero's labels are no one's.
    expect(fate(account, { ...account.object, secrets: [{ name: "registry" }] })).toBe("exists");
  });

  test.each<[string, object]>([
    ["a label", labelled(account, {})],
    ["an annotation", with_(account, { metadata: { labels: { app: "web" } } })],
    ["a secret", with_(account, { secrets: [] })],
    ["a secret to pull images with", with_(account, { imagePullSecrets: undefined })],
  ])("such as %s", (_what, live) => {
    for (const options of [{}, update]) expect(fate(account, live, options)).toBe("update");
  });
});

describe("Of objects that are to be updated", () => {
  test.each(["services", "pods"])("%s always differ, since Velero rewrites them", (resource) => {
    const one = item(resource, "shop/x", { spec: { a: 1 } });
    expect(fate(one, one.object, update)).toBe("update");
    expect(fate(one, one.object)).toBe("exists");
  });

  test("those that a mapping rewrites do under a mapping", () => {
    const binding = item("rolebindings.rbac.authorization.k8s.io", "shop/x", { roleRef: { name: "r" } });
    expect(fate(binding, binding.object, update)).toBe("exists");
    expect(fate(binding, binding.object, { ...update, namespaceMapping: { "*": "*-copy" } })).toBe("update");
  });

  test("those that rules change do", () => {
    const rules = { resourceModifiers: [{ conditions: { groupResource: "configmaps" } }] };
    expect(fate(prices, prices.object, { ...update, ...rules })).toBe("update");
  });

  test.each<[string, object, object]>([
    [
      "deployments.apps",
      { spec: { selector: { a: 1 }, replicas: 1 } },
      { spec: { selector: { a: 2 }, replicas: 2 } },
    ],
    ["statefulsets.apps", { spec: { serviceName: "a" } }, { spec: { serviceName: "b" } }],
    ["rolebindings.rbac.authorization.k8s.io", { roleRef: { name: "a" } }, { roleRef: { name: "b" } }],
    ["secrets", { type: "a" }, { type: "b" }],
    ["persistentvolumeclaims", { spec: { resources: 1 } }, { spec: { resources: 2 } }],
    ["pods", { spec: {} }, { spec: { nodeName: "n" } }],
    ["jobs.batch", { spec: { parallelism: 1 } }, { spec: { parallelism: 2 } }],
  ])("%s stay where the API server would not let them be changed so", (resource, before, after) => {
    const one = item(resource, "shop/x", before);
    expect(fate(one, with_(one, after), update)).toBe("exists");
  });

  test("others of those kinds are updated", () => {
    const web = item("deployments.apps", "shop/web", { spec: { selector: { a: 1 }, replicas: 1 } });
    expect(fate(web, with_(web, { spec: { selector: { a: 1 }, replicas: 2 } }), update)).toBe("update");
    const secret = item("secrets", "shop/s", { type: "a", data: { x: "1" } });
    expect(fate(secret, with_(secret, { data: {} }), update)).toBe("update");
  });
});

describe("A plan", () => {
  const items = [
    prices,
    item("configmaps", "shop/new"),
    item("configmaps", "shop/newer"),
    item("persistentvolumes", "pv-1", { spec: { persistentVolumeReclaimPolicy: "Delete" } }),
    item("widgets.example.com", "shop/w"),
    item("widgets.example.com", "shop/w-2"),
    item("gadgets.example.com", "shop/g"),
  ];
  const target = targetWith({ [placeOf(prices)]: { ...prices.object, data: {} } as KubernetesObject }, [
    "widgets.example.com",
    "gadgets.example.com",
  ]);

  test("counts each object once, and names each kind that is missing once, in order", () => {
    expect(planOf(items, target, update)).toEqual({
      create: 2,
      exists: 0,
      update: 1,
      notRestorable: 1,
      missingKinds: ["gadgets.example.com", "widgets.example.com"],
    });
    expect(planOf(items, target, {})).toMatchObject({ exists: 1, update: 0 });
  });

  test("of a drill does not count what an earlier one has left, and it clears away", () => {
    expect(planOf([prices], target, {})).toMatchObject({ create: 0, exists: 1 });
    expect(planOf([prices], target, { drill: true })).toMatchObject({ create: 1, exists: 0 });
    const role = item("clusterroles.rbac.authorization.k8s.io", "reader");
    const there = targetWith({ [placeOf(role)]: role.object });
    expect(planOf([role], there, { drill: true })).toMatchObject({ create: 0, exists: 1 });
  });
});
