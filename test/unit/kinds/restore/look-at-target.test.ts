import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { connect } from "../../../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../../../provider/kubernetes/connection.ts";
import { KubernetesError } from "../../../../provider/kubernetes/kubernetes-error.ts";
import { lookAtTarget } from "../../../../provider/kinds/restore/look-at-target.ts";
import type { Selected } from "../../../../provider/restore-model/choose-items.ts";
import { startFakeApiServer } from "../../kubernetes/fake-api-server.ts";
import { servedDocuments } from "../../kubernetes/served.ts";
import { captured, selected } from "./captured.ts";
import { testSession } from "../../session.ts";

const at = (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps`;
const item = (resource: string, place: string, apiVersion = "v1"): Selected =>
  selected(captured(resource, place, { apiVersion }));

async function target() {
  const server = await startFakeApiServer();
  for (const [path, document] of Object.entries(servedDocuments)) server.serve(path, document);
  for (const namespace of ["shop", "billing", "untouched"]) {
    server.putAt("/api/v1/namespaces", { metadata: { name: namespace } });
    server.putAt(at(namespace), { metadata: { name: "there", labels: { of: namespace } } });
  }
  server.putAt("/apis/apps/v1/namespaces/shop/deployments", { metadata: { name: "web" } });
  const client = await connect(testSession(), { kubeconfig: server.kubeconfig }, clusterLabel("dr"));
  const look = (items: Selected[], seen = client, compares = true) =>
    lookAtTarget(seen, () => ({ items }), { compares });
  return {
    server,
    look: (...items: Selected[]) => look(items),
    lookWhere: (listing: KubernetesError, ...items: Selected[]) =>
      look(items, { ...client, pages: () => refused(listing) }),
    lookForPlan: (...items: Selected[]) => look(items, client, false),
    /** What was asked for besides what is served there. */
    listed: () =>
      server.requests
        .filter((request) => !DISCOVERY.test(request))
        .map((request) => request.replace(/\?limit=\d+$/, "")),
  };
}

async function* refused(refusal: KubernetesError): AsyncGenerator<never> {
  yield await Promise.reject<never>(refusal);
}

const DOWN =
  'conversion webhook for example.com/v1beta1, Kind=Widget failed: Post "https://127.0.0.1:9/?timeout=30s": connection refused';

const DISCOVERY = /^GET \/(api\/v1|apis(\/[^/]+\/[^/]+)?)$/;

// The first one loads the Kubernetes client, which takes a while on a busy machine.
describe("A target is looked at", { timeout: 30_000 }, () => {
  test("where something is to go, once for each kind and place, and by lists alone", async () => {
    const { look, listed } = await target();
    await look(
      item("configmaps", "shop/a"),
      item("configmaps", "shop/b"),
      item("configmaps", "billing/a"),
      item("deployments.apps", "shop/web", "apps/v1"),
      item("namespaces", "shop"),
    );
    expect(listed().toSorted()).toEqual(
      [
        `GET ${at("billing")}`,
        `GET ${at("shop")}`,
        "GET /api/v1/namespaces",
        "GET /apis/apps/v1/namespaces/shop/deployments",
      ].toSorted(),
    );
  });

  test("in the namespace into which it goes, and not in that of the backup", async () => {
    const { look, listed } = await target();
    const moved = selected(captured("configmaps", "source/there"), "billing");
    const { find } = await look(moved);
    expect(listed()).toEqual([`GET ${at("billing")}`]);
    expect(find(moved)?.metadata.labels).toEqual({ of: "billing" });
  });

  test("and what is there is told from what is not, by kind, namespace and name", async () => {
    const { look } = await target();
    const items = [
      item("configmaps", "shop/there"),
      item("configmaps", "shop/web"),
      item("deployments.apps", "shop/web", "apps/v1"),
      item("configmaps", "billing/there"),
      item("namespaces", "shop"),
      item("namespaces", "gone"),
    ];
    const { find } = await look(...items);
    expect(items.map((each) => find(each)?.metadata.labels ?? find(each)?.metadata.name)).toEqual([
      { of: "shop" },
      undefined,
      "web",
      { of: "billing" },
      "shop",
      undefined,
    ]);
  });

  test("by its metadata alone where nothing is compared, of which nothing is kept but where it is", async () => {
    const { server, lookForPlan } = await target();
    server.putAt("/api/v1/namespaces/shop/serviceaccounts", {
      metadata: { name: "robot" },
      ...{ secrets: [] },
    });
    const { resources } = servedDocuments["/api/v1"] as { resources: object[] };
    const accounts = { ...resources[0], name: "serviceaccounts", kind: "ServiceAccount" };
    server.serve("/api/v1", { kind: "APIResourceList", resources: [...resources, accounts] });
    const accepted = new Map<string, string | undefined>();
    const note = (request: IncomingMessage): "pass" => {
      accepted.set((request.url ?? "").replace(/\?.*/, ""), request.headers.accept);
      return "pass";
    };
    server.next(...Array.from({ length: 20 }, () => note));
    const items = [item("configmaps", "shop/there"), item("serviceaccounts", "shop/robot")];
    const { find } = await lookForPlan(...items);
    expect(accepted.get(at("shop"))).toMatch(/as=PartialObjectMetadataList/);
    expect(find(items[0]!)).toEqual({ metadata: { name: "there", namespace: "shop" } });
    // Whether it would be patched hangs on what it has.
    expect(accepted.get("/api/v1/namespaces/shop/serviceaccounts")).toBe("application/json");
    expect(find(items[1]!)).toMatchObject({ secrets: [] });
  });

  test("in the version in which the backup has the objects of a kind, since another may look different", async () => {
    const { look, listed } = await target();
    await look(item("widgets.example.com", "shop/a", "example.com/v1beta1"));
    await look(item("widgets.example.com", "shop/a", "example.com/v1"));
    await look(item("widgets.example.com", "shop/a", "example.com/v7"));
    // Velero lists it everywhere, which may fail for what is elsewhere.
    const widgets = (version: string) => [
      `GET /apis/example.com/${version}/namespaces/shop/widgets`,
      `GET /apis/example.com/${version}/widgets`,
    ];
    expect(listed()).toEqual([...widgets("v1beta1"), ...widgets("v1"), ...widgets("v1")]);
  });

  test("though there is not one object to restore", async () => {
    const { look, listed } = await target();
    expect((await look()).chosen.items).toEqual([]);
    expect(listed()).toEqual([]);
  });

  test("and what these credentials may not see counts as not there, and is named", async () => {
    const { look, lookWhere } = await target();
    const hidden = item("configmaps", "shop/there");
    const forbidden = new KubernetesError({ status: 403, reason: "Forbidden", what: "may not list" });
    const seen = await lookWhere(forbidden, hidden, item("configmaps", "billing/there"));
    expect(seen.find(hidden)).toBeUndefined();
    expect(seen.hidden).toEqual(["configmaps"]);
    expect((await look(hidden)).hidden).toEqual([]);
  });

  test("although one kind cannot be listed, which is named with the reason, and costs no second", async () => {
    const { server, look } = await target();
    const [widget, prices] = [
      item("widgets.example.com", "shop/a", "example.com/v1"),
      item("configmaps", "shop/there"),
    ];
    server.fail("/apis/example.com/v1/namespaces/shop/widgets", (_request, response) => {
      response.statusCode = 500;
      response.end(JSON.stringify({ kind: "Status", code: 500, message: DOWN }));
    });
    const since = performance.now();
    const { down, find, knows } = await look(widget, prices);
    expect(performance.now() - since).toBeLessThan(1_000);
    expect([...down]).toEqual([["widgets.example.com", expect.stringContaining(DOWN)]]);
    expect(find(prices)).toBeDefined();
    expect(find(widget)).toBeUndefined();
    expect(knows(widget)).toBe(true);
  });

  test("although one kind cannot be listed elsewhere, since Velero lists it everywhere", async () => {
    const { server, look } = await target();
    const widget = item("widgets.example.com", "shop/a", "example.com/v1");
    server.fail("/apis/example.com/v1/widgets", (_request, response) => {
      response.statusCode = 500;
      response.end(JSON.stringify({ kind: "Status", code: 500, message: DOWN }));
    });
    expect((await look(widget)).down.get("widgets.example.com")).toContain(DOWN);
    server.fail("/apis/example.com/v1/widgets", (_request, response) => {
      response.statusCode = 403;
      response.end(JSON.stringify({ kind: "Status", code: 403, reason: "Forbidden", message: "no" }));
    });
    const { down, hidden } = await look(widget);
    expect([down.size, hidden]).toEqual([0, []]);
  });

  test("but not where the cluster has too much to do, or can list nothing at all", async () => {
    const { lookWhere } = await target();
    const items = [item("widgets.example.com", "shop/a", "example.com/v1"), item("configmaps", "shop/there")];
    const silence = new KubernetesError({ status: 0, reason: "Unreachable", what: "no answer" });
    await expect(
      lookWhere(silence, item("configmaps", "shop/there"), item("namespaces", "shop")),
    ).rejects.toThrow("no answer");
    for (const status of [401, 429, 500]) {
      const error = new KubernetesError({ status, reason: "Sick", what: "the cluster is sick" });
      await expect(lookWhere(error, ...items)).rejects.toThrow("the cluster is sick");
    }
  });

  test("and knows what a server that is down may serve", async () => {
    const { look } = await target();
    const metric = item("nodes.metrics.example.com", "shop/a", "metrics.example.com/v1beta1");
    const { silent, knows, find } = await look(metric);
    expect(silent).toEqual(["metrics.example.com/v1beta1"]);
    expect([knows(metric), find(metric)]).toEqual([true, undefined]);
  });
});

describe("A target knows", { timeout: 30_000 }, () => {
  test("a kind in each version that it serves, and in no other", async () => {
    const { look } = await target();
    const known = [
      item("configmaps", "shop/a"),
      item("widgets.example.com", "shop/a", "example.com/v1"),
      item("widgets.example.com", "shop/a", "example.com/v1beta1"),
      selected(captured("deployments.apps", "shop/a")),
    ];
    const unknown = [
      item("widgets.example.com", "shop/a", "example.com/v1alpha1"),
      item("gizmos.example.com", "shop/a", "example.com/v1"),
      item("deployments.apps", "shop/a", "apps/v1beta1"),
      selected(captured("gizmos.example.com", "shop/a")),
    ];
    const { knows } = await look(...known, ...unknown);
    expect(known.map(knows)).toEqual(known.map(() => true));
    expect(unknown.map(knows)).toEqual(unknown.map(() => false));
  });

  test("what the backup brings the definition of", async () => {
    const { look } = await target();
    const gizmo = item("gizmos.example.com", "shop/a", "example.com/v7");
    expect((await look(gizmo)).knows(gizmo)).toBe(false);
    const definition = item("customresourcedefinitions.apiextensions.k8s.io", "gizmos.example.com");
    expect((await look(definition, gizmo)).knows(gizmo)).toBe(true);
  });
});
