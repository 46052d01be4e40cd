import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { connect } from "../../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../../provider/kubernetes/connection.ts";
import { PAGE_SIZES } from "../../../provider/kubernetes/pages.ts";
import { configMaps } from "../../../provider/kubernetes/resources.ts";
import { hasten } from "./hasten.ts";
import { startFakeApiServer } from "./fake-api-server.ts";
import { testSession } from "../session.ts";

const COLLECTION = "/api/v1/namespaces/shop/configmaps";
const scope = { type: configMaps, namespace: "shop" };

async function start(
  objects: number,
  { sizes = {}, limits = {}, data = "" }: { sizes?: object; limits?: object; data?: string } = {},
) {
  hasten();
  const server = await startFakeApiServer();
  const put = (index: number) =>
    server.putAt(COLLECTION, {
      metadata: { name: `c-${index}`, namespace: "shop" },
      ...{ data: { text: data } },
    });
  for (let index = 0; index < objects; index++) put(index);
  const client = await connect(testSession(), { kubeconfig: server.kubeconfig }, clusterLabel("east"), {
    sizes: { ...PAGE_SIZES, ...sizes },
    limits: { silenceMs: 10_000, wholeMs: 20_000, ...limits },
  });
  const names = async () => (await client.list(scope)).items.map(({ metadata }) => metadata.name);
  /** The `limit` of each request. */
  const asked = () =>
    server.requests.map((request) => Number(/[?&]limit=(\d+)/.exec(request)?.[1] ?? Number.NaN));
  return { server, client, put, names, asked };
}

const all = (count: number): string[] => Array.from({ length: count }, (_, index) => `c-${index}`);

const expired = (token?: string) => (_request: unknown, response: ServerResponse) => {
  response.statusCode = 410;
  response.end(
    JSON.stringify({
      kind: "Status",
      code: 410,
      reason: "Expired",
      message: "The provided continue parameter is too old",
      metadata: token === undefined ? {} : { continue: token },
    }),
  );
};

/** The answer comes in parts, each so long after the one before. */
const dripping = (parts: number, pauseMs: number) => (_request: unknown, response: ServerResponse) => {
  const end = response.end.bind(response);
  response.end = ((text: string) => {
    void (async () => {
      const size = Math.ceil(text.length / parts);
      for (let at = 0; at < text.length && !response.destroyed; at += size) {
        response.write(text.slice(at, at + size));
        await sleep(pauseMs);
      }
      end();
    })();
    return response;
  }) as typeof response.end;
  return "pass" as const;
};

describe("A list", () => {
  test("is asked for in pages, which grow to the size that is wanted, and is of the moment of its first page", async () => {
    const { server, client, put, asked } = await start(1_300);
    const version = Number(server.at(`${COLLECTION}/c-1299`)?.metadata.resourceVersion);
    server.next(
      () => "pass",
      () => {
        put(0);
        return "pass";
      },
    );
    const { items, resourceVersion } = await client.list(scope);
    expect(items.map(({ metadata }) => metadata.name)).toEqual(all(1_300));
    expect(resourceVersion).toBe(String(version));
    expect(asked()).toEqual([20, 500, 500, 500]);
  });

  test("of large objects is asked for in pages of few", async () => {
    const { asked, names } = await start(45, { data: "x".repeat(10_000), sizes: { bytes: 80_000 } });
    expect(await names()).toEqual(all(45));
    expect(asked()).toEqual([20, 7, 7, 7, 7]);
  });

  test("is asked for in smaller pages where one is too large to be held", async () => {
    const { asked, names } = await start(20, {
      data: "x".repeat(10_000),
      sizes: { bytes: 50_000, mostBytes: 100_000 },
    });
    expect(await names()).toEqual(all(20));
    expect(asked()).toEqual([20, 2, 4, 4, 4, 4, 4]);
  });

  test("goes on with the token that comes with the news that its own has expired", async () => {
    const { server, names } = await start(50, { sizes: { most: 20 } });
    server.next(() => "pass", expired("20@9000"));
    expect(await names()).toEqual(all(50));
    expect(server.requests.map((request) => /continue=([^&]+)/.exec(request)?.[1])).toEqual([
      undefined,
      expect.stringMatching(/^20%40(?!9000)/),
      "20%409000",
      "40%409000",
    ]);
  });

  test("begins again where its token has expired and no other is given, with nothing twice", async () => {
    const { server, client, put } = await start(50, { sizes: { most: 20 } });
    server.next(
      () => "pass",
      (request, response) => {
        put(0);
        return expired()(request, response);
      },
    );
    const { items, resourceVersion } = await client.list(scope);
    expect(items.map(({ metadata }) => metadata.name)).toEqual(all(50));
    expect(resourceVersion).toBe(server.at(`${COLLECTION}/c-0`)?.metadata.resourceVersion);
  });

  test("that expires again and again fails, and one whose first page is refused so fails at once", async () => {
    const { server, names } = await start(50, { sizes: { most: 20 } });
    server.next(
      ...Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? () => "pass" as const : expired())),
    );
    await expect(names()).rejects.toThrow("The provided continue parameter is too old");
    expect(server.requests.length).toBeLessThan(15);
    const other = await start(1);
    other.server.next(expired("0@1"));
    await expect(other.names()).rejects.toThrow("The provided continue parameter is too old");
    expect(other.server.requests).toHaveLength(1);
  });

  test("that comes slowly comes, however long it takes, as long as it does not stop", async () => {
    const { server, names } = await start(5, { limits: { silenceMs: 1_000 } });
    server.next(dripping(16, 150));
    expect(await names()).toEqual(all(5));
    expect(server.requests).toHaveLength(1);
  });

  test("that stops in the middle is tried again, and told as no answer", async () => {
    const { server, names } = await start(5, { limits: { silenceMs: 500 } });
    server.next(dripping(2, 60_000));
    expect(await names()).toEqual(all(5));
    server.next(...Array.from({ length: 5 }, () => dripping(2, 60_000)));
    await expect(names()).rejects.toThrow(/cluster "east" does not answer at .*: no answer in time/);
  });

  test("of which a page does not end in time is asked for in smaller ones", async () => {
    const { server, asked, names } = await start(20, { limits: { wholeMs: 1_000 } });
    server.next(dripping(100, 100));
    expect(await names()).toEqual(all(20));
    expect(asked().slice(0, 2)).toEqual([20, 2]);
  });

  test("can be taken page by page, and left", async () => {
    const { server, client } = await start(60, { sizes: { most: 20 } });
    for await (const { items, isFirst } of client.pages(scope)) {
      expect([items.length, isFirst]).toEqual([20, true]);
      break;
    }
    expect(server.requests).toHaveLength(1);
  });
});
