import { expect, test } from "vitest";
import { OWN_KINDS } from "../../../provider/restore-model/choose-items.ts";

test("a drill takes kinds that Kubernetes defines, and no custom resource", () => {
  expect(OWN_KINDS).toContain("deployments.apps");
  const groups = OWN_KINDS.map((kind) => kind.split(".").slice(1).join("."));
  expect(groups.filter((group) => group.includes(".") && !group.endsWith(".k8s.io"))).toEqual([]);
  expect(new Set(OWN_KINDS).size).toBe(OWN_KINDS.length);
});
