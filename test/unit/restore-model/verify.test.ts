import { describe, expect, test } from "vitest";
import type { KubernetesObject } from "../../../provider/kubernetes/resources.ts";
import type { RestoreOptions } from "../../../provider/velero/restore-option-entries.ts";
import type { Selected } from "../../../provider/restore-model/choose-items.ts";
import { verify } from "../../../provider/restore-model/verify.ts";
import { captured, placeOf, selected, targetWith } from "../kinds/restore/captured.ts";

const PLACE = 'Restore velero/r in cluster "dr"';
const drill: RestoreOptions = { drill: true, namespaceMapping: { "*": "*-drill" } };

/** How many are as they were, or what is said. */
function verified(
  items: readonly Selected[],
  live: Record<string, KubernetesObject | undefined>,
  options: RestoreOptions = {},
  unknownKinds: string[] = [],
): number | string {
  const there = Object.fromEntries(
    Object.entries(live).filter((entry): entry is [string, KubernetesObject] => entry[1] !== undefined),
  );
  try {
    return verify(items, targetWith(there, unknownKinds), options, { place: PLACE });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
/** The target as it would be after a restore in which nothing was changed. */
const restored = (items: readonly Selected[]): Record<string, KubernetesObject> =>
  Object.fromEntries(items.map((item) => [placeOf(item), item.object]));
const item = (resource: string, place: string, content: object = {}): Selected =>
  selected(captured(resource, place, content as Record<string, unknown>));

const items = [
  item("namespaces", "shop"),
  item("configmaps", "shop/prices", { data: { eggs: "3" } }),
  item("deployments.apps", "shop/web", { spec: { replicas: 3, paused: false } }),
];

describe("What was restored is as it was", () => {
  test("where everything is there and says the same", () => {
    expect(verified(items, restored(items))).toBe(3);
  });

  test("where nothing was to be restored, which is no failure but in a drill", () => {
    expect(verified([], {})).toBe(0);
    expect(verified([], {}, { drill: true })).toMatch(
      /^drill: Restore velero\/r in cluster "dr" has restored nothing/,
    );
  });

  test("in the namespace into which it went", () => {
    const moved = selected(captured("configmaps", "shop/prices", { data: { eggs: "3" } }), "shop-copy");
    const { metadata, ...content } = moved.object;
    const live = { ...content, metadata: { ...metadata, namespace: "shop-copy" } };
    expect(
      verified([moved], { "configmaps shop-copy/prices": live }, { namespaceMapping: { "*": "*-copy" } }),
    ).toBe(1);
    expect(verified([moved], { "configmaps shop/prices": live })).toContain(
      "configmaps shop-copy/prices is not there",
    );
  });

  test("whatever labels a namespace has, which may have been there before", () => {
    const labelled = { metadata: { name: "shop", labels: { team: "theirs" } } };
    expect(verified(items, { ...restored(items), "namespaces shop": labelled })).toBe(3);
  });

  test("where only such is missing as a target makes anew", () => {
    const volume = item("persistentvolumes", "pv-1", { spec: { persistentVolumeReclaimPolicy: "Delete" } });
    expect(verified([...items, volume], restored(items))).toBe(3);
  });

  test("and not where the target does not know a kind, of which nothing can be there", () => {
    const widget = item("widgets.example.com", "shop/w");
    expect(verified([...items, widget], restored(items), {}, ["widgets.example.com"])).toContain(
      '1 of 4 objects in Restore velero/r in cluster "dr" are not as the backup has them: widgets.example.com shop/w is not there',
    );
  });

  test("where a volume has come back as another one, since the backup holds its data", () => {
    const spec = { persistentVolumeReclaimPolicy: "Retain" };
    const volume = item("persistentvolumes", "pv-1", { spec });
    const target = targetWith(restored(items));
    expect(verify([...items, volume], target, {}, { place: PLACE, savedVolumes: ["pv-1"] })).toBe(3);
    expect(verified([...items, volume], restored(items))).toContain("persistentvolumes pv-1 is not there");
  });

  test.each<[string, Selected]>([
    [
      "what belongs to a controller",
      item("pods", "shop/web-1", { metadata: { ownerReferences: [{ controller: true }] } }),
    ],
    ["a cluster's certificate", item("configmaps", "shop/kube-root-ca.crt", { data: { ca: "old" } })],
    ["a token of its own", item("secrets", "shop/t", { type: "kubernetes.io/service-account-token" })],
    ["a lease", item("leases.coordination.k8s.io", "shop/l")],
  ])("and %s counts for nothing", (_what, made) => {
    expect(verified([...items, made], restored(items))).toBe(3);
  });
});

describe("A difference is named", () => {
  test("what is not there, and in what the others differ, all of them", () => {
    const live = {
      ...restored(items),
      "configmaps shop/prices": { metadata: { name: "prices", labels: { x: "y" } }, data: { eggs: "4" } },
      "deployments.apps shop/web": undefined,
    };
    expect(verified(items, live)).toBe(
      `verify: 2 of 3 objects in ${PLACE} are not as the backup has them: ` +
        "configmaps shop/prices differs in data.eggs; deployments.apps shop/web is not there. " +
        'What was there before is left as it is, unless existingResourcePolicy is "update". Mend them, and the next up compares again; or change `triggers` to restore again.',
    );
  });

  test("and no value of it, which may be a secret", () => {
    const secret = item("secrets", "shop/keys", { data: { password: "b25l" } });
    const live = { ...secret.object, data: { password: "dHdv" } };
    expect(verified([secret], { "secrets shop/keys": live })).toContain(
      "secrets shop/keys differs in data.password. ",
    );
  });

  test("ten of many, and how many more there are", () => {
    const many = Array.from({ length: 13 }, (_, index) => item("configmaps", `shop/app-${index}`));
    const said = String(verified(many, {}));
    expect(said).toContain("13 of 13 objects");
    expect(said.match(/is not there/g)).toHaveLength(10);
    expect(said).toContain("; and 3 more.");
    expect(String(verified(many.slice(0, 10), {}))).not.toContain("more");
  });

  test("as the drill's, where it is one, which tells where to look", () => {
    expect(verified(items, {}, drill)).toMatch(
      /^drill: 3 of 3 objects .*They stay there to be looked at until the next drill/,
    );
  });
});

describe("What the restore's own options change is no difference", () => {
  /** An object as it is in the backup, and as it is in the target. */
  function compared(
    resource: string,
    before: object,
    after: object,
    options: RestoreOptions,
  ): number | string {
    const one = item(resource, "shop/x", { spec: before });
    return verified([one], { [placeOf(one)]: { ...one.object, spec: after } as KubernetesObject }, options);
  }

  test.each<[string, object, object]>([
    ["deployments.apps", { replicas: 3 }, { replicas: 0 }],
    ["statefulsets.apps", { replicas: 3 }, { replicas: 0 }],
    ["replicasets.apps", { replicas: 3 }, { replicas: 0 }],
    ["replicationcontrollers", { replicas: 3 }, { replicas: 0 }],
    ["cronjobs.batch", { suspend: false }, { suspend: true }],
    ["jobs.batch", { suspend: false }, { suspend: true }],
    [
      "services",
      {
        type: "LoadBalancer",
        externalTrafficPolicy: "Local",
        allocateLoadBalancerNodePorts: true,
        loadBalancerClass: "internal",
        loadBalancerSourceRanges: ["10.0.0.0/8"],
        healthCheckNodePort: 30_100,
      },
      { type: "ClusterIP" },
    ],
  ])("a drill's, and in any other restore it is one: %s", (resource, before, after) => {
    expect(compared(resource, before, after, drill)).toBe(1);
    expect(compared(resource, before, after, {})).toContain(`${resource} shop/x differs in spec.`);
    // Nor does a drill change anything else.
    expect(compared(resource, { ...before, other: true }, after, drill)).toContain("differs in spec.other");
  });

  test("the mapping's, in whom rights are given to", () => {
    const subjects = (namespace: string) => ({
      subjects: [{ kind: "ServiceAccount", name: "web", namespace }],
    });
    for (const resource of [
      "rolebindings.rbac.authorization.k8s.io",
      "clusterrolebindings.rbac.authorization.k8s.io",
    ]) {
      const binding = item(resource, "shop/x", subjects("shop"));
      const live = (of: object) => ({ [placeOf(binding)]: { ...binding.object, ...of } });
      const mapped = { namespaceMapping: { "*": "*-copy" } };
      expect(verified([binding], live(subjects("shop-copy")), mapped)).toBe(1);
      expect(verified([binding], live(subjects("shop-copy")))).toContain("differs in subjects");
      expect(verified([binding], live({ subjects: [] }), mapped)).toContain("differs in subjects");
    }
  });

  test("the mapping's of storage classes", () => {
    const mapped = { storageClassMapping: { gp2: "premium" } };
    const claims = (storageClassName: string) => ({
      volumeClaimTemplates: [{ spec: { storageClassName } }, { spec: {} }],
    });
    expect(
      compared(
        "persistentvolumeclaims",
        { storageClassName: "gp2" },
        { storageClassName: "premium" },
        mapped,
      ),
    ).toBe(1);
    expect(compared("statefulsets.apps", claims("gp2"), claims("premium"), mapped)).toBe(1);
    expect(compared("statefulsets.apps", claims("gp2"), claims("premium"), {})).toContain("differs in spec");
  });

  test("the user's own, of the kinds that his rules are about; that these are there is looked at all the same", () => {
    const rule = (groupResource: string) => ({ resourceModifiers: [{ conditions: { groupResource } }] });
    const changes = [{ replicas: 3 }, { replicas: 1 }] as const;
    for (const kinds of ["deployments.apps", "*.apps", "**"])
      expect(compared("deployments.apps", ...changes, rule(kinds))).toBe(1);
    // No more than one word, as Velero reads it.
    expect(compared("deployments.apps", ...changes, rule("*"))).toContain("differs in spec");
    expect(compared("deployments.apps", ...changes, rule("services"))).toContain("differs in spec");
    expect(verified(items, {}, rule("**"))).toContain("3 of 3");
  });
});
