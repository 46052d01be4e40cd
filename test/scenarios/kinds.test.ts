import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { connect } from "../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../provider/kubernetes/connection.ts";
import { discover } from "../../provider/kubernetes/discovery.ts";
import { judgeSelectedKinds } from "../../provider/rules/selected-kinds.ts";
import { kindsMeant } from "../../provider/rules/kind-words.ts";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { complaintsOf } from "./complaints.ts";
import { locationByHand, phaseOf } from "./location-by-hand.ts";
import { liveObject, resourceList } from "./observe.ts";
import { ok, outputsOf, restoresOf } from "./restore-stack.ts";
import { messagesOf, type Stack, stackOn, stepsOf, veleroObjects, veleroPath } from "./stack.ts";
import { testSession } from "../unit/session.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const YEARLY = 'schedule: "0 3 29 2 *"';
const LOCATION = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east, west } });
  const common = { location, includedNamespaces: [process.env.SHOP], volumes: "none" };`;
const backup = (name: string, options = "") =>
  `const ${name} = new velero.ClusterBackup("${name}", { ...common, cluster: "east", ${options} });`;
/** So that a wait for Velero's five minutes is one of some seconds, in which its server is restarted. */
const clockAhead = {
  NODE_OPTIONS: `--require=${fileURLToPath(new URL("mistakes/clock-ahead.cjs", import.meta.url))}`,
  CLOCK_AHEAD_SECONDS: "270",
};

/** The kinds that a seeded namespace has objects of, as Velero's list calls them. */
const SEEDED: Record<string, string> = {
  "v1/ConfigMap": "configmaps",
  "v1/Secret": "secrets",
  "v1/Service": "services",
  "v1/Namespace": "namespaces",
  "apps/v1/Deployment": "deployments.apps",
};

// A sandbox of its own, in which it defines kinds, and whose Velero it restarts.
describeOnSandbox("The kinds of a backup", () => {
  vi.setConfig({ testTimeout: 900_000 });
  let sandbox: Sandbox;
  let east: SandboxCluster;
  let shop: string;

  beforeAll(async () => {
    sandbox = await startSandbox();
    east = sandbox.cluster("east");
    shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
  });
  afterAll(() => sandbox.stop());

  /** Defines a kind of one's own name in a group of its own; it is served when this returns. */
  async function defineKind(group: string, kind: string) {
    const plural = `${kind.toLowerCase()}s`;
    const served = `/apis/${group}/v1`;
    await east.kubernetes.create(DEFINITIONS, {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: "Namespaced",
        names: { kind, plural },
        versions: [
          { name: "v1", storage: true, served: true, schema: { openAPIV3Schema: { type: "object" } } },
        ],
      },
    });
    await waitUntil(`${plural}.${group} is served`, async () =>
      (await east.kubernetes.list(`${served}/${plural}`).catch(() => undefined)) ? true : undefined,
    );
    return {
      groupResource: `${plural}.${group}`,
      /** As Velero lists it: `shop-1.example.com/v1/Gizmo`. */
      stored: `${group}/v1/${kind}`,
      create: async (name: string) => {
        await east.kubernetes.create(`${served}/namespaces/${shop}/${plural}`, {
          apiVersion: `${group}/v1`,
          kind,
          metadata: { name },
        });
      },
    };
  }

  const held = (stack: Stack, run: RunResult, name: string) =>
    resourceList(sandbox, stack.bucket, "east", outputsOf(run, name)["backupName"]);

  test("are those that Velero's own server takes, and where this library refuses them it makes an empty backup or a whole one", async () => {
    const { bucket, name: storageLocation } = await locationByHand(sandbox, east, { prefix: "raw" });
    /** Velero's answer to a specification, without this library: the phase, and the number of stored objects by kind. */
    async function raw(selection: object): Promise<{ phase: unknown; kinds: Record<string, number> }> {
      const name = uniqueName("raw");
      await east.kubernetes.create(veleroPath("backups"), {
        apiVersion: "velero.io/v1",
        kind: "Backup",
        metadata: { name, namespace: "velero" },
        spec: { storageLocation, snapshotVolumes: false, includedNamespaces: [shop], ...selection },
      });
      const phase = await waitUntil(`backup ${name} has ended`, async () => {
        const found = String(phaseOf(await liveObject(east, "backups", name)));
        return /^(Completed|PartiallyFailed)$/.test(found) ? found : undefined;
      });
      const lists = Object.entries(await resourceList(sandbox, bucket, "raw", name));
      return { phase, kinds: Object.fromEntries(lists.map(([kind, { length }]) => [kind, length])) };
    }
    const client = await connect(testSession(), { kubeconfig: east.kubeconfig }, clusterLabel("east"));
    const facts = { cluster: "east", ...(await discover(client)) };

    // Within a list no two words mean the same kind, so that each is seen to be taken or not.
    const words = [
      ["secrets", "cm", "svc", "deploy.apps"],
      ["Secret", "Deployment.apps"],
      ["Secrets", "deployments.ap"],
      ["sec*", "*.apps"],
      ["s*s"],
      ["*"],
      ["CM", "deployments.Apps", "deployments.apps/v1", "secret.v1", "secrets.core", "componentstatuses"],
    ];
    for (const includedResources of words) {
      const { phase, kinds } = await raw({ includedResources });
      const meant = includedResources
        .flatMap((word) => kindsMeant({ word, reads: "filter" }, facts))
        .filter((kind) => Object.values(SEEDED).includes(kind));
      expect(phase, includedResources.join()).toBe("Completed");
      const taken = Object.keys(kinds).map((kind) => SEEDED[kind] ?? kind);
      expect(taken.toSorted(), includedResources.join()).toEqual(meant.toSorted());
    }

    const all = Object.fromEntries(Object.keys(SEEDED).map((kind) => [kind, 1]));
    const wrong: [object, object][] = [
      [{ includedResources: ["storageclasses"] }, {}],
      [{ includedNamespaceScopedResources: ["storageclasses"] }, all],
      [{ includedNamespaceScopedResources: ["gizmos"] }, { "v1/Namespace": 1 }],
      // In the list of the other scope a kind is not left out.
      [
        { includedNamespaceScopedResources: ["secrets"], excludedClusterScopedResources: ["secrets"] },
        { "v1/Namespace": 1, "v1/Secret": 1 },
      ],
      // Velero takes these out of the list, and an empty one means all.
      [{ includedResources: ["volumesnapshots.snapshot.storage.k8s.io"] }, all],
    ];
    for (const [selection, kinds] of wrong) {
      expect(await raw(selection)).toEqual({ phase: "Completed", kinds });
      expect(judgeSelectedKinds({ includedNamespaces: [shop], ...selection }, facts)).toHaveLength(1);
    }
    expect(await raw({ labelSelector: {} })).toMatchObject({ phase: "PartiallyFailed" });
    const everywhere = await raw({ includedNamespaces: [], includedResources: ["secrets"] });
    expect(everywhere.kinds["v1/Secret"]).toBeGreaterThan(1);
  });

  test("are refused where they are wrong, may be defined by the same up, and are Velero's names in an order", async () => {
    const [later, fleet, stored] = ["later", "fleet", "stored"].map(
      (word) => `${uniqueName(word)}.example.com`,
    );
    const workspace = (name: string, word: string) => `
      new velero.WorkspaceBackup("${name}", {
        ...common, clusters: ["east", "west"], includedNamespaces: [process.env.SHOP, "default"], includedResources: ["secrets", "${word}"],
      });`;
    const misspelt = workspace("misspelt", "secrts");
    const misplaced = backup(
      "misplaced",
      `${YEARLY}, includedNamespaceScopedResources: ["storageclasses", "podz"], excludedClusterScopedResources: ["pods"],
       orderedResources: { Pod: ["db-0"] }`,
    );
    const stack = await stackOn(sandbox, LOCATION + misplaced, { env: { SHOP: shop } });
    const saidOf: Record<string, string[]> = {
      misplaced: [
        'excludedClusterScopedResources.0: "pods" lies in namespaces, and Velero would drop it here in silence: put it into excludedNamespaceScopedResources',
        'includedNamespaceScopedResources.0: "storageclasses" lies in no namespace, and Velero would drop it here in silence: put it into includedClusterScopedResources',
        'includedNamespaceScopedResources.1: cluster "east" has no kind "podz" (is pods meant?)',
        'orderedResources.Pod.0: "db-0" says no namespace: Velero looks for namespace/db-0',
      ],
      misspelt: [
        'has no kind "secrts" (is secrets meant?), and Velero would pass over it',
        "(the same in every cluster)",
      ],
    };
    const expectRefusal = (run: RunResult, name: string) => {
      for (const words of saidOf[name] ?? []) expect(complaintsOf(run, name).join("\n")).toContain(words);
    };
    for (const [name, program] of Object.entries({ misplaced, misspelt })) {
      stack.change(LOCATION + program);
      const preview = await stack.preview();
      expectRefusal(preview, name);
      expect(stepsOf(preview).filter((step) => step.endsWith(` ${name}`))).toEqual([]);
    }

    const unknown =
      "and Velero would pass over it in silence: mend it, or make this resource depend on what defines the kind";
    const toBeDefined =
      backup("later", `includedResources: ["gizmos.${later}"], ${YEARLY}, runNow: true`) +
      workspace("fleet", `rockets.${fleet}`);
    const order = `orderedResources: { "Deployment.apps": [process.env.SHOP + "/app-1"], cm: [process.env.SHOP + "/app-1"], pv: ["pv-1"] }`;
    const sound = (options: string) =>
      backup("idle", 'excludedResources: ["contraptions.example.net", "secrets"]') +
      backup("ordered", options);
    stack.change(LOCATION + toBeDefined + sound(order));
    const previewed = messagesOf(await ok(stack.preview()));
    expect(previewed).toContain(
      `includedResources.0: cluster "east" has no kind "gizmos.${later}", ${unknown}`,
    );
    expect(previewed).toContain(`has no kind "rockets.${fleet}", ${unknown} (the same in every cluster)`);
    const doesNothing =
      'excludedResources.0: cluster "east" has no kind "contraptions.example.net", so that it does nothing';
    expect(previewed).toContain(doesNothing);

    stack.change(LOCATION + toBeDefined + misplaced + misspelt);
    const failed = await stack.up();
    for (const name of ["misplaced", "misspelt"]) expectRefusal(failed, name);
    expect(complaintsOf(failed, "later").join("\n")).toMatch(
      new RegExp(
        `^includedResources\\.0: cluster "east" has no kind "gizmos.${later}", .* No backup was begun\\.`,
      ),
    );
    expect(complaintsOf(failed, "fleet").join("\n")).toContain("(the same in every cluster)");
    for (const kind of ["backups", "schedules"] as const)
      expect(await veleroObjects(east, kind, stack), "nothing is made").toEqual([]);

    const gizmos = await defineKind(later ?? "", "Gizmo");
    await gizmos.create("one");
    await defineKind(fleet ?? "", "Rocket");
    await sandbox.cluster("west").kubernetes.create("/api/v1/namespaces/default/secrets", {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: uniqueName("fleet") },
    });
    await east.velero.restart();
    stack.change(LOCATION + toBeDefined + sound(order));
    const up = await ok(stack.up());
    expect(messagesOf(up), "what is left out and not there holds nothing up").toContain(doesNothing);
    expect(messagesOf(up), "one of the clusters has it").not.toContain(`rockets.${fleet}`);
    expect(await held(stack, up, "later")).toMatchObject({ [gizmos.stored]: [`${shop}/one`] });
    const { spec } = await liveObject(east, "backups", outputsOf(up, "ordered")["backupName"]);
    const found = { deployments: `${shop}/app-1`, configmaps: `${shop}/app-1`, persistentvolumes: "pv-1" };
    expect(spec?.["orderedResources"]).toEqual(found);

    const restore = (name: string, options: string) =>
      `new velero.Restore("${name}", { backup: idle, cluster: "east", namespaceMapping: { "*": "*-${name}" }, ${options} });`;
    const rest = LOCATION + toBeDefined + sound(`${order}, ${YEARLY}`);
    const bad = restore(
      "bad",
      `includedResources: ["secrts", "Node"], restoreStatus: { includedResources: ["deploymnts"] },
       resourceModifiers: [{ conditions: { groupResource: "deployments" }, mergePatches: [{ patchData: "{}" }] }]`,
    );
    const nothing = restore("nothing", `includedResources: ["doohickeys.${stored}"]`);
    const some = restore("some", `includedResources: ["cm", "doohickeys.${stored}"]`);
    const noneRestored = `nor the backup has a kind "doohickeys.${stored}", so that none is restored. Nothing would be restored`;
    const expectBad = (run: RunResult) => {
      const complaint = complaintsOf(run, "bad").join("\n");
      for (const words of [
        'kind "secrts" (is secrets meant?), and Velero would pass over it',
        "Velero never restores nodes: take it out",
        'kind "deploymnts" (is deployments.apps meant?), and Velero would pass over it',
        '"deployments" is no name of a kind to Velero here (is deployments.apps meant?)',
      ])
        expect(complaint).toContain(words);
    };
    stack.change(rest + bad);
    expectBad(await stack.preview());
    stack.change(rest + nothing + some);
    expect(messagesOf(await ok(stack.preview()))).toContain(noneRestored);
    stack.change(rest + bad + nothing);
    const refused = await stack.up();
    expectBad(refused);
    expect(complaintsOf(refused, "nothing")).toEqual([expect.stringContaining(noneRestored)]);
    expect(await restoresOf(east, stack)).toEqual([]);
    stack.change(rest + some);
    const restored = await ok(stack.up());
    expect(messagesOf(restored)).toContain(`has a kind "doohickeys.${stored}", so that none is restored`);
    expect(outputsOf(restored, "some")).toMatchObject({ phase: "Completed", created: 2 });
    const schedule = await liveObject(east, "schedules", outputsOf(restored, "ordered")["scheduleName"]);
    expect(schedule.spec?.["template"]).toMatchObject({ orderedResources: found });
    await ok(stack.up({ refresh: true, expectNoChanges: true }));
  });

  test("of which Velero has not seen one yet make a backup no success: another is taken by the next up, or by the same", async () => {
    const gizmos = await defineKind(`${uniqueName("new")}.example.com`, "Gizmo");
    await gizmos.create("one");
    const impatient = 'timeouts: { create: "2m" }';
    const blind =
      LOCATION +
      backup("own", impatient) +
      backup("scheduled", `${YEARLY}, runNow: true, ${impatient}`) +
      backup("without", `excludedResources: ["${gizmos.groupResource}"], ${impatient}`);
    const stack = await stackOn(sandbox, blind, { env: { SHOP: shop } });
    const verdicts = async (name: string) =>
      (await veleroObjects(east, "backups", stack))
        .filter(({ metadata }) => metadata.name.startsWith(`${name}-east-`))
        .toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name))
        .map(({ metadata }) => metadata.labels?.["pulumi-velero.io/accepted"]);

    const failed = await stack.up();
    for (const name of ["own", "scheduled"]) {
      expect(complaintsOf(failed, name).join("\n")).toMatch(
        new RegExp(
          `^Backup velero/${name}-east-\\S+ in cluster "east" is Completed, and yet holds none of ${gizmos.groupResource} \\(${shop}/one; defined at \\d\\d:\\d\\d:\\d\\dZ\\): ` +
            "Velero looks every five minutes at what the API serves, and had not seen it yet\\. " +
            "Run up again after \\d\\d:\\d\\d:\\d\\dZ, which takes another; or restart Velero's server and run it at once\\.",
        ),
      );
      expect(await verdicts(name)).toEqual(["rejected"]);
    }
    const [rejected] = await veleroObjects(east, "backups", stack);
    expect(rejected?.status).toMatchObject({ phase: "Completed" });
    expect(await verdicts("without")).toEqual(["true"]);
    expect(Object.keys(await held(stack, failed, "own"))).not.toContain(gizmos.stored);

    await east.velero.restart();
    stack.change(blind + backup("seen", impatient));
    const up = await ok(stack.up());
    for (const name of ["own", "scheduled"]) {
      expect(await verdicts(name)).toEqual(["rejected", "true"]);
      expect(await held(stack, up, name)).toMatchObject({ [gizmos.stored]: [`${shop}/one`] });
    }
    expect(await verdicts("seen")).toEqual(["true"]);
    await ok(stack.up({ refresh: true, expectNoChanges: true }));

    const widgets = await defineKind(`${uniqueName("newer")}.example.com`, "Widget");
    await widgets.create("one");
    stack.change(LOCATION + backup("patient"));
    const running = stack.up({ env: clockAhead });
    await waitUntil("the first one is rejected", async () =>
      (await verdicts("patient")).includes("rejected") ? true : undefined,
    );
    await east.velero.restart();
    const patient = await ok(running);
    expect(messagesOf(patient)).toMatch(
      new RegExp(
        `holds none of ${widgets.groupResource}, and is rejected: Velero looks every five minutes .*, another is taken at`,
      ),
    );
    expect(await verdicts("patient")).toEqual(["rejected", "true"]);
    expect(outputsOf(patient, "patient")).toMatchObject({ phase: "Completed", health: "Healthy" });
    expect(await held(stack, patient, "patient")).toMatchObject({ [widgets.stored]: [`${shop}/one`] });
  });
});
