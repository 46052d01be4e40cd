import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { restoredItems } from "../../../provider/velero/backup-files.ts";

const itemsOf = (lists: object) => restoredItems(gzipSync(JSON.stringify(lists)));

test("each object is told by its kind, its place and what was done with it", () => {
  const lists = {
    "v1/ConfigMap": ["shop/prices(created)", "shop/rates(skipped)"],
    "apps/v1/Deployment": ["billing/web(failed)"],
    "v1/Namespace": ["shop(created)"],
    "rbac.authorization.k8s.io/v1/ClusterRole": ["system:reader(updated)", "odd(name)(created)"],
  };
  expect(itemsOf(lists)).toEqual([
    { kind: "v1/ConfigMap", namespace: "shop", name: "prices", action: "created" },
    { kind: "v1/ConfigMap", namespace: "shop", name: "rates", action: "skipped" },
    { kind: "apps/v1/Deployment", namespace: "billing", name: "web", action: "failed" },
    { kind: "v1/Namespace", name: "shop", action: "created" },
    { kind: "rbac.authorization.k8s.io/v1/ClusterRole", name: "system:reader", action: "updated" },
    { kind: "rbac.authorization.k8s.io/v1/ClusterRole", name: "odd(name)", action: "created" },
  ]);
});

test("a restore of nothing has none", () => {
  expect(itemsOf({})).toEqual([]);
});
