import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { builtName, goModules, linkerFlags, requiredVersion } from "../../sandbox/build/go-modules.ts";

test.each([
  ["k8s.io/kubernetes/cmd/kube-apiserver", "kube-apiserver"],
  ["go.etcd.io/etcd/server/v3", "server"],
  ["./velero", "velero"],
])("go build makes of %s a binary %s", (goPackage, name) => {
  expect(builtName(goPackage)).toBe(name);
});

test("reads a version from either form of a requirement", () => {
  const goMod = "require example.com/one v1.2.3\nrequire (\n\texample.com/two v2.0.0 // indirect\n)\n";
  expect(requiredVersion(goMod, "example.com/one")).toBe("v1.2.3");
  expect(requiredVersion(goMod, "example.com/two")).toBe("v2.0.0");
  expect(() => requiredVersion(goMod, "example.com/three")).toThrow("go.mod does not require");
});

test("Velero and Kubernetes learn their own versions", async () => {
  const [cluster] = goModules;
  const goMod = await readFile(join(cluster.dir, "go.mod"), "utf8");
  expect(linkerFlags(cluster, goMod)).toMatch(/buildinfo\.Version=v1\.\d+\.\d+ .*gitVersion=v1\.\d+\.\d+$/);
});

test("the parsers of cron have the versions that Velero requires", async () => {
  const read = (module: string) => readFile(join(goModules[0].dir, "..", module, "go.mod"), "utf8");
  const [cron, cluster] = await Promise.all([read("cron"), read("cluster")]);
  // Velero's own requirement, which the sandbox's Velero is built with.
  const path = "github.com/netresearch/go-cron";
  expect(requiredVersion(cron, path)).toBe(requiredVersion(cluster, path));
});
