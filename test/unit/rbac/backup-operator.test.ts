import { describe, expect, test } from "vitest";
import { rbac } from "../../../sdk/index.ts";

const granted = ({ rules }: rbac.RoleManifest, verb: string): string[] =>
  rules
    .filter(({ verbs }) => verbs.includes(verb))
    .flatMap(({ resources }) => resources)
    .toSorted();

describe("A backup operator", () => {
  test("may make backups and what is asked of Velero, and with restore restores", () => {
    const asked = ["downloadrequests", "serverstatusrequests"];
    expect(granted(rbac.backupOperator(), "create")).toEqual(["backups", ...asked]);
    expect(granted(rbac.backupOperator({ restore: true }), "create")).toEqual([
      "backups",
      "downloadrequests",
      "restores",
      "serverstatusrequests",
    ]);
  });

  test.each([{}, { restore: true }])(
    "given %j may see and make, and nothing else, of Velero's kinds alone",
    (args) => {
      const { rules } = rbac.backupOperator(args);
      expect(new Set(rules.flatMap(({ verbs }) => verbs))).toEqual(
        new Set(["get", "list", "watch", "create"]),
      );
      expect(new Set(rules.flatMap(({ apiGroups }) => apiGroups))).toEqual(new Set(["velero.io"]));
      expect(rules.flatMap(({ resources }) => resources).filter((kind) => kind.includes("*"))).toEqual([]);
    },
  );

  test("is named by what it may do, or as the caller says, where Velero is", () => {
    expect(rbac.backupOperator()).toMatchObject({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: "velero-backup-operator", namespace: "velero" },
    });
    expect(rbac.backupOperator({ restore: true }).metadata.name).toBe("velero-restore-operator");
    expect(rbac.backupOperator({ namespace: "backup", name: "night-shift" }).metadata).toEqual({
      name: "night-shift",
      namespace: "backup",
    });
  });
});
