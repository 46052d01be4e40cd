import { expect, test } from "vitest";
import { cacheDir } from "../../sandbox/build/cache-dir.ts";
import { cacheKey, goPlatform } from "../../sandbox/build/cache-key.ts";

const sources = { "go.mod": "module a", "go.sum": "h1:a" };
const linux = { os: "linux", arch: "amd64" };
const key = cacheKey(sources, linux, ["velero"]);

test("the same build has the same key, in whatever order its files are read", () => {
  expect(cacheKey({ "go.sum": "h1:a", "go.mod": "module a" }, linux, ["velero"])).toBe(key);
});

test.each([
  ["a file's content", cacheKey({ ...sources, "go.sum": "h1:b" }, linux, ["velero"])],
  ["a further file", cacheKey({ ...sources, "main.go": "" }, linux, ["velero"])],
  ["a file's name", cacheKey({ "go.mod": "module a", "go.work": "h1:a" }, linux, ["velero"])],
  ["the operating system", cacheKey(sources, { ...linux, os: "darwin" }, ["velero"])],
  ["the architecture", cacheKey(sources, { ...linux, arch: "arm64" }, ["velero"])],
  ["the recipe", cacheKey(sources, linux, ["etcd"])],
])("%s changes the key", (_, other) => {
  expect(other).not.toBe(key);
});

test("platforms have Go's names", () => {
  expect(goPlatform("linux", "x64")).toEqual({ os: "linux", arch: "amd64" });
  expect(goPlatform("darwin", "arm64")).toEqual({ os: "darwin", arch: "arm64" });
});

test("binaries are kept where the environment says, else in the user's cache", () => {
  expect(cacheDir({ PULUMI_VELERO_CACHE: "/ci/cache", XDG_CACHE_HOME: "/xdg" })).toBe("/ci/cache");
  expect(cacheDir({ XDG_CACHE_HOME: "/xdg" })).toBe("/xdg/pulumi-velero/sandbox");
  expect(cacheDir({})).toMatch(/\.cache\/pulumi-velero\/sandbox$/);
});
