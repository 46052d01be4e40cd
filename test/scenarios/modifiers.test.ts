import { expect, onTestFinished, test } from "vitest";
import { modifierProblems, type ModifierRule } from "../../provider/velero/modifier-rule.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { phaseOf } from "./location-by-hand.ts";
import { passingStack } from "./observe.ts";
import { configMap, modifiersOf, ok, outputsOf, pathOf } from "./restore-stack.ts";

const RESTORES = "/apis/velero.io/v1/namespaces/velero/restores";

const conditions = { groupResource: "configmaps", resourceNameRegex: "^rates$" };
const set = (value: string, path = "/data/eggs"): ModifierRule => ({
  conditions,
  patches: [{ operation: "add", path, value }],
});
const copy = (from: string): ModifierRule => ({
  conditions,
  patches: [{ operation: "copy", path: "/data/b", from }],
});
const merge = { mergePatches: [{ patchData: '{"data":{"eggs":"4"}}' }] };

/** The API server takes any number there. */
const GENERATION = "/metadata/generation";

/** The same in the right words, which Velero takes. */
const SOUND: ModifierRule[] = [
  set(String.raw`say \"hi\"`),
  set("true", "/immutable"),
  set("7", GENERATION),
  set('{"a":"b"}', "/metadata/annotations"),
  { conditions, ...merge },
  copy("/data/eggs"),
];

/** What the preview refuses, and Velero fails with, which only its phase tells. */
const REFUSED_ALONE: ModifierRule[] = [
  { ...set('"4"'), ...merge },
  { conditions },
  { conditions: { ...conditions, resourceNameRegex: "(?=rates)" }, ...merge },
  { conditions: { ...conditions, matches: [{ path: "/data/eggs", value: 'a "b"' }] }, ...merge },
  { conditions, mergePatches: [{ patchData: "[]" }] },
  set("NaN", GENERATION),
  set("007", GENERATION),
  set("1_000", GENERATION),
];

/** The same, which would be seen in the object. */
const REFUSED: ModifierRule[] = [
  copy("data.eggs"),
  { conditions, patches: [{ operation: "remove", path: "data.eggs" }] },
  set('say "hi"'),
  set("two\nlines"),
  set("True", "/immutable"),
  set("{a: b}", "/metadata/annotations"),
  {
    conditions: { groupResource: "ingresses.networking.k8s.io" },
    strategicPatches: [{ patchData: '{"metadata":{"labels":{"a":"b"}}}' }],
  },
];

const add = (path: string, value: string) => ({ operation: "add" as const, path, value });
const TAKEN: ModifierRule[] = [
  {
    conditions: {
      groupResource: "configmaps",
      labelSelector: { matchExpressions: [{ key: "tier", operator: "In", values: ["gold"] }] },
    },
    patches: [
      add("/data/quoted", String.raw`say \"hi\"`),
      add("/data/three", '"3"'),
      add("/data/lines", String.raw`one\ntwo`),
      add("/data/empty", ""),
      add("/metadata/annotations", '{"a":"b"}'),
    ],
  },
  {
    conditions: { groupResource: "statefulsets.apps" },
    mergePatches: [{ patchData: '{"metadata":{"annotations":{"moved":"true"}}}' }],
  },
];

describeOnSandbox("Resource modifiers", (sandbox) => {
  const east = sandbox.cluster("east");
  const { kubernetes } = east;

  test("and a mapping of storage classes change objects as they are written, in a ConfigMap that goes with the Restore; what Velero breaks on is refused in the preview", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 1 });
    const collection = pathOf("configmaps", shop);
    const objects = REFUSED.map((rule, index) => [`refused-${index}`, rule] as const);
    await kubernetes.create(collection, configMap("rates", { eggs: "3" }, { tier: "gold" }));
    for (const name of ["other", "sound", ...objects.map(([each]) => each)])
      await kubernetes.create(collection, configMap(name, { eggs: "3" }, { tier: "lead" }));
    const ingress = objects.find(([, rule]) => rule.strategicPatches)?.[0] ?? "";
    await kubernetes.create(`/apis/networking.k8s.io/v1/namespaces/${shop}/ingresses`, {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: ingress },
      spec: { defaultBackend: { service: { name: "web", port: { number: 80 } } } },
    });
    const [old, fresh] = [await createClass("old"), await createClass("new")];
    await kubernetes.create(pathOf("persistentvolumeclaims", shop), claim("ledger", old));
    await kubernetes.create(pathOf("persistentvolumeclaims", shop), claim("archive", fresh));
    await kubernetes.create(pathOf("statefulsets", shop), {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "database" },
      spec: {
        replicas: 0,
        serviceName: "database",
        selector: { matchLabels: { app: "database" } },
        template: {
          metadata: { labels: { app: "database" } },
          spec: { containers: [{ name: "database", image: "database" }] },
        },
        volumeClaimTemplates: [claim("data", old), claim("log", fresh), claim("cache", "")],
      },
    });
    const program = (rules: ModifierRule[], mapping = "{ [OLD]: NEW, [NEW]: OLD }") => `
      const { SHOP, OLD, NEW } = process.env;
      const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
      const backup = new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [SHOP], volumes: "none" });
      new velero.Restore("taken", {
        backup, cluster: "east", namespaceMapping: { [SHOP]: SHOP + "-taken" },
        storageClassMapping: ${mapping}, resourceModifiers: ${JSON.stringify(rules)},
      });`;
    const stack = await passingStack(sandbox, program(TAKEN), { env: { SHOP: shop, OLD: old, NEW: fresh } });
    const up = await ok(stack.up());

    const taken = `${shop}-taken`;
    expect(outputsOf(up, "taken")).toMatchObject({ phase: "Completed", failed: 0 });
    const back = (kind: Parameters<typeof pathOf>[0], name: string) =>
      kubernetes.get(pathOf(kind, taken, name));
    expect(await back("configmaps", "rates")).toMatchObject({
      metadata: { annotations: { a: "b" } },
      data: { eggs: "3", quoted: 'say "hi"', three: "3", lines: "one\ntwo", empty: "" },
    });
    expect((await back("configmaps", "other"))?.["data"]).toEqual({ eggs: "3" });
    expect((await back("persistentvolumeclaims", "ledger"))?.spec?.["storageClassName"]).toBe(fresh);
    expect((await back("persistentvolumeclaims", "archive"))?.spec?.["storageClassName"]).toBe(old);
    const database = await back("statefulsets", "database");
    const templates = database?.spec?.["volumeClaimTemplates"] as { spec: { storageClassName: string } }[];
    expect(templates.map(({ spec }) => spec.storageClassName)).toEqual([fresh, old, ""]);
    expect(database?.metadata["annotations"]).toMatchObject({ moved: "true" });
    expect(await kubernetes.get(pathOf("configmaps", shop, "rates"))).toMatchObject({ data: { eggs: "3" } });
    expect(await modifiersOf(east, stack)).toHaveLength(1);

    const refused = [...REFUSED_ALONE, ...REFUSED];
    stack.change(program(refused, "{}"));
    const preview = await stack.preview();
    expect(preview.ok).toBe(false);
    for (const [index, rule] of refused.entries()) {
      const [{ path, reason } = { path: "", reason: "none" }] = modifierProblems(rule);
      expect(JSON.stringify(preview)).toContain(
        JSON.stringify(`resourceModifiers.${index}.${path}`).slice(1, -1),
      );
      expect(reason).not.toBe("none");
    }

    const backupName = String(outputsOf(up, "shop")["backupName"]);
    const byHand = (rules: ModifierRule[], into = uniqueName("raw")) =>
      restoreByHand(backupName, shop, into, rules);
    for (const rule of REFUSED_ALONE)
      expect([rule, (await byHand([rule]))["phase"]]).toEqual([rule, expect.stringContaining("Failed")]);
    // Each rule has an object of its own, and the sound ones have one together.
    const into = uniqueName("raw");
    const ruled = (name: string, rule: ModifierRule): ModifierRule => ({
      ...rule,
      conditions: { ...rule.conditions, resourceNameRegex: `^${name}$` },
    });
    const all = [
      ...objects.map(([name, rule]) => ruled(name, rule)),
      ...SOUND.map((rule) => ruled("sound", rule)),
    ];
    const together = await byHand(all, into);
    expect(together["phase"]).toBe("PartiallyFailed");
    expect(together["errors"]).toBeGreaterThanOrEqual(REFUSED.length);
    for (const [name, rule] of objects) {
      const path = rule.strategicPatches
        ? `/apis/networking.k8s.io/v1/namespaces/${into}/ingresses/${name}`
        : pathOf("configmaps", into, name);
      // It is not there, or is as it was in the backup.
      const { data, immutable, metadata } = ((await kubernetes.get(path)) ?? {}) as Record<string, unknown>;
      expect([rule, data ?? { eggs: "3" }, immutable]).toEqual([rule, { eggs: "3" }, undefined]);
      expect([rule, JSON.stringify(metadata ?? {})]).toEqual([rule, expect.not.stringContaining('"a":"b"')]);
    }
    expect(await kubernetes.get(pathOf("configmaps", into, "sound"))).toMatchObject({
      metadata: { annotations: { a: "b" } },
      data: { eggs: "4", b: "4" },
      immutable: true,
    });
    expect(SOUND.flatMap((rule) => modifierProblems(rule))).toEqual([]);
  }, 240_000);

  /** What Velero itself makes of rules. */
  async function restoreByHand(backupName: string, shop: string, into: string, rules: ModifierRule[]) {
    const name = uniqueName("raw");
    await kubernetes.create(pathOf("configmaps", "velero"), {
      ...configMap(name, { rules: JSON.stringify({ version: "v1", resourceModifierRules: rules }) }),
    });
    await kubernetes.create(RESTORES, {
      apiVersion: "velero.io/v1",
      kind: "Restore",
      metadata: { name, namespace: "velero" },
      spec: {
        backupName,
        namespaceMapping: { [shop]: into },
        resourceModifier: { kind: "ConfigMap", name },
      },
    });
    return waitUntil(
      `restore ${name} has ended`,
      async () => {
        const live = await kubernetes.get(`${RESTORES}/${name}`);
        const found = String(live && phaseOf(live));
        return /^(Completed|PartiallyFailed|Failed|FailedValidation)$/.test(found) ? live?.status : undefined;
      },
      { timeoutMs: 180_000 },
    );
  }

  /** A storage class by hand, gone after the test: others list them, too. */
  async function createClass(prefix: string): Promise<string> {
    const name = uniqueName(prefix);
    const classes = "/apis/storage.k8s.io/v1/storageclasses";
    await kubernetes.create(classes, {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name },
      provisioner: "example.com/nobody",
    });
    onTestFinished(() => kubernetes.delete(`${classes}/${name}`));
    return name;
  }
});

const claim = (name: string, storageClassName: string) => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name },
  spec: { storageClassName, accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
});
