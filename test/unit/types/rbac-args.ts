import * as k8s from "@pulumi/kubernetes";
import type { Output } from "@pulumi/pulumi";
import { rbac } from "../../../sdk/index.ts";

// Never run: `npm run typecheck` compiles it, and test/unit/types.test.ts sees which lines fail, and how.
declare const namespace: Output<string>;

export const { role, clusterRole } = rbac.provider({ namespace, uses: ["locations"] });
export const made = [
  new k8s.rbac.v1.Role("provider", role),
  new k8s.rbac.v1.ClusterRole("provider", clusterRole),
  new k8s.rbac.v1.Role("operator", rbac.backupOperator({ namespace, restore: true })),
];
// @ts-expect-error: a use is misspelt
rbac.provider({ uses: ["backup"] });
// @ts-expect-error: what is compared is no list of kinds
rbac.provider({ compares: [{ kinds: ["Secret"] }] });
// @ts-expect-error: rights are decided by the program, not by an output
rbac.backupOperator({ restore: namespace });
