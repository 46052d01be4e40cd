import { expect, test } from "vitest";
import { modifierProblems } from "../../provider/resources/restore/modifier-problems.ts";
import type { ModifierRule } from "../../provider/resources/restore/modifiers.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { phaseOf } from "./location-by-hand.ts";
import { passingStack } from "./observe.ts";
import { configMap, ok, outputsOf, pathOf } from "./restore-stack.ts";

const RESTORES = "/apis/velero.io/v1/namespaces/velero/restores";

const conditions = { groupResource: "configmaps", resourceNameRegex: "^rates$" };
const set = (value: string, path = "/data/eggs"): ModifierRule => ({
  conditions,
  patches: [{ operation: "add", path, value }],
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
  { conditions, patches: [{ operation: "copy", path: "/data/b", from: "/data/eggs" }] },
];

/** What the preview refuses, and Velero fails with. */
const REFUSED: ModifierRule[] = [
  set('say "hi"'),
  set("two\nlines"),
  set("True", "/immutable"),
  set("NaN", GENERATION),
  set("007", GENERATION),
  set("1_000", GENERATION),
  set("{a: b}", "/metadata/annotations"),
  { conditions },
  { ...set('"4"'), ...merge },
  { conditions, patches: [{ operation: "copy", path: "/data/b", from: "data.eggs" }] },
  { conditions, patches: [{ operation: "remove", path: "data.eggs" }] },
  { conditions: { ...conditions, resourceNameRegex: "(?=rates)" }, ...merge },
  { conditions: { ...conditions, matches: [{ path: "/data/eggs", value: 'a "b"' }] }, ...merge },
  { conditions, mergePatches: [{ patchData: "[]" }] },
  {
    conditions: { groupResource: "ingresses.networking.k8s.io" },
    strategicPatches: [{ patchData: '{"metadata":{"labels":{"a":"b"}}}' }],
  },
];

describeOnSandbox("Resource modifiers", (sandbox) => {
  const east = sandbox.cluster("east");
  const { kubernetes } = east;

  test("change objects as they are written, and what Velero breaks on is refused in the preview", async () => {
    const shop = await createNamespace(east, "shop");
    const collection = pathOf("configmaps", shop);
    const labelled = (name: string, tier: string) => {
      const map = configMap(name, { eggs: "3" });
      return { ...map, metadata: { ...map.metadata, labels: { tier } } };
    };
    await kubernetes.create(collection, labelled("rates", "gold"));
    await kubernetes.create(collection, labelled("other", "lead"));
    await kubernetes.create(`/apis/networking.k8s.io/v1/namespaces/${shop}/ingresses`, {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "web" },
      spec: { defaultBackend: { service: { name: "web", port: { number: 80 } } } },
    });
    const base = `
      const { SHOP } = process.env;
      const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
      const backup = new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [SHOP], volumes: "none" });`;
    const restore = (name: string, rules: ModifierRule[]) =>
      `new velero.Restore("${name}", { backup, cluster: "east", namespaceMapping: { [SHOP]: SHOP + "-${name}" },
         resourceModifiers: ${JSON.stringify(rules)} });`;
    const stack = await passingStack(sandbox, base, { env: { SHOP: shop } });
    const up = await ok(stack.up());

    const gold = {
      groupResource: "configmaps",
      labelSelector: { matchExpressions: [{ key: "tier", operator: "In", values: ["gold"] }] },
    };
    const add = (path: string, value: string) => ({ operation: "add", path, value });
    const taken: ModifierRule[] = [
      {
        conditions: gold,
        patches: [
          add("/data/quoted", String.raw`say \"hi\"`),
          add("/data/three", '"3"'),
          add("/data/lines", String.raw`one\ntwo`),
          add("/data/empty", ""),
          add("/metadata/annotations", '{"a":"b"}'),
        ],
      },
    ];
    stack.change(base + restore("taken", taken));
    const done = await ok(stack.up());
    expect(outputsOf(done, "taken")).toMatchObject({ phase: "Completed", failed: 0 });
    expect(await kubernetes.get(pathOf("configmaps", `${shop}-taken`, "rates"))).toMatchObject({
      metadata: { annotations: { a: "b" } },
      data: { eggs: "3", quoted: 'say "hi"', three: "3", lines: "one\ntwo", empty: "" },
    });
    expect((await kubernetes.get(pathOf("configmaps", `${shop}-taken`, "other")))?.["data"]).toEqual({
      eggs: "3",
    });

    stack.change(base + restore("taken", taken) + restore("refused", REFUSED));
    const preview = await stack.preview();
    expect(preview.ok).toBe(false);
    for (const [index, rule] of REFUSED.entries()) {
      const [{ path, reason } = { path: "", reason: "none" }] = modifierProblems(rule);
      expect(JSON.stringify(preview)).toContain(
        JSON.stringify(`resourceModifiers.${index}.${path}`).slice(1, -1),
      );
      expect(reason).not.toBe("none");
    }

    const backupName = String(outputsOf(up, "shop")["backupName"]);
    const asked = [...REFUSED, ...SOUND].map(
      async (rule) => [rule, await byHand(backupName, shop, rule)] as const,
    );
    for (const [rule, restored] of await Promise.all(asked)) {
      expect([rule, restored]).toEqual([rule, SOUND.includes(rule) ? "Completed" : "broken"]);
      if (SOUND.includes(rule)) expect(modifierProblems(rule)).toEqual([]);
    }
  }, 300_000);

  /** What Velero itself makes of a rule: it refuses the Restore, or fails with an object. */
  async function byHand(backupName: string, shop: string, rule: ModifierRule): Promise<string> {
    const name = uniqueName("raw");
    await kubernetes.create(pathOf("configmaps", "velero"), {
      ...configMap(name, { rules: JSON.stringify({ version: "v1", resourceModifierRules: [rule] }) }),
    });
    await kubernetes.create(RESTORES, {
      apiVersion: "velero.io/v1",
      kind: "Restore",
      metadata: { name, namespace: "velero" },
      spec: {
        backupName,
        namespaceMapping: { [shop]: uniqueName("raw") },
        resourceModifier: { kind: "ConfigMap", name },
      },
    });
    const phase = await waitUntil(
      `restore ${name} has ended`,
      async () => {
        const live = await kubernetes.get(`${RESTORES}/${name}`);
        const found = String(live && phaseOf(live));
        return /^(Completed|PartiallyFailed|Failed|FailedValidation)$/.test(found) ? found : undefined;
      },
      { timeoutMs: 180_000 },
    );
    return /Failed/.test(phase) ? "broken" : phase;
  }
});
