import { describe, expect, test } from "vitest";
import { connect } from "../../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../../provider/kubernetes/connection.ts";
import { KubernetesError } from "../../../provider/kubernetes/kubernetes-error.ts";
import { lookAtTarget } from "../../../provider/resources/restore/look-at-target.ts";
import type { Selected } from "../../../provider/resources/restore/select-items.ts";
import { startFakeApiServer } from "../kubernetes/fake-api-server.ts";
import { servedDocuments } from "../kubernetes/served.ts";
import { captured, selected } from "./captured.ts";

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
  const client = await connect({ kubeconfig: server.kubeconfig }, clusterLabel("dr"));
  const look = (items: Selected[], seen = client) => lookAtTarget(seen, () => ({ items }));
  return {
    look: (...items: Selected[]) => look(items),
    lookWhere: (listing: KubernetesError, ...items: Selected[]) =>
      look(items, { ...client, list: () => Promise.reject(listing) }),
    /** What was asked for besides what is served there. */
    listed: () =>
      server.requests
        .filter((request) => !DISCOVERY.test(request))
        .map((request) => request.replace(/\?limit=\d+$/, "")),
  };
}

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

  test("in the version in which the backup has the objects of a kind, since another may look different", async () => {
    const { look, listed } = await target();
    await look(item("widgets.example.com", "shop/a", "example.com/v1beta1"));
    await look(item("widgets.example.com", "shop/a", "example.com/v1"));
    await look(item("widgets.example.com", "shop/a", "example.com/v7"));
    const widgets = (version: string) => `GET /apis/example.com/${version}/namespaces/shop/widgets`;
    expect(listed()).toEqual([widgets("v1beta1"), widgets("v1"), widgets("v1")]);
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
    const broken = new KubernetesError({ status: 422, reason: "Invalid", what: "no such selector" });
    await expect(lookWhere(broken, hidden)).rejects.toThrow("no such selector");
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
