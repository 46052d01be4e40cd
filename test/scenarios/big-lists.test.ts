import { expect, onTestFinished, test } from "vitest";
import { connect } from "../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../provider/kubernetes/connection.ts";
import { PAGE_SIZES, type PageSizes } from "../../provider/kubernetes/pages.ts";
import { configMaps, customResourceDefinitions } from "../../provider/kubernetes/resources.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { apiGate } from "./api-gate.ts";
import { testSession } from "../unit/session.ts";

describeOnSandbox("A list of a real cluster", (sandbox) => {
  const east = sandbox.cluster("east");
  const configMap = (name: string, text = "") => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name },
    data: { text },
  });

  async function begin(sizes: Partial<PageSizes> = {}) {
    const namespace = await createNamespace(east, "big");
    const collection = `/api/v1/namespaces/${namespace}/configmaps`;
    const gate = await apiGate(east);
    const client = await connect(testSession(), gate, clusterLabel("east"), {
      sizes: { ...PAGE_SIZES, ...sizes },
    });
    onTestFinished(() => client.close());
    const asked = () =>
      gate.requests
        .filter(({ path }) => path.startsWith(`${collection}?`))
        .map(({ path }) => new URLSearchParams(path.slice(path.indexOf("?"))));
    return { scope: { type: configMaps, namespace }, collection, gate, client, asked };
  }

  test("is whole and of one moment although it takes several pages, and a watch goes on from there", async () => {
    const { scope, collection, gate, client, asked } = await begin({ first: 2, most: 4 });
    const names = Array.from({ length: 13 }, (_, index) => `c-${String(index).padStart(2, "0")}`);
    for (const name of names) await east.kubernetes.create(collection, configMap(name));
    let isLate = false;
    gate.onAnswer = async ({ path }) => {
      if (isLate || !path.startsWith(`${collection}?`)) return;
      isLate = true;
      await east.kubernetes.create(collection, configMap("c-99"));
    };
    const { items, resourceVersion } = await client.list(scope);
    expect(items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith("c-"))).toEqual(names);
    // The cluster itself puts a 14th one there, kube-root-ca.crt.
    expect(asked().map((query) => query.get("limit"))).toEqual(["2", "4", "4", "4"]);
    expect(asked().map((query) => query.has("continue"))).toEqual([false, true, true, true]);

    const seen: string[] = [];
    const stop = new AbortController();
    await client.watch(
      { ...scope, resourceVersion },
      ({ type, object }) => {
        if (type === "BOOKMARK") return;
        seen.push(`${type} ${object.metadata.name}`);
        stop.abort();
      },
      AbortSignal.any([stop.signal, AbortSignal.timeout(20_000)]),
    );
    expect(seen).toEqual(["ADDED c-99"]);
  });

  test("of objects of nearly a megabyte takes few of them at a time", async () => {
    const { scope, collection, client, asked } = await begin({ first: 4 });
    for (let index = 0; index < 12; index++)
      await east.kubernetes.create(collection, configMap(`c-${index}`, "x".repeat(900_000)));
    expect((await client.list(scope)).items.length).toBeGreaterThanOrEqual(12);
    for (const query of asked().slice(1)) expect(Number(query.get("limit"))).toBeLessThanOrEqual(6);
  });

  test("of metadata alone is given without the rest", async () => {
    const { scope, collection, client } = await begin();
    await east.kubernetes.create(collection, configMap("c-1", "x".repeat(900_000)));
    const { items } = await client.list({ ...scope, metadataOnly: true });
    expect(items.map(({ metadata }) => metadata.name)).toContain("c-1");
    expect(JSON.stringify(items).length).toBeLessThan(10_000);
    const definitions = await client.list({ type: customResourceDefinitions, metadataOnly: true });
    expect(definitions.items.length).toBeGreaterThan(5);
    expect(definitions.items.filter((each) => "spec" in each)).toEqual([]);
  });
});
