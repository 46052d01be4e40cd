import { describe, expect, test } from "vitest";
import { clusterLabel } from "../../../provider/kubernetes/connection.ts";
import type { KubernetesObject, ResourceType } from "../../../provider/kubernetes/resources.ts";
import { missingRights } from "../../../provider/rules/permissions.ts";
import type { Use } from "../../../model/rights.ts";
import { rbac } from "../../../sdk/index.ts";
import { memoryCluster } from "../kinds/backup/memory-cluster.ts";

interface Review extends KubernetesObject {
  spec: {
    namespace?: string;
    resourceAttributes?: { namespace?: string; verb: string; group: string; resource: string };
  };
}

type Rules = readonly rbac.PolicyRule[];

/** A cluster that answers reviews: by what it says of a namespace, and by what it allows when asked for one right. */
function cluster({ says, allows }: { says: Rules | "nothing"; allows: (right: string) => boolean }) {
  const asked: string[] = [];
  const { client } = memoryCluster();
  const create = async (type: ResourceType, object: KubernetesObject) => {
    const { spec } = object as Review;
    if (type.kind === "SelfSubjectRulesReview") {
      asked.push(`rules in ${spec.namespace}`);
      if (says === "nothing") throw new Error("no such review");
      return { status: { resourceRules: says } };
    }
    const { verb = "", resource = "", namespace } = spec.resourceAttributes ?? {};
    asked.push(`${verb} ${resource} in ${namespace ?? "all"}`);
    return { status: { allowed: allows(`${verb} ${resource}`) } };
  };
  const asking = {
    ...client,
    label: clusterLabel("east"),
    create: create as unknown as typeof client.create,
  };
  return { asked, missing: (use: Use) => missingRights(asking, "velero", use) };
}

const { role } = rbac.provider();

describe("The rights of credentials", () => {
  test("are asked for a namespace at once, and one by one for the whole cluster", async () => {
    const { asked, missing } = cluster({ says: role.rules, allows: () => true });
    expect(await missing("restore")).toEqual([]);
    expect(asked).toEqual([
      "rules in velero",
      "list namespaces in all",
      "list storageclasses in all",
      "list persistentvolumeclaims in all",
    ]);
    expect(await cluster({ says: role.rules, allows: () => true }).missing("location")).toEqual([]);
  });

  test("that no rule says are asked for by themselves, since an authorizer need not have rules", async () => {
    const { asked, missing } = cluster({ says: "nothing", allows: () => true });
    expect(await missing("repositoryPassword")).toEqual([]);
    expect(asked).toEqual(["rules in velero", "list backuprepositories in velero"]);
  });

  test("are an administrator's where a rule says all", async () => {
    const all: Rules = [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }];
    const { asked, missing } = cluster({ says: all, allows: () => false });
    expect(await missing("location")).toEqual([]);
    expect(asked).toEqual(["rules in velero"]);
  });

  test("to some objects by their names are not those to all", async () => {
    const some: Rules = [
      { apiGroups: [""], resources: ["configmaps"], resourceNames: ["one"], verbs: ["*"] },
    ];
    expect(await cluster({ says: some, allows: () => false }).missing("claimInCluster")).toHaveLength(1);
  });

  test("that are missing are named, with what comes of it", async () => {
    const without = (...rights: string[]) =>
      cluster({ says: "nothing", allows: (right) => !rights.includes(right) });
    expect(await without("patch backups", "delete schedules").missing("backup")).toEqual([
      'clusters.east: in namespace "velero" these credentials may not patch backups, delete schedules; ' +
        "an up with the same ones would fail. velero.rbac.provider has all that is needed",
    ]);
    expect(await without("list namespaces", "watch backups").missing("backup")).toEqual([
      expect.stringMatching(
        /^clusters\.east: in all of cluster "east" these credentials may not list namespaces; without it patterns/,
      ),
      expect.stringMatching(
        /^clusters\.east: in namespace "velero" these credentials may not watch backups; without it what is waited for/,
      ),
    ]);
    expect(await without("delete namespaces").missing("drill")).toEqual([
      expect.stringContaining('in all of cluster "east" these credentials may not delete namespaces; an up'),
    ]);
  });
});
