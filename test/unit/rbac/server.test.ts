import { describe, expect, test } from "vitest";
import { rbac } from "../../../sdk/index.ts";

const writing = (args: rbac.ServerRightsArgs) =>
  rbac
    .server(args)
    .rules.filter(({ verbs }) => verbs.some((verb) => !["get", "list", "watch"].includes(verb)));

describe("What rbac.server gives", () => {
  test("is a ClusterRole that reads, and writes nothing", () => {
    const { kind, metadata, rules } = rbac.server();
    expect({ kind, metadata }).toEqual({ kind: "ClusterRole", metadata: { name: "velero-server" } });
    expect(rules.at(-1)).toEqual({ apiGroups: ["*"], resources: ["*"], verbs: ["get", "list", "watch"] });
    expect(writing({})).toEqual([]);
  });

  test("of narrower reading is those kinds, and what Velero looks at in any case, with no command among them", () => {
    const reads = [{ apiGroups: ["apps"], resources: ["deployments"] }];
    const { rules } = rbac.server({ reads });
    const kinds = rules.flatMap(({ resources }) => resources);
    expect(kinds).toEqual(expect.arrayContaining(["deployments", "namespaces", "clusterrolebindings"]));
    expect(kinds.filter((kind) => kind.includes("*") || kind.includes("/"))).toEqual([]);
  });

  test.each<[rbac.ServerRightsArgs, rbac.PolicyRule[]]>([
    [{ hooks: true }, [{ apiGroups: [""], resources: ["pods/exec"], verbs: ["create"] }]],
    [
      { restores: [{ apiGroups: ["apps"], resources: ["deployments"] }] },
      [
        { apiGroups: [""], resources: ["namespaces"], verbs: ["create", "patch"] },
        { apiGroups: ["apps"], resources: ["deployments"], verbs: ["create", "patch", "update"] },
      ],
    ],
    [
      { csiSnapshots: true },
      [
        {
          apiGroups: ["snapshot.storage.k8s.io"],
          resources: ["volumesnapshots", "volumesnapshotcontents"],
          verbs: ["create", "patch", "update", "delete"],
        },
        {
          apiGroups: ["groupsnapshot.storage.k8s.io"],
          resources: ["volumegroupsnapshots", "volumegroupsnapshotcontents"],
          verbs: ["create", "patch", "update", "delete"],
        },
      ],
    ],
    [
      { rules: [{ apiGroups: ["a"], resources: ["b"], verbs: ["bind"] }] },
      [{ apiGroups: ["a"], resources: ["b"], verbs: ["bind"] }],
    ],
  ])("for %j is that and no more", (args, rules) => {
    expect(writing(args)).toEqual(rules);
  });
});
