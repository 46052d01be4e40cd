import { expect, test } from "vitest";
import { rbac } from "../../sdk/index.ts";
import { KubernetesError } from "../sandbox/kubernetes-client.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { accountWith } from "./account-with.ts";
import { apiGate } from "./api-gate.ts";
import { complaintsIn } from "./complaints.ts";
import { dataKeys, passingStack } from "./observe.ts";
import { contentsOf, namespaceIn, ok, outputsOf, restorePath } from "./restore-stack.ts";
import { nameOf, rightOf, rightsIn, without } from "./rights.ts";
import { messagesOf, stackOn, type Stack, stepsOf, veleroObjects, veleroPath } from "./stack.ts";

/** Of everything that asks a cluster for something, one. */
const ALL = `
  const { SHOP, TTL } = process.env;
  storage.minio.credentials = { static: { ...keys, sessionToken: { env: "TOKEN" } } };
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const { minio } = storage;
  const closed = new velero.BackupLocation("closed", {
    storage: { minio: { ...minio, prefix: "closed" } }, clusters: { east }, access: "none",
  });
  const common = { location, includedNamespaces: [SHOP], volumes: "none" };
  const resourcePolicy = { volumePolicies: [
    { conditions: { storageClass: ["none"] }, action: { type: "snapshot" } }, { conditions: {}, action: { type: "skip" } },
  ] };
  const once = new velero.ClusterBackup("once", { ...common, cluster: "east", deletionPolicy: "delete", resourcePolicy });
  new velero.ClusterBackup("nightly", {
    ...common, cluster: "east", includedNamespaces: ["/^" + SHOP + "$/"], volumes: "fileCopy", schedule: "0 3 29 2 *", ttl: TTL,
  });
  const all = new velero.WorkspaceBackup("all", { ...common, clusters: "all" }, { dependsOn: once });
  const unseen = new velero.ClusterBackup("unseen", { ...common, location: closed, cluster: "east" }, { dependsOn: all });
  const copy = new velero.Restore("copied", {
    backup: once, cluster: "east", namespaceMapping: { "*": "*-copy" }, storageClassMapping: { a: "b" }, verify: true,
  }, { dependsOn: unseen });
  new velero.Restore("drill", {
    backup: once, cluster: "east", namespaceMapping: { "*": "*-drill" }, drill: true,
  }, { dependsOn: copy });
  new velero.Restore("unseen-copy", {
    backup: unseen, cluster: "east", namespaceMapping: { "*": "*-unseen" },
  }, { dependsOn: copy });
  exports.backups = velero.getBackupsOutput({ location, cluster: "east" }, { dependsOn: all });
  exports.users = velero.getLocationUsersOutput({ location }, { dependsOn: copy });
`;

/** Rights that no ordinary run of these asks for, and when they are needed. */
const UNREACHED: Record<string, string> = {
  "patch configmaps":
    "where a killed run has begun a restore with rules, and in a location without a way to its store",
  "list backuprepositories.velero.io":
    "before a repositoryPassword is set, which would be every stack's here",
  "delete backuprepositories.velero.io": "where a location is erased that has repositories of file copies",
  "patch namespaces": "where Velero makes a namespace that a drill has not foreseen",
  "list podvolumerestores.velero.io": "in a drill of file copies",
  "list datadownloads.velero.io": "in a drill of data that was moved into the store",
  "patch persistentvolumes": "in a drill of volumes whose class retains them",
  "delete volumesnapshotcontents.snapshot.storage.k8s.io": "in a drill of snapshots",
};

/** What a preview says of a stack whose credentials lack a rule: by the kind that it is for. */
const NAMED: Record<string, RegExp> = {
  "backupstoragelocations.velero.io": /cannot list resource "backupstoragelocations"/,
  secrets:
    /may not get secrets, create secrets, patch secrets, delete secrets; an up with the same ones would fail/,
  configmaps: /may not get configmaps, create configmaps, patch configmaps, delete configmaps; an up/,
  "schedules.velero.io": /may not .*create schedules, patch schedules, delete schedules; an up/,
  "backups.velero.io": /may not .*create backups, patch backups, delete backups; an up/,
  "backuprepositories.velero.io": /may not list backuprepositories; an up/,
  "serverstatusrequests.velero.io":
    /may not create serverstatusrequests, list serverstatusrequests, delete serverstatusrequests; without it a Velero that is dead/,
  "deletebackuprequests.velero.io": /may not create deletebackuprequests, list deletebackuprequests; an up/,
  "downloadrequests.velero.io": /may not create downloadrequests, .*; without it Velero's own results/,
  "restores.velero.io": /may not .*create restores, patch restores, delete restores; an up/,
  "daemonsets.apps (node-agent, node-agent-windows)":
    /cannot be seen: these credentials may not get daemonsets/,
  "deployments.apps (velero)":
    /runs with its feature EnableCSI, .* cannot be seen: these credentials may not get the deployment velero/,
  "volumesnapshotlocations.velero.io":
    /may not list volumesnapshotlocations; without it a preview does not tell whether a snapshot can be taken/,
  "volumesnapshotclasses.snapshot.storage.k8s.io":
    /may not list volumesnapshotclasses; without it a preview does not tell whether a snapshot can be taken/,
  persistentvolumeclaims:
    /may not list persistentvolumeclaims; without it a preview does not tell what becomes of the claims/,
  persistentvolumes:
    /may not list persistentvolumes; without it a preview does not tell what becomes of the claims/,
  pods: /may not list pods; without it a preview does not tell what becomes of the claims/,
  "namespaces (kube-system, velero)": /cannot get resource "namespaces"/,
  "podvolumerestores.velero.io": /may not .*list podvolumerestores.*; an up/,
  "datadownloads.velero.io": /may not .*list datadownloads.*; an up/,
  namespaces: /may not list namespaces, create namespaces, patch namespaces, delete namespaces; an up/,
  "volumesnapshotcontents.snapshot.storage.k8s.io":
    /may not list volumesnapshotcontents, delete volumesnapshotcontents; without it VolumeSnapshotContents stay/,
  "customresourcedefinitions.apiextensions.k8s.io":
    /may not list customresourcedefinitions; without it a backup that lacks what was defined just before it/,
  "storageclasses.storage.k8s.io":
    /may not list storageclasses; without it storage classes that the cluster lacks/,
};

/** A cluster of each name, and something of everything there; nothing of it is ever made. */
const LACKING = `
  for (const name of process.env.NAMES.split(" ")) {
    const location = new velero.BackupLocation(name, {
      storage, repositoryPassword: "nobody gets it", clusters: { [name]: { kubeconfig: { env: name.toUpperCase() } } },
    });
    const of = { location, cluster: name };
    const resourcePolicy = { volumePolicies: [{ conditions: {}, action: { type: "snapshot" } }] };
    new velero.ClusterBackup(name + "-backup", {
      ...of, volumes: "fileCopy", deletionPolicy: "delete", schedule: "0 3 29 2 *", resourcePolicy,
    });
    new velero.Restore(name + "-drill", {
      backup: { location, from: name, backupName: "none" }, cluster: name, namespaceMapping: { "*": "*-drill" }, drill: true,
    });
  }`;

describeOnSandbox("With rights by velero.rbac", (sandbox) => {
  const east = sandbox.cluster("east");
  const given = rbac.provider();

  async function seeded(): Promise<string> {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    return shop;
  }

  async function freshKeys(): Promise<Record<string, string>> {
    const { accessKey, secretKey, sessionToken } = await sandbox.minio.temporaryCredentials();
    return { MINIO_ACCESS_KEY: accessKey, MINIO_SECRET_KEY: secretKey, TOKEN: sessionToken };
  }

  async function expectForbidden(call: Promise<unknown>): Promise<void> {
    const refusal = await call.catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(KubernetesError);
    expect(refusal).toMatchObject({ status: 403 });
  }

  test("and no others a stack of everything is previewed, made, looked at and removed, and needs each of them", async () => {
    const shop = await seeded();
    const { kubeconfig } = await accountWith(east, [given.role, given.clusterRole]);
    const gate = await apiGate({ ...east, kubeconfig });
    const stack = await stackOn(sandbox, ALL, {
      env: { SHOP: shop, TTL: "9000h", EAST_KUBECONFIG: gate.kubeconfig, ...(await freshKeys()) },
    });
    const preview = await ok(stack.preview());
    expect(messagesOf(preview)).not.toMatch(/may not|forbid/);
    const up = await ok(stack.up());
    expect(messagesOf(up)).not.toMatch(/may not|forbid/);
    expect(await contentsOf(east, `${shop}-copy`)).toEqual(await contentsOf(east, shop));
    expect(outputsOf(up, "drill")).toMatchObject({ phase: "Completed", health: "Healthy" });
    expect(await namespaceIn(east, `${shop}-drill`)).toBeUndefined();
    expect(up.outputs["backups"]).toHaveLength(2);
    await ok(stack.refresh({ expectNoChanges: true }));

    const rotated = await ok(stack.up({ env: { TTL: "9001h", ...(await freshKeys()) } }));
    expect(stepsOf(rotated)).toEqual(expect.arrayContaining(["update primary-east", "update nightly"]));

    const once = String(outputsOf(up, "once")["backupName"]);
    await expectBlindness(stack, shop, once);
    await ok(stack.destroy());
    expect((await dataKeys(sandbox, stack.bucket)).filter((key) => key.includes(`/${once}/`))).toEqual([]);
    expect(await veleroObjects(east, "schedules", stack)).toEqual([]);

    const asked = new Set(gate.requests.map(rightOf));
    const rights = rightsIn([...given.role.rules, ...given.clusterRole.rules]);
    // A watch begins only where the list before it has not told all.
    const isUsed = (right: string) => asked.has(right) || asked.has(right.replace(/^watch /, "list "));
    const idle = rights.filter((right) => right !== "list *.*" && !isUsed(right));
    expect(idle.toSorted()).toEqual(Object.keys(UNREACHED).toSorted());
    expect(asked).toContain("list deployments.apps");
  }, 400_000);

  /** Whoever may not list what was restored is told so by a preview, and refused a comparison before anything is restored. */
  async function expectBlindness(stack: Stack, shop: string, once: string): Promise<void> {
    const { kubeconfig } = await accountWith(east, [given.role, without(given.clusterRole, "*.*")]);
    const env = { EAST_KUBECONFIG: kubeconfig, ONCE: once };
    const blind = (args: string) =>
      stack.change(
        `${ALL} new velero.Restore("blind", { backup: { location, from: "east", backupName: process.env.ONCE }, cluster: "east", namespaceMapping: { "*": "*-blind" }, ${args} });`,
      );
    blind("verify: true");
    expect(messagesOf(await ok(stack.preview({ env })))).toMatch(
      /blind: the plan takes all configmaps, deployments\.apps, .*secrets.* for missing in cluster "east"/,
    );
    const refused = await stack.up({ env });
    expect(complaintsIn(refused)).toContainEqual(
      expect.stringMatching(
        /^verify: what would be restored into cluster "east" .*may not list configmaps, /,
      ),
    );
    expect(await namespaceIn(east, `${shop}-blind`)).toBeUndefined();
    blind("");
    expect(outputsOf(await ok(stack.up({ env })), "blind")).toMatchObject({ phase: "Completed" });
  }

  test("but for any one rule a preview names what is missing", async () => {
    const rules = [...given.role.rules, ...given.clusterRole.rules].map(nameOf);
    expect([...Object.keys(NAMED), "*.*"].toSorted()).toEqual(rules.toSorted());
    const names = new Map(Object.keys(NAMED).map((kind, index) => [kind, `c${index}`]));
    const env = await Promise.all(
      [...names].map(async ([kind, name]) => {
        // Who may list all kinds lists this one, too.
        const roles = [without(given.role, kind), without(without(given.clusterRole, "*.*"), kind)];
        return [name.toUpperCase(), (await accountWith(east, roles)).kubeconfig] as const;
      }),
    );
    const stack = await stackOn(sandbox, LACKING, {
      env: { NAMES: [...names.values()].join(" "), ...Object.fromEntries(env) },
    });
    const said = messagesOf(await ok(stack.preview())).split("\n");
    for (const [kind, name] of names) {
      const ofIt = said.filter((line) => new RegExp(`"${name}"|clusters\\.${name}\\b`).test(line)).join("\n");
      expect(ofIt, kind).toMatch(NAMED[kind]!);
    }
  });

  test("but for Secrets an up fails by Kubernetes' own words, and has changed nothing", async () => {
    const { kubeconfig } = await accountWith(east, [without(given.role, "secrets"), given.clusterRole]);
    const location = `new velero.BackupLocation("primary", { storage, clusters: { east } });`;
    const stack = await stackOn(sandbox, location, { env: { EAST_KUBECONFIG: kubeconfig } });
    expect(complaintsIn(await stack.up())).toEqual([
      expect.stringMatching(
        /^clusters\.east: cluster "east" forbids GET .*cannot get resource "secrets" .* in the namespace "velero"\. Give the kubeconfig's user the right/,
      ),
    ]);
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toEqual([]);
  });

  test("but for any watch a backup is waited for all the same; an operator takes backups and, if he may, restores them, and is refused all that loses one", async () => {
    const shop = await seeded();
    const unwatched = ({ rules, ...role }: rbac.RoleManifest): rbac.RoleManifest => ({
      ...role,
      rules: rules.map((rule) => ({ ...rule, verbs: rule.verbs.filter((verb) => verb !== "watch") })),
    });
    const { kubeconfig } = await accountWith(east, [unwatched(given.role), given.clusterRole]);
    const stack = await passingStack(
      sandbox,
      `const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
       new velero.ClusterBackup("once", { location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "none" });
       exports.name = location.clusters.east.locationName;`,
      { env: { SHOP: shop, EAST_KUBECONFIG: kubeconfig } },
    );
    const up = await ok(stack.up());
    expect(outputsOf(up, "once")).toMatchObject({ phase: "Completed" });
    const location = String(up.outputs["name"]);
    const operator = (await accountWith(east, [rbac.backupOperator()])).kubernetes;
    const restorer = (await accountWith(east, [rbac.backupOperator({ restore: true })])).kubernetes;
    const [backup, restore] = [uniqueName("by-hand"), uniqueName("by-hand")];
    const backupSpec = { storageLocation: location, includedNamespaces: [shop], snapshotVolumes: false };
    const restoreSpec = { backupName: backup, namespaceMapping: { [shop]: `${shop}-back` } };
    const make = (by: typeof operator, kind: "Backup" | "Restore", name: string, spec: object) =>
      by.create(`/apis/velero.io/v1/namespaces/velero/${kind.toLowerCase()}s`, {
        apiVersion: "velero.io/v1",
        kind,
        metadata: { name },
        spec: { ...spec },
      });
    const ended = (by: typeof operator, path: string) =>
      waitUntil(`${path} has ended`, async () => {
        const phase = String((await by.get(path))?.status?.["phase"] ?? "New");
        return /^(New|InProgress|Finalizing|Queued|ReadyToStart)$/.test(phase) ? undefined : phase;
      });

    await make(operator, "Backup", backup, backupSpec);
    expect(await ended(operator, veleroPath("backups", backup))).toBe("Completed");
    await expectForbidden(make(operator, "Restore", restore, restoreSpec));
    await make(restorer, "Restore", restore, restoreSpec);
    expect(await ended(restorer, restorePath(restore))).toBe("Completed");
    expect(await contentsOf(east, `${shop}-back`)).toEqual(await contentsOf(east, shop));

    const locationPath = veleroPath("backupstoragelocations", location);
    for (const by of [operator, restorer]) {
      expect(await by.get(locationPath)).toMatchObject({ metadata: { name: location } });
      await expectForbidden(by.delete(veleroPath("backups", backup)));
      await expectForbidden(by.patch(veleroPath("backups", backup), { status: { expiration: null } }));
      await expectForbidden(
        by.create(veleroPath("deletebackuprequests"), {
          apiVersion: "velero.io/v1",
          kind: "DeleteBackupRequest",
          metadata: { generateName: "by-hand-" },
          spec: { backupName: backup },
        }),
      );
      await expectForbidden(by.delete(restorePath(restore)));
      await expectForbidden(by.patch(locationPath, { spec: { accessMode: "ReadOnly" } }));
      await expectForbidden(by.delete(locationPath));
      await expectForbidden(
        by.create(veleroPath("backupstoragelocations"), {
          apiVersion: "velero.io/v1",
          kind: "BackupStorageLocation",
          metadata: { generateName: "by-hand-" },
          spec: { provider: "aws", objectStorage: { bucket: stack.bucket } },
        }),
      );
      await expectForbidden(by.list("/api/v1/namespaces/velero/secrets"));
      await expectForbidden(by.get(`/api/v1/namespaces/velero/secrets/${location}`));
    }
  });
});
