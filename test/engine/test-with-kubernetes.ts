import { test, type TestFunction } from "vitest";
import { builtKubernetesPlugin } from "../sandbox/build/ensure-binaries.ts";

const isThere = (await builtKubernetesPlugin()) !== undefined;

/** `test` for programs with resources of `@pulumi/kubernetes`. Where Pulumi's plugin was not built it is skipped by name. */
export function testWithKubernetes(name: string, run: TestFunction, timeout?: number): void {
  if (isThere) test(name, run, timeout);
  else test.skip(`${name} (skipped: KUBERNETES_PLUGIN=true builds Pulumi's Kubernetes plugin)`);
}
