import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { wordsOf } from "../../../../provider/core/errors.ts";
import {
  loadKubeconfig,
  minimizeKubeconfig,
} from "../../../../provider/kubernetes/kubeconfig/load-kubeconfig.ts";
import { testSession } from "../../session.ts";
import { dozen } from "./dozen-contexts.ts";

test("one context is left, with its cluster and its user, and no word of any other", async () => {
  const small = await minimizeKubeconfig(dozen(), "c5");
  expect(JSON.parse(small)).toEqual({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c5", cluster: { server: "https://c5:6443", "certificate-authority-data": "Yw==" } }],
    contexts: [{ name: "c5", context: { cluster: "c5", user: "u5", namespace: "shop" } }],
    users: [{ name: "u5", user: { token: "token-of-5", tokenFil: "kept for the notice" } }],
    "current-context": "c5",
  });
});

test("without a name it is the current context, and a second time the same", async () => {
  const small = await minimizeKubeconfig(dozen());
  expect(small).toBe(await minimizeKubeconfig(dozen(), "c0"));
  expect(await minimizeKubeconfig(small)).toBe(small);
  expect(await minimizeKubeconfig(small, "c0")).toBe(small);
});

test("neither another context, nor the order, nor the form of the text changes it", async () => {
  const small = await minimizeKubeconfig(dozen(), "c5");
  const turned = JSON.parse(dozen({ "token-of-7": "token-that-was-rotated" })) as Record<string, object[]>;
  turned["clusters"]?.reverse();
  expect(await minimizeKubeconfig(JSON.stringify(turned, undefined, 2), "c5")).toBe(small);
  expect(await minimizeKubeconfig(dozen({ "token-of-5": "another-token" }), "c5")).not.toBe(small);
});

test("what a tool notes beside a cluster is left out, but for what a plugin is told", async () => {
  const extensions = [
    { name: "cluster_info", extension: { "last-update": "today" } },
    { name: "client.authentication.k8s.io/exec", extension: { audience: "a" } },
  ];
  const file = JSON.parse(dozen()) as { clusters: { cluster: object }[] };
  Object.assign(file.clusters[5]?.cluster ?? {}, { extensions });
  const { clusters } = JSON.parse(await minimizeKubeconfig(JSON.stringify(file), "c5")) as typeof file;
  expect(clusters[0]?.cluster).toMatchObject({ extensions: extensions.slice(1) });
});

test("names that no kubectl knows stay for the loader to tell, without their values", async () => {
  const file = { ...(JSON.parse(dozen()) as object), "current-contex": "c7", preferences: { colors: true } };
  expect(JSON.parse(await minimizeKubeconfig(JSON.stringify(file), "c5"))).toMatchObject({
    "current-contex": null,
    "current-context": "c5",
  });
});

test.each([
  ["c99", "c0"],
  [undefined, "c99"],
  [undefined, undefined],
])("without the context %s, current %s, names of contexts alone are left", async (context, current) => {
  const file = { ...(JSON.parse(dozen()) as object), "current-context": current };
  const small = await minimizeKubeconfig(JSON.stringify(file), context);
  expect(small).not.toContain("token-of");
  expect(small).not.toContain("https://");
  const label = { key: "east", property: "clusters.east" };
  const words = (kubeconfig: string) =>
    loadKubeconfig(testSession(), { kubeconfig, context }, label).catch((error: unknown) => wordsOf(error));
  expect(await words(small)).toContain("c11");
  expect(await words(small), "the loader's words are the same").toBe(await words(JSON.stringify(file)));
});

test("nothing is left of text that does not parse, and the loader's words are the same", async () => {
  const broken = "users: [{ token: a-secret-token";
  const small = await minimizeKubeconfig(broken);
  expect(small).not.toContain("a-secret-token");
  const label = { key: "east", property: "clusters.east" };
  const words = (kubeconfig: string) =>
    loadKubeconfig(testSession(), { kubeconfig }, label).catch((error: unknown) => wordsOf(error));
  expect(await words(small)).toContain("cannot be read");
  expect(await words(small)).toBe(await words(broken));
});

describe("Files that the context names", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "minimize-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string): string => {
    writeFileSync(path.join(folder, name), `content of ${name}`);
    return path.join(folder, name);
  };
  const minimized = async (cluster: object, user: object) => {
    const text = JSON.stringify({
      clusters: [{ name: "a", cluster: { server: "https://a", ...cluster } }],
      users: [{ name: "a", user }],
      contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
      "current-context": "a",
    });
    const small = JSON.parse(await minimizeKubeconfig(text)) as {
      clusters: [{ cluster: object }];
      users: [{ user: object }];
    };
    return { cluster: small.clusters[0].cluster, user: small.users[0].user };
  };
  const data = (name: string) => Buffer.from(`content of ${name}`).toString("base64");

  test("enter with it, but for a token file and a plugin, which are asked anew each time", async () => {
    const user = { tokenFile: file("token"), exec: { command: file("plugin"), args: [file("arg")] } };
    const certificate = { "client-certificate": file("cert"), "client-key": file("key") };
    expect(await minimized({ "certificate-authority": file("ca") }, { ...user, ...certificate })).toEqual({
      cluster: { server: "https://a", "certificate-authority-data": data("ca") },
      user: { ...user, "client-certificate-data": data("cert"), "client-key-data": data("key") },
    });
  });

  test("stay paths where they lead nowhere, are relative, or stand beside content", async () => {
    const cluster = { "certificate-authority": "ca.crt" };
    const user = {
      "client-certificate": path.join(folder, "none"),
      "client-key": file("key"),
      "client-key-data": "b3duIGtleQ==",
    };
    expect(await minimized(cluster, user)).toEqual({ cluster: { server: "https://a", ...cluster }, user });
  });
});
