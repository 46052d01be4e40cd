import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../provider/kubernetes/connection.ts";
import { discover } from "../../provider/kubernetes/discovery.ts";
import { judgeSelectedKinds } from "../../provider/rules/selected-kinds.ts";
import { kindsMeant } from "../../provider/rules/kind-words.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { complaintsIn } from "./complaints.ts";
import { liveObject, passingStack, resourceList } from "./observe.ts";
import { defineKind } from "./own-kind.ts";
import { rawBackups } from "./raw-backup.ts";
import { ok, outputsOf, restoresOf } from "./restore-stack.ts";
import { messagesOf, type Stack, stepsOf, veleroObjects } from "./stack.ts";

const LOCATION = `const location = new velero.BackupLocation("primary", { storage, clusters: { east, west } });`;
const backup = (options: string, kind = "ClusterBackup", cluster = 'cluster: "east"') => `
  const backup = new velero.${kind}("shop", { location, ${cluster}, includedNamespaces: [process.env.SHOP], volumes: "none", ${options} });`;

/** The kinds that a seeded namespace has objects of, as Velero's list calls them. */
const SEEDED: Record<string, string> = {
  "v1/ConfigMap": "configmaps",
  "v1/Secret": "secrets",
  "v1/Service": "services",
  "v1/Namespace": "namespaces",
  "apps/v1/Deployment": "deployments.apps",
};

// A sandbox of its own, in which it defines kinds, and whose Velero it restarts.
describeOnSandbox("The kinds that a selection names", () => {
  let sandbox: Sandbox;
  let east: SandboxCluster;

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ["east", "west"] });
    east = sandbox.cluster("east");
  });
  afterAll(() => sandbox.stop());

  async function seeded(): Promise<string> {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    return shop;
  }

  async function factsOfEast() {
    const client = await connect({ kubeconfig: east.kubeconfig }, clusterLabel("east"));
    return { cluster: "east", ...(await discover(client)) };
  }

  test("are those that Velero's own server takes, word by word", async () => {
    const shop = await seeded();
    const [run, facts] = [await rawBackups(sandbox, east), await factsOfEast()];
    const words = [
      ...[
        "secrets",
        "Secret",
        "Secrets",
        "cm",
        "CM",
        "svc",
        "deploy.apps",
        "Deployment.apps",
        "deployments.ap",
      ],
      ...[
        "deployments.Apps",
        "*.apps",
        "sec*",
        "s*s",
        "*",
        "secret.v1",
        "deployments.apps/v1",
        "secrets.core",
      ],
      ...["componentstatuses", "gizmos.example.net"],
    ];
    for (const word of words) {
      const { phase, kinds } = await run({ includedNamespaces: [shop], includedResources: [word] });
      const meant = kindsMeant({ word, reads: "filter" }, facts).filter((kind) =>
        Object.values(SEEDED).includes(kind),
      );
      expect(phase, word).toBe("Completed");
      expect(
        Object.keys(kinds)
          .map((kind) => SEEDED[kind] ?? kind)
          .toSorted(),
        word,
      ).toEqual(meant.toSorted());
    }
  }, 240_000);

  test("lead to an empty backup or a whole one, Completed, where this library refuses them", async () => {
    const shop = await seeded();
    const [run, facts] = [await rawBackups(sandbox, east), await factsOfEast()];
    const all = {
      "v1/ConfigMap": 1,
      "v1/Secret": 1,
      "v1/Service": 1,
      "apps/v1/Deployment": 1,
      "v1/Namespace": 1,
    };
    const wrong: [object, object][] = [
      [{ includedResources: ["storageclasses"] }, {}],
      [{ includedNamespaceScopedResources: ["storageclasses"] }, all],
      [{ includedNamespaceScopedResources: ["gizmos"] }, { "v1/Namespace": 1 }],
      // In the list of the other scope a kind is not left out.
      [
        { includedNamespaceScopedResources: ["secrets"], excludedClusterScopedResources: ["secrets"] },
        { "v1/Namespace": 1, "v1/Secret": 1 },
      ],
    ];
    for (const [selection, kinds] of wrong) {
      expect(await run({ includedNamespaces: [shop], ...selection })).toMatchObject({
        phase: "Completed",
        kinds,
      });
      expect(judgeSelectedKinds({ includedNamespaces: [shop], ...selection }, facts)).toHaveLength(1);
    }
    // Velero takes these out of the list, and an empty one means all.
    const snapshots = { includedResources: ["volumesnapshots.snapshot.storage.k8s.io"] };
    expect(await run({ includedNamespaces: [shop], ...snapshots })).toMatchObject({
      phase: "Completed",
      kinds: all,
    });
    expect(await run({ includedNamespaces: [shop], labelSelector: {} })).toMatchObject({
      phase: "PartiallyFailed",
    });
    expect(
      (await run({ includedNamespaces: [], includedResources: ["secrets"] })).kinds["v1/Secret"],
    ).toBeGreaterThan(1);
  }, 240_000);

  async function begin(program: string): Promise<{ stack: Stack; shop: string }> {
    const shop = await seeded();
    return { stack: await passingStack(sandbox, LOCATION + program, { env: { SHOP: shop } }), shop };
  }

  const wrong: [options: string, said: string[]][] = [
    [
      'includedResources: ["secret.v1"]',
      ['includedResources.0: "secret.v1" names a version, which Velero takes for an API group'],
    ],
    [
      'includedResources: ["secrts"]',
      [
        'includedResources.0: cluster "east" has no kind "secrts" (is secrets meant?), and Velero would pass over it',
      ],
    ],
    [
      'schedule: "0 3 29 2 *", includedNamespaceScopedResources: ["storageclasses", "podz"], excludedClusterScopedResources: ["pods"]',
      [
        'excludedClusterScopedResources.0: "pods" lies in namespaces, and Velero would drop it here in silence: put it into excludedNamespaceScopedResources',
        'includedNamespaceScopedResources.0: "storageclasses" lies in no namespace, and Velero would drop it here in silence: put it into includedClusterScopedResources',
        'includedNamespaceScopedResources.1: cluster "east" has no kind "podz" (is pods meant?)',
      ],
    ],
    [
      'orderedResources: { Pod: ["db-0"] }',
      ['orderedResources.Pod.0: "db-0" says no namespace: Velero looks for namespace/db-0'],
    ],
    [
      "includedNamespaces: []",
      ["includedNamespaces: is empty, which Velero reads as all of them. Leave it out for all"],
    ],
  ];

  test("are refused by the preview where they are wrong, and nothing is made by an up", async () => {
    const { stack } = await begin("");
    for (const [options, said] of wrong) {
      stack.change(LOCATION + backup(options));
      const preview = await stack.preview();
      expect(stepsOf(preview).filter((step) => step.endsWith(" shop"))).toEqual([]);
      for (const run of [preview, await stack.up()])
        for (const words of said) expect(complaintsIn(run).join("\n")).toContain(words);
    }
    for (const kind of ["backups", "schedules"] as const)
      expect(await veleroObjects(east, kind, stack)).toEqual([]);
  }, 300_000);

  test("may be defined by the same up, which a preview tells and an up asks for", async () => {
    const group = `${uniqueName("later")}.example.com`;
    const { stack, shop } = await begin(
      backup(`includedResources: ["gizmos.${group}"], schedule: "0 3 29 2 *", runNow: true`),
    );
    const preview = await ok(stack.preview());
    expect(messagesOf(preview)).toContain(
      `includedResources.0: cluster "east" has no kind "gizmos.${group}", and Velero would pass over it in silence: mend it, or make this resource depend on what defines the kind`,
    );
    const failed = await stack.up();
    expect(complaintsIn(failed)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^includedResources\\.0: cluster "east" has no kind "gizmos.${group}", .* No backup was begun\\.`,
        ),
      ),
    ]);
    expect(await veleroObjects(east, "schedules", stack)).toEqual([]);
    const gizmos = await defineKind(east, group);
    await gizmos.create(shop, "one");
    await east.velero.restart();
    const up = await ok(stack.up());
    expect(
      await resourceList(sandbox, stack.bucket, "east", outputsOf(up, "shop")["backupName"]),
    ).toMatchObject({
      [gizmos.stored]: [`${shop}/one`],
    });
  }, 180_000);

  test("that are left out and not there are told, and hold nothing up", async () => {
    const { stack } = await begin(backup('excludedResources: ["contraptions.example.net", "secrets"]'));
    const told =
      'excludedResources.0: cluster "east" has no kind "contraptions.example.net", so that it does nothing';
    expect(messagesOf(await ok(stack.preview()))).toContain(told);
    expect(messagesOf(await ok(stack.up()))).toContain(told);
  });

  test("are put in order under the names by which Velero looks them up, and stay there without drift", async () => {
    const order = `orderedResources: { "Deployment.apps": [process.env.SHOP + "/app-1"], cm: [process.env.SHOP + "/app-1"], pv: ["pv-1"] }`;
    const { stack, shop } = await begin(backup(order));
    const once = await ok(stack.up());
    const { spec } = await liveObject(east, "backups", outputsOf(once, "shop")["backupName"]);
    const found = { deployments: `${shop}/app-1`, configmaps: `${shop}/app-1`, persistentvolumes: "pv-1" };
    expect(spec?.["orderedResources"]).toEqual(found);
    stack.change(LOCATION + backup(`${order}, schedule: "0 3 29 2 *"`));
    const scheduled = await ok(stack.up());
    const schedule = await liveObject(east, "schedules", outputsOf(scheduled, "shop")["scheduleName"]);
    expect(schedule.spec?.["template"]).toMatchObject({ orderedResources: found });
    await ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));
    await ok(stack.up({ expectNoChanges: true }));
  });

  test("of a workspace are right where one of its clusters has them", async () => {
    const group = `${uniqueName("fleet")}.example.com`;
    const workspace = (options: string) =>
      backup(options, "WorkspaceBackup", 'clusters: ["east", "west"]').replace(
        "process.env.SHOP",
        'process.env.SHOP, "default"',
      );
    const { stack } = await begin(workspace(`includedResources: ["secrets", "contraptions.${group}"]`));
    expect(messagesOf(await ok(stack.preview()))).toContain(
      `has no kind "contraptions.${group}", and Velero would pass over it in silence: mend it, or make this resource depend on what defines the kind (the same in every cluster)`,
    );
    const failed = await stack.up();
    expect(complaintsIn(failed).join("\n")).toContain("(the same in every cluster)");
    await sandbox.cluster("west").kubernetes.create("/api/v1/namespaces/default/secrets", {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: uniqueName("fleet") },
    });
    expect(await veleroObjects(east, "backups", stack)).toEqual([]);
    await defineKind(east, group, { kind: "Contraption" });
    expect(messagesOf(await ok(stack.preview()))).not.toContain("contraptions");
    await ok(stack.up());
    stack.change(LOCATION + workspace('includedResources: ["secrets", "secrts"]'));
    expect(complaintsIn(await stack.preview()).join("\n")).toMatch(
      /"secrts" \(is secrets meant\?\).*\(the same in every cluster\)/,
    );
  }, 180_000);

  test("of a Restore are those of the backup, too, and all others are refused before anything is restored", async () => {
    const group = `${uniqueName("stored")}.example.com`;
    const restore = (name: string, options: string) =>
      `new velero.Restore("${name}", { backup, cluster: "east", namespaceMapping: { "*": "*-${name}" }, ${options} });`;
    const { stack } = await begin(backup(""));
    await ok(stack.up());
    const nothing = `nor the backup has a kind "doohickeys.${group}", so that none is restored. Nothing would be restored`;
    const refused: Record<string, [options: string, said: string]> = {
      misspelt: [
        'includedResources: ["secrts"]',
        'kind "secrts" (is secrets meant?), and Velero would pass over it',
      ],
      never: ['includedResources: ["Node"]', "Velero never restores nodes: take it out"],
      status: [
        'restoreStatus: { includedResources: ["deploymnts"] }',
        'kind "deploymnts" (is deployments.apps meant?), and Velero would pass over it',
      ],
      modifier: [
        'resourceModifiers: [{ conditions: { groupResource: "deployments" }, mergePatches: [{ patchData: "{}" }] }]',
        '"deployments" is no name of a kind to Velero here (is deployments.apps meant?)',
      ],
    };
    for (const [name, [options, words]] of Object.entries(refused)) {
      stack.change(LOCATION + backup("") + restore(name, options));
      for (const run of [await stack.preview(), await stack.up()])
        expect(complaintsIn(run), name).toContainEqual(expect.stringContaining(words));
    }
    stack.change(LOCATION + backup("") + restore("nothing", `includedResources: ["doohickeys.${group}"]`));
    expect(messagesOf(await ok(stack.preview()))).toContain(nothing);
    expect(complaintsIn(await stack.up())).toEqual([expect.stringContaining(nothing)]);
    expect(await restoresOf(east, stack)).toEqual([]);
    stack.change(LOCATION + backup("") + restore("some", `includedResources: ["cm", "doohickeys.${group}"]`));
    const up = await ok(stack.up());
    expect(messagesOf(up)).toContain(`has a kind "doohickeys.${group}", so that none is restored`);
    expect(outputsOf(up, "some")).toMatchObject({ phase: "Completed", created: 2 });
  }, 300_000);
});
