import { expect, onTestFinished, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { createBoundVolume } from "./bound-volume.ts";
import { complaintsIn, complaintsOf } from "./complaints.ts";
import { liveObject, passingStack, resourceList } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, stepsOf, veleroObjects } from "./stack.ts";

const CONFIG_MAPS = "/api/v1/namespaces/velero/configmaps";
const yearly = 'schedule: "0 3 29 2 *", skipImmediately: true';
const skip = 'resourcePolicy: { volumePolicies: [{ conditions: {}, action: { type: "skip" } }] }';
const withPolicy = (action: string) => `volumes: "snapshot", resourcePolicy: { volumePolicies: [
  { conditions: { capacity: ",10Gi", volumeTypes: ["hostPath"] }, action: { type: "${action}" } }] }`;

/** What is declared, and what of it stands in the template of Velero's Schedule under the same names. */
const kept = {
  excludedNamespaces: ["kube-system"],
  includedNamespaceScopedResources: ["configmaps", "pods"],
  excludedNamespaceScopedResources: ["secrets"],
  includedClusterScopedResources: ["storageclasses"],
  excludedClusterScopedResources: ["nodes"],
  orLabelSelectors: [
    { matchLabels: { app: "a" } },
    { matchExpressions: [{ key: "tier", operator: "In", values: ["db"] }] },
  ],
  hooks: {
    resources: [
      {
        name: "flush",
        labelSelector: { matchLabels: { app: "db" } },
        pre: [{ exec: { container: "db", command: ["/bin/flush"], onError: "Continue", timeout: "30s" } }],
        post: [{ exec: { command: ["/bin/thaw"] } }],
      },
    ],
  },
  csiSnapshotTimeout: "20m",
  itemOperationTimeout: "2h",
  volumeGroupSnapshotLabelKey: "example.com/group",
};

/** Backups by name, with what each has beside the namespace of the test. */
const programWith = (backups: Record<string, string>) => `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const { SHOP, BOUND, TEAM } = process.env;
  const common = { location, cluster: "east", includedNamespaces: [SHOP], volumes: "none", ttl: "24h" };
  ${Object.entries(backups)
    .map(([name, options]) => `new velero.ClusterBackup("${name}", { ...common, ${options} });`)
    .join("\n")}`;

describeOnSandbox("What ClusterBackups select", (sandbox) => {
  const east = sandbox.cluster("east");

  const templateOf = async (run: RunResult, name: string) => {
    const { spec } = await liveObject(east, "schedules", outputsOf(run, name)["scheduleName"]);
    return spec?.["template"] as Record<string, unknown>;
  };

  test("is refused in the preview where it is wrong, all of it at once", async () => {
    const wrong = `includedNamespaces: [], excludedNamespaces: ["~/x/"], includedResources: ["secret.v1"],
      includedClusterScopedResources: ["nodes"], csiSnapshotTimeout: "10 minutes",
      labelSelector: { matchLabels: { a: "b" } }, orLabelSelectors: [{ matchLabels: { a: "c" } }]`;
    const stack = await passingStack(sandbox, programWith({ wrong }));
    const preview = await stack.preview();
    expect(preview.ok).toBe(false);
    const complaints = complaintsIn(preview).join("\n");
    for (const words of [
      "includedNamespaces: is empty, which Velero reads as all of them. Leave it out for all",
      'includedResources.0: "secret.v1" names a version, which Velero takes for an API group',
      "includedResources: is one of Velero's old filters, which do not go with the new ones (includedClusterScopedResources)",
      "orLabelSelectors: does not go with labelSelector",
      "excludedNamespaces.0: leaves out already",
      'csiSnapshotTimeout: "10 minutes" is not a Go duration',
    ])
      expect(complaints).toContain(words);
    expect(stepsOf(preview).filter((step) => step.endsWith(" wrong"))).toEqual([]);
  });

  test("lands in Velero's objects under Velero's names, is what the backups hold, and follows the cluster's namespaces", async () => {
    const [shop, bound] = [await createNamespace(east, "shop"), await createNamespace(east, "shop")];
    await seedNamespace(east, shop, { objects: 12 });
    await createBoundVolume(east, bound, "data");
    for (const [name, tier] of Object.entries({ "app-1": "web", "app-2": "db" }))
      await east.kubernetes.patch(`/api/v1/namespaces/${shop}/configmaps/${name}`, {
        metadata: { labels: { tier } },
      });
    const team = uniqueName("team");
    const seedTeam = (...ends: string[]) =>
      Promise.all(ends.map((end) => seedNamespace(east, `${team}-${end}`, { objects: 1 })));
    await seedTeam("1", "2", "gone", "x-test");
    const policyName = uniqueName("shared-policy");
    const policyPath = `${CONFIG_MAPS}/${policyName}`;
    const skips =
      "version: v1\nvolumePolicies:\n- conditions: { capacity: ',10Gi' }\n  action: { type: skip }\n";
    const share = (data: Record<string, string>) =>
      east.kubernetes.create(CONFIG_MAPS, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: policyName },
        data,
      });
    onTestFinished(() => east.kubernetes.delete(policyPath).catch(() => undefined));

    const shared = `includedNamespaces: [BOUND], volumes: "snapshot", resourcePolicy: { configMap: "${policyName}" }`;
    const nothing = "includedNamespaces: [`/^${TEAM}-nothing/`]";
    const copied = 'volumes: "fileCopy", uploaderConfig: { parallelFilesUpload: 4 }';
    const stack = await passingStack(sandbox, programWith({ shared, copied, nothing }), {
      env: { SHOP: shop, BOUND: bound, TEAM: team },
    });
    const preview = await ok(stack.preview());
    const noAgent = /no node agent runs in namespace "velero" of cluster "east"/;
    const noNamespace = 'includedNamespaces: no namespace of cluster "east" is one of those';
    for (const words of [
      // The same up may still make it.
      `ConfigMap velero/${policyName} in cluster "east"`,
      noNamespace,
      noAgent,
      "a password that stands in its source for everybody to read",
    ])
      expect(messagesOf(preview)).toMatch(words);
    stack.change(
      programWith({ shared, nothing, unskipped: `includedNamespaces: [BOUND], ${withPolicy("snapshot")}` }),
    );
    const failed = await stack.up({ continueOnError: true });
    expect(complaintsOf(failed, "shared").join("\n")).toMatch(/resourcePolicy\.configMap: .* is not there\./);
    expect(messagesOf(failed)).toContain("[velero:NoResourcePolicy]");
    expect(complaintsOf(failed, "nothing"), "for Velero an empty list means all of them").toEqual([
      expect.stringContaining(noNamespace),
    ]);
    expect(complaintsOf(failed, "unskipped").join("\n")).toContain("holds no data of 1 of 1 claim");

    const made = await share({ one: skips });
    const backups = {
      shared,
      copied,
      everything: `${yearly}, orderedResources: { pods: ["shop/db-0", "shop/db-1"], persistentvolumes: ["pv-1"] },
        ...${JSON.stringify(kept)}`,
      kinds: 'includedResources: ["configmaps"]',
      "other-kinds": 'excludedResources: ["configmaps", "secrets"]',
      scoped: 'includedNamespaceScopedResources: ["services"]',
      labelled: 'labelSelector: { matchLabels: { tier: "web" } }',
      "any-label": 'orLabelSelectors: [{ matchLabels: { tier: "web" } }, { matchLabels: { tier: "db" } }]',
      policy: `includedNamespaces: [BOUND], ${withPolicy("skip")}`,
      "policy-taken-away": `volumes: "snapshot", ${yearly}, ${skip}`,
      globs: "includedNamespaces: [`${TEAM}-[12]`]",
      expressions: `includedNamespaces: [\`/^\${TEAM}-/\`, "~/-(test|gone)$/"], ${yearly}`,
      paused: `includedNamespaces: [\`\${TEAM}-1\`, \`\${TEAM}-gone\`], ${yearly}`,
    };
    stack.change(programWith(backups));
    expect(messagesOf(await ok(stack.preview()))).toContain(
      "of 1 claim none would be saved, 1 left out by what is declared",
    );
    const up = await ok(stack.up({ parallel: 16 }));
    expect(messagesOf(up)).toMatch(noAgent);

    const { storageLocation, ...template } = await templateOf(up, "everything");
    expect(storageLocation).toMatch(/^primary-east-/);
    expect(template).toEqual({
      ...kept,
      ttl: "24h",
      includedNamespaces: [shop],
      orderedResources: { pods: "shop/db-0,shop/db-1", persistentvolumes: "pv-1" },
      snapshotVolumes: false,
      defaultVolumesToFsBackup: false,
    });
    expect(outputsOf(up, "everything")).toMatchObject({ phase: "Enabled" });

    const listOf = (name: string) =>
      resourceList(sandbox, stack.bucket, "east", outputsOf(up, name)["backupName"]);
    const captured = async (name: string) =>
      Object.entries(await listOf(name))
        .filter(([kind]) => /ConfigMap|Secret|Deployment|Service$/.test(kind))
        .flatMap(([kind, names]) => names.map((each) => `${kind.split("/").at(-1)} ${each.split("/")[1]}`))
        .filter((each) => / app-/.test(each))
        .sort();
    const three = (kind: string) => [1, 2, 3].map((number) => `${kind} app-${number}`);
    expect(await captured("kinds")).toEqual(three("ConfigMap"));
    expect(await captured("other-kinds")).toEqual([...three("Deployment"), ...three("Service")]);
    expect(await captured("scoped")).toEqual(three("Service"));
    expect(await captured("labelled")).toEqual(["ConfigMap app-1"]);
    expect(await captured("any-label")).toEqual(["ConfigMap app-1", "ConfigMap app-2"]);

    const specOf = async (name: string) =>
      (await liveObject(east, "backups", outputsOf(up, name)["backupName"])).spec;
    expect(await specOf("copied")).toMatchObject({
      snapshotVolumes: false,
      defaultVolumesToFsBackup: true,
      uploaderConfig: { parallelFilesUpload: 4 },
    });
    // Velero resolves globs itself, and the outputs say what they are now.
    const [one, two] = [`${team}-1`, `${team}-2`];
    expect(outputsOf(up, "globs")["resolvedNamespaces"]).toEqual([one, two]);
    expect((await specOf("globs"))?.["includedNamespaces"]).toEqual([`${team}-[12]`]);
    const inTeam = ((await listOf("globs"))["v1/ConfigMap"] ?? []).map((name) => name.split("/")[0]);
    expect(inTeam.filter((name) => name?.startsWith(team)).sort()).toEqual([one, two]);
    expect((await templateOf(up, "expressions"))["includedNamespaces"]).toEqual([one, two]);

    const ownMap = (run: RunResult, name: string, output: string) =>
      east.kubernetes.get(`${CONFIG_MAPS}/${String(outputsOf(run, name)[output])}`);
    for (const name of ["policy", "shared"])
      expect(outputsOf(up, name)).toMatchObject({ phase: "Completed", volumesBackedUp: 0 });
    expect((await ownMap(up, "policy", "objectName"))?.["data"]).toEqual({
      "resource-policy.yaml": expect.stringContaining('"volumeTypes"'),
    });
    expect((await specOf("policy"))?.["resourcePolicy"]).toMatchObject({
      name: outputsOf(up, "policy")["objectName"],
    });
    const sharedPolicy = { kind: "ConfigMap", name: policyName };
    expect((await specOf("shared"))?.["resourcePolicy"]).toEqual(sharedPolicy);
    expect(await ownMap(up, "shared", "objectName")).toBeUndefined();
    expect(await ownMap(up, "policy-taken-away", "scheduleName")).toBeDefined();

    await seedTeam("3", "3-test");
    await east.kubernetes.delete(`/api/v1/namespaces/${team}-gone`);
    const refreshed = await ok(stack.refresh());
    expect(outputsOf(refreshed, "expressions")).toMatchObject({
      health: "Drifted",
      message: expect.stringContaining(`${team}-3 is not backed up yet`),
    });
    const scheduled = {
      ...backups,
      shared: `${shared}, ${yearly}`,
      policy: `volumes: "snapshot", ${yearly}, ${skip}`,
      "policy-taken-away": `volumes: "snapshot", ${yearly}`,
      // That one of its namespaces has gone does not keep a schedule from being paused.
      paused: `${backups.paused}, paused: true`,
    };
    stack.change(programWith(scheduled));
    const second = await ok(stack.up());
    expect(stepsOf(second)).toContain("same everything");
    expect((await templateOf(second, "expressions"))["includedNamespaces"]).toEqual([one, two, `${team}-3`]);
    expect(outputsOf(second, "paused")).toMatchObject({ health: "Paused" });
    expect(await ownMap(second, "policy", "scheduleName")).toBeDefined();
    expect(await ownMap(up, "policy", "objectName"), "that of the replaced one").toBeUndefined();
    expect(await ownMap(second, "policy-taken-away", "scheduleName")).toBeUndefined();
    expect((await templateOf(second, "shared"))["resourcePolicy"]).toEqual(sharedPolicy);
    await ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));

    const untouched = (await east.kubernetes.get(policyPath))?.metadata["resourceVersion"];
    expect(untouched).toBe(made.metadata["resourceVersion"]);
    await east.kubernetes.delete(policyPath);
    expect(outputsOf(await stack.refresh(), "shared")).toMatchObject({
      message: expect.stringContaining(`ConfigMap velero/${policyName}, its resource policy, is not there`),
    });
    await share({ one: skips, other: skips });
    stack.change(programWith({ shared: `${scheduled.shared}, csiSnapshotTimeout: "20m"` }));
    const refused = await stack.preview();
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toContain("has 2 keys (one, other), and Velero wants exactly one");
    await ok(stack.destroy());
    expect(await veleroObjects(east, "schedules", stack)).toEqual([]);
    expect((await east.kubernetes.get(policyPath))?.["data"]).toEqual({ one: skips, other: skips });
  }, 420_000);
});
