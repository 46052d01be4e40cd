import { expect, onTestFinished, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { createBoundVolume } from "./bound-volume.ts";
import { complaintsIn } from "./complaints.ts";
import { liveObject, passingStack, resourceList } from "./observe.ts";
import { messagesOf, resourceIn, type Stack, stepsOf } from "./stack.ts";

const LOCATION = `const location = new velero.BackupLocation("primary", { storage, clusters: { east } });`;
const backup = (name: string, options: string) => `
  new velero.ClusterBackup("${name}", {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "none", ttl: "24h", ${options}
  });`;

const templateOf = (spec: unknown): Record<string, unknown> =>
  (spec as { template: Record<string, unknown> }).template;

describeOnSandbox("What a ClusterBackup selects", (sandbox) => {
  const east = sandbox.cluster("east");

  async function begin(program: string): Promise<{ stack: Stack; shop: string }> {
    const shop = await createNamespace(east, "shop");
    const stack = await passingStack(sandbox, LOCATION + program, { env: { SHOP: shop } });
    return { stack, shop };
  }

  async function upWith(stack: Stack, program?: string) {
    if (program !== undefined) stack.change(LOCATION + program);
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    return up;
  }

  test("lands in Velero's Schedule under Velero's names, and stays there without drift", async () => {
    const selection = `
      schedule: "0 3 29 2 *", skipImmediately: true,
      excludedNamespaces: ["kube-system"],
      includedNamespaceScopedResources: ["configmaps", "pods"], excludedNamespaceScopedResources: ["secrets"],
      includedClusterScopedResources: ["storageclasses"], excludedClusterScopedResources: ["nodes"],
      orLabelSelectors: [{ matchLabels: { app: "a" } }, { matchExpressions: [{ key: "tier", operator: "In", values: ["db"] }] }],
      hooks: { resources: [{ name: "flush", labelSelector: { matchLabels: { app: "db" } },
        pre: [{ exec: { container: "db", command: ["/bin/flush"], onError: "Continue", timeout: "30s" } }],
        post: [{ exec: { command: ["/bin/thaw"] } }] }] },
      orderedResources: { pods: ["shop/db-0", "shop/db-1"], persistentvolumes: ["pv-1"] },
      csiSnapshotTimeout: "20m", itemOperationTimeout: "2h", volumeGroupSnapshotLabelKey: "example.com/group",`;
    const { stack, shop } = await begin(backup("everything", selection));
    const { outputs } = resourceIn(await upWith(stack), "everything");
    const { spec, status } = await liveObject(east, "schedules", outputs?.["scheduleName"]);
    expect(status).toMatchObject({ phase: "Enabled" });
    const { storageLocation, ...template } = templateOf(spec);
    expect(storageLocation).toMatch(/^primary-east-/);
    expect(template).toEqual({
      ttl: "24h",
      includedNamespaces: [shop],
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
            pre: [
              { exec: { container: "db", command: ["/bin/flush"], onError: "Continue", timeout: "30s" } },
            ],
            post: [{ exec: { command: ["/bin/thaw"] } }],
          },
        ],
      },
      orderedResources: { pods: "shop/db-0,shop/db-1", persistentvolumes: "pv-1" },
      csiSnapshotTimeout: "20m",
      itemOperationTimeout: "2h",
      volumeGroupSnapshotLabelKey: "example.com/group",
      snapshotVolumes: false,
      defaultVolumesToFsBackup: false,
    });
    const refresh = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(refresh.ok, messagesOf(refresh)).toBe(true);
  });

  // Of backups that begin together Velero leaves some waiting, and looks at its queue once a minute.
  test("is what the backups hold, by kinds and by labels", async () => {
    const { stack, shop } = await begin("");
    await seedNamespace(east, shop, { objects: 12 });
    const labelled = (name: string, labels: object) =>
      east.kubernetes.patch(`/api/v1/namespaces/${shop}/configmaps/${name}`, { metadata: { labels } });
    await Promise.all([labelled("app-1", { tier: "web" }), labelled("app-2", { tier: "db" })]);
    const up = await upWith(
      stack,
      backup("kinds", 'includedResources: ["configmaps"]') +
        backup("other-kinds", 'excludedResources: ["configmaps", "secrets"]') +
        backup("scoped", 'includedNamespaceScopedResources: ["services"]') +
        backup("labelled", 'labelSelector: { matchLabels: { tier: "web" } }') +
        backup(
          "any-label",
          'orLabelSelectors: [{ matchLabels: { tier: "web" } }, { matchLabels: { tier: "db" } }]',
        ),
    );
    const captured = async (name: string) => {
      const { outputs } = resourceIn(up, name);
      const kinds = await resourceList(sandbox, stack.bucket, "east", outputs?.["backupName"]);
      return Object.entries(kinds)
        .filter(([kind]) => /ConfigMap|Secret|Deployment|Service$/.test(kind))
        .flatMap(([kind, names]) => names.map((name) => `${kind.split("/").at(-1)} ${name.split("/")[1]}`))
        .filter((each) => / app-/.test(each))
        .sort();
    };
    const three = (kind: string) => [1, 2, 3].map((number) => `${kind} app-${number}`);
    expect(await captured("kinds")).toEqual(three("ConfigMap"));
    expect(await captured("other-kinds")).toEqual([...three("Deployment"), ...three("Service")]);
    expect(await captured("scoped")).toEqual(three("Service"));
    expect(await captured("labelled")).toEqual(["ConfigMap app-1"]);
    expect(await captured("any-label")).toEqual(["ConfigMap app-1", "ConfigMap app-2"]);
  }, 240_000);

  test("by a resource policy is in a ConfigMap of its own, which comes before it and goes with it", async () => {
    const withPolicy = (action: string) =>
      backup(
        "policy",
        `volumes: "snapshot", resourcePolicy: { volumePolicies: [
          { conditions: { capacity: ",10Gi", volumeTypes: ["hostPath"] }, action: { type: "${action}" } }] }`,
      );
    const { stack, shop } = await begin(withPolicy("skip"));
    await createBoundVolume(east, shop, "data");
    // Without the policy a volume of which there is no data is a failure: see captured.test.ts.
    const up = await upWith(stack);
    const { outputs = {} } = resourceIn(up, "policy");
    expect(outputs).toMatchObject({ phase: "Completed", volumesBackedUp: 0 });
    const path = `/api/v1/namespaces/velero/configmaps/${String(outputs["objectName"])}`;
    const policy = await east.kubernetes.get(path);
    expect(policy?.["data"]).toEqual({
      "resource-policy.yaml": expect.stringContaining('"volumeTypes"'),
    });
    expect((await liveObject(east, "backups", outputs["backupName"])).spec?.["resourcePolicy"]).toMatchObject(
      {
        name: outputs["objectName"],
      },
    );

    stack.change(LOCATION + withPolicy("snapshot"));
    const failed = await stack.up();
    expect(complaintsIn(failed).join("\n")).toContain("holds no data of 1 of 1 claim");
    const scheduled = backup(
      "policy",
      'volumes: "snapshot", schedule: "0 3 29 2 *", skipImmediately: true, resourcePolicy: { volumePolicies: [{ conditions: {}, action: { type: "skip" } }] }',
    );
    const replaced = await upWith(stack, scheduled);
    const name = resourceIn(replaced, "policy").outputs?.["scheduleName"];
    const own = `/api/v1/namespaces/velero/configmaps/${String(name)}`;
    expect(await east.kubernetes.get(own)).toBeDefined();
    expect(await east.kubernetes.get(path), "that of the backup which was replaced").toBeUndefined();
    await upWith(stack, backup("policy", 'volumes: "snapshot", schedule: "0 3 29 2 *"'));
    expect(await east.kubernetes.get(own)).toBeUndefined();
  });

  test("by a resource policy that others use, too, which is read, and never changed or removed", async () => {
    const name = uniqueName("shared-policy");
    const at = "/api/v1/namespaces/velero/configmaps";
    const path = `${at}/${name}`;
    const skips =
      "version: v1\nvolumePolicies:\n- conditions: { capacity: ',10Gi' }\n  action: { type: skip }\n";
    const share = (data: Record<string, string>) =>
      east.kubernetes.create(at, { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });
    onTestFinished(() => east.kubernetes.delete(path).catch(() => undefined));
    const shared = `volumes: "snapshot", resourcePolicy: { configMap: "${name}" }`;
    const { stack, shop } = await begin(backup("policy", shared));
    await createBoundVolume(east, shop, "data");
    const preview = await stack.preview();
    expect(preview.ok, "the same up may still make it").toBe(true);
    expect(messagesOf(preview)).toContain(`ConfigMap velero/${name} in cluster "east"`);
    const missing = await stack.up();
    expect(missing.ok).toBe(false);
    expect(complaintsIn(missing).join("\n")).toMatch(/resourcePolicy\.configMap: .* is not there\./);
    expect(messagesOf(missing)).toContain("[velero:NoResourcePolicy]");

    const made = await share({ one: skips });
    const told = await stack.preview();
    expect(messagesOf(told)).toContain("of 1 claim none would be saved, 1 left out by what is declared");
    const { outputs = {} } = resourceIn(await upWith(stack), "policy");
    expect(outputs).toMatchObject({ phase: "Completed", volumesBackedUp: 0 });
    const taken = await liveObject(east, "backups", outputs["backupName"]);
    expect(taken.spec?.["resourcePolicy"]).toEqual({ kind: "ConfigMap", name });
    expect(await east.kubernetes.get(`${at}/${String(outputs["objectName"])}`)).toBeUndefined();

    const scheduled = `${shared}, schedule: "0 3 29 2 *", skipImmediately: true`;
    const kept = await upWith(stack, backup("policy", scheduled));
    const schedule = await liveObject(
      east,
      "schedules",
      resourceIn(kept, "policy").outputs?.["scheduleName"],
    );
    expect(templateOf(schedule.spec)["resourcePolicy"]).toEqual({ kind: "ConfigMap", name });
    expect((await stack.refresh({ previewOnly: true, expectNoChanges: true })).ok).toBe(true);
    expect((await east.kubernetes.get(path))?.metadata["resourceVersion"]).toBe(
      made.metadata["resourceVersion"],
    );

    await east.kubernetes.delete(path);
    expect(resourceIn(await stack.refresh(), "policy").outputs).toMatchObject({
      message: expect.stringContaining(`ConfigMap velero/${name}, its resource policy, is not there`),
    });
    await share({ one: skips, other: skips });
    stack.change(LOCATION + backup("policy", `${scheduled}, csiSnapshotTimeout: "20m"`));
    const refused = await stack.preview();
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toContain("has 2 keys (one, other), and Velero wants exactly one");
    expect((await stack.destroy()).ok).toBe(true);
    expect((await east.kubernetes.get(path))?.["data"]).toEqual({ one: skips, other: skips });
  }, 120_000);

  test("of volumes that only a node agent can copy is sent as it is meant, with a word on what is missing", async () => {
    const { stack } = await begin(
      backup("copied", 'volumes: "fileCopy", uploaderConfig: { parallelFilesUpload: 4 }'),
    );
    const told = /no node agent runs in namespace "velero" of cluster "east"/;
    const preview = await stack.preview();
    expect(messagesOf(preview)).toMatch(told);
    expect(messagesOf(preview)).toContain("a password that stands in its source for everybody to read");
    const up = await upWith(stack);
    expect(messagesOf(up)).toMatch(told);
    const { spec } = await liveObject(east, "backups", resourceIn(up, "copied").outputs?.["backupName"]);
    expect(spec).toMatchObject({
      snapshotVolumes: false,
      defaultVolumesToFsBackup: true,
      uploaderConfig: { parallelFilesUpload: 4 },
    });
  });

  test("wrongly is refused in the preview, all of it at once", async () => {
    const { stack } = await begin(
      backup(
        "wrong",
        `includedResources: ["pods"], includedClusterScopedResources: ["nodes"],
         labelSelector: { matchLabels: { a: "b" } }, orLabelSelectors: [{ matchLabels: { a: "c" } }],
         excludedNamespaces: ["~/x/"], csiSnapshotTimeout: "10 minutes"`,
      ),
    );
    const preview = await stack.preview();
    expect(preview.ok).toBe(false);
    const complaints = complaintsIn(preview).join("\n");
    for (const expected of [
      /includedResources: is one of Velero's old filters, which do not go with the new ones \(includedClusterScopedResources\)/,
      /orLabelSelectors: does not go with labelSelector/,
      /excludedNamespaces\.0: leaves out already/,
      /csiSnapshotTimeout: "10 minutes" is not a Go duration/,
    ]) {
      expect(complaints).toMatch(expected);
    }
    expect(stepsOf(preview).filter((step) => step.endsWith(" wrong"))).toEqual([]);
  });
});
