import { expect, test } from "vitest";
import type { DeploymentResource, StackState } from "../engine/stack-state.ts";
import { testWithKubernetes } from "../engine/test-with-kubernetes.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { dataKeys, liveObject, markerAt, ownerOf, passingStack, secretOf, veleroObject } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, resourceIn, stackOn, stepsOf, veleroObjects, veleroPath } from "./stack.ts";

/** What docs/pulumi-options.md says of Pulumi's own options, tried. */
describeOnSandbox("Of Pulumi's own options", (sandbox) => {
  const east = sandbox.cluster("east");

  const location = (opts = "{}", args = "") =>
    `const location = new velero.BackupLocation("primary", { storage, clusters: { east }, ${args} }, ${opts});
     exports.location = location.clusters.east.locationName;`;
  const nightly = (opts = "{}", args = "", name = "nightly") =>
    `const nightly = new velero.ClusterBackup("${name}", {
       location, cluster: "east", schedule: "0 3 29 2 *", includedNamespaces: ["kube-public"], ttl: "24h", ${args}
     }, ${opts});
     exports.schedule = nightly.scheduleName;`;

  async function uidOf(kind: "schedules" | "backupstoragelocations", name: unknown): Promise<string> {
    return String((await liveObject(east, kind, name)).metadata.uid);
  }

  test("retainOnDelete of a backup leaves its Schedule, which it takes back, and another adopts once its label is off; a location that goes tells it", async () => {
    const kept = "{ retainOnDelete: true }";
    const both = location() + nightly(kept);
    const stack = await stackOn(sandbox, both);
    const up = await ok(stack.up());
    const { schedule } = up.outputs;
    const uid = await uidOf("schedules", schedule);

    stack.change(location());
    await ok(stack.up());
    expect(await uidOf("schedules", schedule)).toBe(uid);

    stack.change(both);
    const again = await ok(stack.up());
    expect(stepsOf(again)).toContain("create nightly");
    expect(again.outputs).toEqual(up.outputs);
    expect(await uidOf("schedules", schedule)).toBe(uid);
    await ok(stack.up({ refresh: true, expectNoChanges: true }));

    stack.change(location() + nightly(kept, `adopt: "${String(schedule)}"`, "daily"));
    const refused = await stack.up();
    expect(refused.ok).toBe(false);
    const [, object, label] =
      /kubectl -n velero label schedules\.velero\.io (\S+) (\S+)-\)/.exec(messagesOf(refused)) ?? [];
    expect(object, messagesOf(refused)).toBe(schedule);
    await east.kubernetes.patch(veleroPath("schedules", object), {
      metadata: { labels: { [String(label)]: null } },
    });
    const adopted = await ok(stack.up());
    expect(adopted.outputs["schedule"]).toBe(schedule);
    const live = await liveObject(east, "schedules", schedule);
    expect(live.metadata.uid).toBe(uid);
    expect(ownerOf(live)).toBe(resourceIn(adopted, "daily").urn);

    const destroyed = await ok(stack.destroy());
    expect(messagesOf(destroyed)).toContain(
      "goes although Schedules that this stack has made and no longer has in its state",
    );
    expect(messagesOf(destroyed)).toContain(`Schedule velero/${String(schedule)} of urn:`);
    expect(await uidOf("schedules", schedule)).toBe(uid);
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toEqual([]);
    await east.kubernetes.delete(veleroPath("schedules", String(schedule)));
  }, 240_000);

  test("retainOnDelete of everything leaves everything; the way back is adoptLineage, which the preview prints", async () => {
    const keep = "{ retainOnDelete: true }";
    const stack = await stackOn(sandbox, location(keep) + nightly(keep));
    const up = await ok(stack.up());
    const { schedule, location: name } = up.outputs;
    const uids = [await uidOf("schedules", schedule), await uidOf("backupstoragelocations", name)];
    const claim = await markerAt(sandbox, stack.bucket, "east");

    await ok(stack.destroy());
    expect([await uidOf("schedules", schedule), await uidOf("backupstoragelocations", name)]).toEqual(uids);
    expect(await secretOf(east, name)).toBeDefined();
    expect(await markerAt(sandbox, stack.bucket, "east")).toEqual(claim);

    const refused = await stack.preview();
    expect(refused.ok).toBe(false);
    const { lineage } = outputsOf(up, "primary");
    expect(messagesOf(refused)).toContain("has let go of it (retainOnDelete, deletedWith)");
    expect(messagesOf(refused)).toContain(`adoptLineage: "${String(lineage)}"`);

    stack.change(location("{}", `adoptLineage: "${String(lineage)}"`) + nightly());
    const back = await ok(stack.up());
    expect(back.outputs).toEqual(up.outputs);
    expect([await uidOf("schedules", schedule), await uidOf("backupstoragelocations", name)]).toEqual(uids);
    await ok(stack.destroy());
    expect(await veleroObject(east, "schedules", schedule)).toBeUndefined();
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toEqual([]);
  }, 240_000);

  test("parent, dependsOn, transformations, additionalSecretOutputs and ignoreChanges act as for any resource, and protect keeps all of it from a destroy and from a change that would replace it", async () => {
    const west = sandbox.cluster("west");
    const program = (clusters: string, { ttl = "24h", protect = true } = {}) =>
      `pulumi.runtime.registerStackTransformation(({ type, name, props, opts }) =>
         name === "after" ? { props: { ...props, ttl: "96h" }, opts } : undefined);
       class Team extends pulumi.ComponentResource {
         constructor(name) { super("acme:index:Team", name); }
       }
       const [parent, protect] = [new Team("team"), ${protect}];
       const location = new velero.BackupLocation("primary", { storage, clusters: ${clusters} }, { parent, protect });
       ${nightly(`{ parent, protect, additionalSecretOutputs: ["scheduleName"], ignoreChanges: ["ttl"] }`, `ttl: "${ttl}"`)}
       exports.after = new velero.ClusterBackup("after", {
         location, cluster: "east", schedule: "0 4 29 2 *", includedNamespaces: ["kube-public"],
       }, { dependsOn: nightly }).scheduleName;`;
    const stack = await stackOn(sandbox, program("{ east, west }"));
    const up = await ok(stack.up());
    const { schedule, after } = up.outputs;
    const templateOf = async (name: unknown) =>
      (await liveObject(east, "schedules", name)).spec?.["template"];
    expect(up.secretOutputs).toEqual(["schedule"]);
    expect(ownerOf(await liveObject(east, "schedules", schedule))).toContain("acme:index:Team$");
    expect(await templateOf(after)).toMatchObject({ ttl: "96h" });
    expect(resourceIn(up, "nightly").outputs?.["scheduleName"]).toMatchObject({
      ciphertext: expect.any(String),
    });
    expect(stepsOf(up).indexOf("create after")).toBeGreaterThan(stepsOf(up).indexOf("create nightly"));
    expect(resourceIn(up, "after").dependencies).toContain(resourceIn(up, "nightly").urn);

    stack.change(program("{ east, west }", { ttl: "48h" }));
    await ok(stack.up({ expectNoChanges: true }));
    expect(await templateOf(schedule)).toMatchObject({ ttl: "24h" });

    for (const clusters of ["{ east }", "{ east: { ...east, prefix: 'elsewhere' }, west }"]) {
      stack.change(program(clusters));
      const changed = await stack.up();
      expect(changed.ok).toBe(false);
      expect(messagesOf(changed)).toMatch(/protect/);
    }
    expect((await stack.destroy()).ok).toBe(false);
    expect(await veleroObject(east, "schedules", schedule)).toBeDefined();
    for (const cluster of [east, west])
      expect(await veleroObjects(cluster, "backupstoragelocations", stack)).toHaveLength(1);

    stack.change(program("{ east, west }", { protect: false }));
    await ok(stack.up());
    await ok(stack.destroy());
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toEqual([]);

    stack.change(location() + nightly(`{ ignoreChanges: ["*"], customTimeouts: { create: "1h" } }`));
    const refused = await stack.preview();
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toContain("Name the arguments");
    expect(messagesOf(refused)).toContain("Take the argument `timeouts`");
  }, 240_000);

  testWithKubernetes(
    "deletedWith asks nothing of any cluster when that resource goes, and leaves all that is in the store",
    async () => {
      const stack = await passingStack(
        sandbox,
        `const k8s = require("@pulumi/kubernetes");
       const provider = new k8s.Provider("cloud", { renderYamlToDirectory: "rendered" });
       const cluster = new k8s.core.v1.ConfigMap("cluster", {}, { provider });
       ${location("{ deletedWith: cluster }", `deletionPolicy: "delete"`)}
       ${nightly("{ deletedWith: cluster }", `deletionPolicy: "delete"`)}`,
      );
      const { schedule, location: name } = (await ok(stack.up())).outputs;
      const claim = await markerAt(sandbox, stack.bucket, "east");
      // The cluster does not even have to be there any more.
      const destroyed = await ok(
        stack.destroy({ env: { EAST_KUBECONFIG: undefined, MINIO_SECRET_KEY: undefined } }),
      );
      expect(destroyed.state.deployment.resources ?? []).toEqual([]);
      expect(await veleroObject(east, "schedules", schedule)).toBeDefined();
      expect(await veleroObject(east, "backupstoragelocations", name)).toBeDefined();
      expect(await markerAt(sandbox, stack.bucket, "east")).toEqual(claim);
      for (const [kind, object] of [
        ["schedules", schedule],
        ["backupstoragelocations", name],
      ] as const)
        await east.kubernetes.delete(veleroPath(kind, String(object)));
    },
  );

  test("replaceOnChanges takes another backup, keeps a Schedule and a location, and restores nothing again; deleteBeforeReplace leaves the stored backup", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const program = (timeout: string, ttl: string) => {
      const replaced = `{ replaceOnChanges: ["timeouts"] }`;
      const timeouts = `timeouts: { create: "${timeout}" },`;
      const of = `location, cluster: "east", includedNamespaces: ["${shop}"],`;
      return `${location(replaced, timeouts)}${nightly(replaced, timeouts)}
        const once = new velero.ClusterBackup("once", { ${of} ${timeouts} }, ${replaced});
        const back = new velero.Restore("back", {
          backup: once, cluster: "east", namespaceMapping: { "${shop}": "${shop}-back" }, ${timeouts}
        }, ${replaced});
        const first = new velero.ClusterBackup("first-deleted", {
          ${of} deletionPolicy: "delete", ttl: "${ttl}",
        }, { deleteBeforeReplace: true });
        exports.once = once.backupName;
        exports.firstDeleted = first.backupName;
        exports.restore = back.restoreName;
        exports.lineage = location.lineage;`;
    };
    const stack = await passingStack(sandbox, program("9m", "24h"));
    const up = await ok(stack.up());
    const { schedule, location: name, once, firstDeleted, restore, lineage } = up.outputs;
    const uids = [await uidOf("schedules", schedule), await uidOf("backupstoragelocations", name)];
    const stored = await dataKeys(sandbox, stack.bucket);

    stack.change(program("8m", "48h"));
    const changed = await ok(stack.up());
    expect(stepsOf(changed)).toEqual(
      expect.arrayContaining(
        ["primary", "nightly", "once", "back", "first-deleted"].map((each) => `create-replacement ${each}`),
      ),
    );
    expect(changed.outputs).toMatchObject({ schedule, location: name, lineage });
    expect([await uidOf("schedules", schedule), await uidOf("backupstoragelocations", name)]).toEqual(uids);
    expect(changed.outputs["once"]).not.toBe(once);
    expect(changed.outputs["firstDeleted"]).not.toBe(firstDeleted);
    expect(messagesOf(changed)).toContain(
      `backup ${String(firstDeleted)} is kept although deletionPolicy is "delete"`,
    );
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(expect.arrayContaining(stored));
    expect(changed.outputs["restore"]).toBe(restore);
    await ok(stack.up({ refresh: true, expectNoChanges: true }));
    await east.kubernetes.delete(`/api/v1/namespaces/${shop}-back`);
  }, 240_000);

  test("aliases may be URNs, and a stack that is renamed keeps what it has", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const once = (name: string, opts: string) =>
      `exports.once = new velero.ClusterBackup("${name}", {
         location, cluster: "east", includedNamespaces: ["${shop}"], deletionPolicy: "delete",
       }, ${opts}).backupName;`;
    const stack = await stackOn(sandbox, location() + once("once", "{}"));
    const up = await ok(stack.up());
    const stored = await dataKeys(sandbox, stack.bucket);
    const { urn } = resourceIn(up, "once");

    const program = location() + once("single", `{ aliases: ["${urn}"] }`);
    stack.change(program);
    const renamed = await ok(stack.up());
    expect(stepsOf(renamed)).toContain("update single");
    expect(renamed.outputs).toEqual(up.outputs);

    // As `pulumi stack rename` does it: in the URNs of the state, and nowhere else.
    const other = await stackOn(sandbox, program, { bucket: stack.bucket, backend: stack });
    await other.setState(withUrns(await stack.state(), stack.stack, other.stack));
    const after = await ok(other.up());
    expect(stepsOf(after).filter((step) => !/^(?:same|update) /.test(step))).toEqual([]);
    expect(after.outputs).toEqual(up.outputs);
    expect(ownerOf(await liveObject(east, "backups", up.outputs["once"]))).toBe(
      resourceIn(after, "single").urn,
    );
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);
    await ok(other.up({ expectNoChanges: true }));
    await ok(other.destroy());
    expect(await dataKeys(sandbox, stack.bucket)).toEqual([]);
  }, 240_000);
});

/** The state under another stack's name, changed where Pulumi changes it: in URNs of resources, not in their values. */
function withUrns({ version, deployment }: StackState, from: string, to: string): StackState {
  const moved = (urn: string): string =>
    urn
      .replaceAll(`urn:pulumi:${from}::`, `urn:pulumi:${to}::`)
      .replace(new RegExp(`(::pulumi:pulumi:Stack::.*)-${from}$`), `$1-${to}`);
  const resources = (deployment.resources ?? []).map(
    ({ dependencies, propertyDependencies, parent, provider, ...resource }): DeploymentResource => ({
      ...resource,
      urn: moved(resource.urn),
      ...(parent !== undefined && { parent: moved(parent) }),
      ...(provider !== undefined && { provider: moved(provider) }),
      ...(dependencies && { dependencies: dependencies.map(moved) }),
      ...(propertyDependencies && {
        propertyDependencies: Object.fromEntries(
          Object.entries(propertyDependencies).map(([key, urns]) => [key, urns.map(moved)]),
        ),
      }),
    }),
  );
  return { version, deployment: { ...deployment, resources } };
}
