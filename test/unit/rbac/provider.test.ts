import { describe, expect, test } from "vitest";
import { type Need, neededRights, type Use } from "../../../model/rights.ts";
import { rbac } from "../../../sdk/index.ts";

/** `get secrets`, `patch backups.velero.io`: each right by itself, with the names that it holds for. */
const rightsIn = (rules: readonly rbac.PolicyRule[]): string[] =>
  rules
    .flatMap(({ apiGroups, resources, resourceNames = [], verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.map((verb) =>
            [`${verb} ${resource}${group && `.${group}`}`, ...resourceNames.map(String)].join(" "),
          ),
        ),
      ),
    )
    .toSorted();

const rightsOf = (args: rbac.ProviderRightsArgs) => {
  const { role, clusterRole } = rbac.provider(args);
  return { inNamespace: rightsIn(role.rules), inCluster: rightsIn(clusterRole.rules) };
};

/** The parts of resources that a use stands for. */
const asked: Record<rbac.ProviderUse, Use[]> = {
  locations: ["location", "claimInCluster", "repositoryPassword"],
  backups: ["backup", "resourcePolicy", "sharedPolicy", "volumes"],
  deletion: ["backup", "resourcePolicy", "sharedPolicy", "volumes", "deletion", "erasure"],
  restores: ["restore"],
  drills: ["restore", "drill"],
  lookUps: ["lookUps"],
};

/** These rights are to single objects by their names, and no preview asks for them. */
const isByName = (right: string): boolean => right.split(" ").length > 2;

describe("What rbac.provider gives", () => {
  test.each(Object.entries(asked))("for %s is what a preview asks for, right by right", (use, uses) => {
    const needs: Need[] = uses.flatMap((each): readonly Need[] => neededRights[each]);
    const wanted = (isClusterWide: boolean) => {
      const rights = needs
        .filter((need) => (need.isClusterWide ?? false) === isClusterWide)
        .flatMap(({ kind, verbs }) => verbs.map((verb) => `${verb} ${kind}`));
      return [...new Set(rights)].toSorted();
    };
    const given = rightsOf({ uses: [use as rbac.ProviderUse], compares: [] });
    expect(given.inNamespace.filter((right) => !isByName(right))).toEqual(wanted(false));
    expect(given.inCluster.filter((right) => !isByName(right))).toEqual(wanted(true));
  });

  test("is a Role in Velero's namespace and a ClusterRole, as manifests", () => {
    const { role, clusterRole } = rbac.provider({ uses: ["lookUps"] });
    expect(JSON.parse(JSON.stringify(role))).toEqual({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: "pulumi-velero", namespace: "velero" },
      rules: [
        { apiGroups: ["velero.io"], resources: ["backups"], verbs: ["list"] },
        { apiGroups: ["velero.io"], resources: ["schedules"], verbs: ["list"] },
        { apiGroups: ["velero.io"], resources: ["restores"], verbs: ["list"] },
        { apiGroups: ["velero.io"], resources: ["backupstoragelocations"], verbs: ["get"] },
      ],
    });
    expect(JSON.parse(JSON.stringify(clusterRole))).toEqual({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "pulumi-velero" },
      rules: [
        {
          apiGroups: [""],
          resources: ["namespaces"],
          resourceNames: ["kube-system", "velero"],
          verbs: ["get"],
        },
      ],
    });
  });

  test("names a namespace and roles of the caller's own", () => {
    const { role, clusterRole } = rbac.provider({ namespace: "backup", name: "ci" });
    expect(role.metadata).toEqual({ name: "ci", namespace: "backup" });
    expect(clusterRole.metadata).toEqual({ name: "ci" });
    expect(clusterRole.rules[0]?.resourceNames).toEqual(["kube-system", "backup"]);
  });

  test("has one rule for each kind, and no right twice", () => {
    const { role } = rbac.provider();
    const kinds = role.rules.map(({ apiGroups, resources }) => [...apiGroups, ...resources].join("/"));
    expect(kinds).toEqual([...new Set(kinds)]);
    const all = rightsOf({}).inNamespace;
    expect(all).toEqual([...new Set(all)]);
  });

  test("reaches Secrets for locations alone, by their names and in Velero's namespace", () => {
    const uses = ["backups", "deletion", "restores", "drills", "lookUps"] as const;
    const without = rightsOf({ uses, compares: [] });
    expect(
      [...without.inNamespace, ...without.inCluster].filter((right) => /secrets|\*/.test(right)),
    ).toEqual([]);
    const { inNamespace, inCluster } = rightsOf({ compares: [] });
    expect(inNamespace.filter((right) => right.endsWith(" secrets"))).toEqual([
      "create secrets",
      "delete secrets",
      "get secrets",
      "patch secrets",
    ]);
    expect(inCluster.filter((right) => /secrets|\*/.test(right))).toEqual([]);
  });

  test("deletes backups with their data where that is asked for, and then takes them, too", () => {
    expect(rightsOf({ uses: ["backups"] }).inNamespace).not.toContain(
      "create deletebackuprequests.velero.io",
    );
    const { inNamespace } = rightsOf({ uses: ["deletion"] });
    expect(inNamespace).toEqual(rightsOf({ uses: ["backups", "deletion"] }).inNamespace);
    expect(inNamespace).toContain("create deletebackuprequests.velero.io");
  });

  test("removes namespaces for drills alone", () => {
    const removing = (uses: rbac.ProviderUse[]) => rightsOf({ uses }).inCluster.includes("delete namespaces");
    expect(removing(["locations", "backups", "deletion", "restores", "lookUps"])).toBe(false);
    expect(removing(["drills"])).toBe(true);
  });

  test("sees of what is restored all, or what it is told", () => {
    expect(rightsOf({ uses: ["restores"] }).inCluster).toContain("list *.*");
    const compares = [{ apiGroups: ["", "apps"], resources: ["configmaps", "deployments"] }];
    const { inCluster } = rightsOf({ uses: ["drills"], compares });
    expect(inCluster).toContain("list deployments.apps");
    expect(inCluster).not.toContain("list *.*");
    expect(rightsOf({ uses: ["backups"], compares }).inCluster).not.toContain("list deployments.apps");
  });

  test("is refused to be nothing", () => {
    expect(() => rbac.provider({ uses: [] })).toThrow(
      "rbac.provider: `uses` is empty, and the roles would allow nothing.",
    );
  });
});
