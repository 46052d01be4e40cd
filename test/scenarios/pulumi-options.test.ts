import { expect, test } from "vitest";
import type { DeploymentResource, StackState } from "../engine/stack-state.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { dataKeys, liveObject, markerAt, ownerOf, passingStack, secretOf, veleroObject } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, resourceIn, stepsOf, veleroObjects, veleroPath } from "./stack.ts";

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

  async function shopWith(objects: number): Promise<string> {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects });
    return shop;
  }

  test("retainOnDelete of a backup leaves its Schedule, which the resource takes back; a location that goes tells it", async () => {
    const both = location() + nightly("{ retainOnDelete: true }");
    const stack = await passingStack(sandbox, both);
    const up = await ok(stack.up());
    const { schedule } = up.outputs;
    const uid = await uidOf("schedules", schedule);

    stack.change(location());
    await ok(stack.up());
    expect(await uidOf("schedules", schedule)).toBe(uid);

    stack.change(both);
    await ok(stack.preview());
    const again = await ok(stack.up());
    expect(stepsOf(again)).toContain("create nightly");
    expect(again.outputs).toEqual(up.outputs);
    expect(await uidOf("schedules", schedule)).toBe(uid);
    await ok(stack.up({ expectNoChanges: true }));
    await ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));

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
    const stack = await passingStack(sandbox, location(keep) + nightly(keep));
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
  });

  test("what another resource was made to leave is adopted once its label is off, as the refusal says", async () => {
    const stack = await passingStack(sandbox, location() + nightly("{ retainOnDelete: true }"));
    const { schedule } = (await ok(stack.up())).outputs;
    stack.change(location());
    await ok(stack.up());
    const uid = await uidOf("schedules", schedule);

    stack.change(location() + nightly("{}", `adopt: "${String(schedule)}"`, "daily"));
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
  });

  test("protect keeps a location, its clusters and a backup from a destroy and from a change that would replace them", async () => {
    const west = sandbox.cluster("west");
    const guarded = (clusters: string, opts: string) =>
      `const location = new velero.BackupLocation("primary", { storage, clusters: ${clusters} }, ${opts});` +
      nightly(opts);
    const stack = await passingStack(sandbox, guarded("{ east, west }", "{ protect: true }"));
    const { schedule } = (await ok(stack.up())).outputs;

    stack.change(guarded("{ east }", "{ protect: true }"));
    const left = await stack.up();
    expect(left.ok).toBe(false);
    expect(messagesOf(left)).toMatch(/protect/);
    expect(await veleroObjects(west, "backupstoragelocations", stack)).toHaveLength(1);

    stack.change(guarded("{ east: { ...east, prefix: 'elsewhere' }, west }", "{ protect: true }"));
    const moved = await stack.up();
    expect(moved.ok).toBe(false);
    expect(messagesOf(moved)).toMatch(/protect/);

    const destroyed = await stack.destroy();
    expect(destroyed.ok).toBe(false);
    expect(await veleroObject(east, "schedules", schedule)).toBeDefined();
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toHaveLength(1);

    stack.change(guarded("{ east, west }", "{ protect: false }"));
    await ok(stack.up());
    await ok(stack.destroy());
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toEqual([]);
  });

  test("deletedWith asks nothing of any cluster when that resource goes, and leaves all that is in the store", async () => {
    const stack = await passingStack(
      sandbox,
      `const k8s = require("@pulumi/kubernetes");
       const provider = new k8s.Provider("cloud", { kubeconfig: "apiVersion: v1" });
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
  });

  test("replaceOnChanges takes another backup, keeps a Schedule and a location, and restores nothing again", async () => {
    const shop = await shopWith(4);
    const program = (timeout: string) => {
      const replaced = `{ replaceOnChanges: ["timeouts"] }`;
      const timeouts = `timeouts: { create: "${timeout}" },`;
      return `${location(replaced, timeouts)}${nightly(replaced, timeouts)}
        const once = new velero.ClusterBackup("once", {
          location, cluster: "east", includedNamespaces: ["${shop}"], ${timeouts}
        }, ${replaced});
        const back = new velero.Restore("back", {
          backup: once, cluster: "east", namespaceMapping: { "${shop}": "${shop}-back" }, ${timeouts}
        }, ${replaced});
        exports.once = once.backupName;
        exports.restore = back.restoreName;
        exports.lineage = location.lineage;`;
    };
    const stack = await passingStack(sandbox, program("9m"));
    const up = await ok(stack.up());
    const { schedule, location: name, once, restore, lineage } = up.outputs;
    const uids = [await uidOf("schedules", schedule), await uidOf("backupstoragelocations", name)];
    const stored = await dataKeys(sandbox, stack.bucket);

    stack.change(program("8m"));
    const changed = await ok(stack.up());
    expect(stepsOf(changed)).toEqual(
      expect.arrayContaining(
        ["primary", "nightly", "once", "back"].map((each) => `create-replacement ${each}`),
      ),
    );
    expect(changed.outputs).toMatchObject({ schedule, location: name, lineage });
    expect([await uidOf("schedules", schedule), await uidOf("backupstoragelocations", name)]).toEqual(uids);
    expect(changed.outputs["once"]).not.toBe(once);
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(expect.arrayContaining(stored));
    expect(changed.outputs["restore"]).toBe(restore);
    await ok(stack.up({ expectNoChanges: true }));
    await ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));
    await east.kubernetes.delete(`/api/v1/namespaces/${shop}-back`);
  }, 240_000);

  test("deleteBeforeReplace leaves the stored backup that was there, and takes another", async () => {
    const shop = await shopWith(4);
    const program = (ttl: string) => `${location()}
      const once = new velero.ClusterBackup("once", {
        location, cluster: "east", includedNamespaces: ["${shop}"], deletionPolicy: "delete", ttl: "${ttl}",
      }, { deleteBeforeReplace: true });
      exports.once = once.backupName;`;
    const stack = await passingStack(sandbox, program("24h"));
    const { once } = (await ok(stack.up())).outputs;
    const stored = await dataKeys(sandbox, stack.bucket);
    stack.change(program("48h"));
    const changed = await ok(stack.up());
    expect(messagesOf(changed)).toContain(
      `backup ${String(once)} is kept although deletionPolicy is "delete"`,
    );
    expect(changed.outputs["once"]).not.toBe(once);
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(expect.arrayContaining(stored));
  });

  test("ignoreChanges keeps what is declared for a backup; a location and everything at once refuse it", async () => {
    const program = (ttl: string) => location() + nightly(`{ ignoreChanges: ["ttl"] }`, `ttl: "${ttl}"`);
    const stack = await passingStack(sandbox, program("24h"));
    const { schedule } = (await ok(stack.up())).outputs;
    stack.change(program("48h"));
    await ok(stack.up({ expectNoChanges: true }));
    const template = (await liveObject(east, "schedules", schedule)).spec?.["template"];
    expect(template).toMatchObject({ ttl: "24h" });

    for (const [body, words] of [
      [
        location(`{ ignoreChanges: ["storage"] }`),
        "its clusters and backups would take the changed storage all the same",
      ],
      [location() + nightly(`{ ignoreChanges: ["*"] }`), "Name the arguments"],
      [
        location() + nightly(`{ import: "velero/nightly" }`),
        'taken over by the argument `adopt: "<its name>"`',
      ],
      [location() + nightly(`{ customTimeouts: { create: "1h" } }`), "Take the argument `timeouts`"],
    ] as const) {
      stack.change(body);
      const refused = await stack.preview();
      expect(refused.ok).toBe(false);
      expect(messagesOf(refused)).toContain(words);
    }
  });

  test("additionalSecretOutputs, dependsOn, parent and transformations do what they do for any resource", async () => {
    const stack = await passingStack(
      sandbox,
      `pulumi.runtime.registerStackTransformation(({ type, props, opts }) =>
         type.endsWith("velero:ClusterBackup") ? { props: { ...props, ttl: "96h" }, opts } : undefined);
       class Team extends pulumi.ComponentResource {
         constructor(name) { super("acme:index:Team", name); }
       }
       const team = new Team("team");
       ${location("{ parent: team }")}
       ${nightly(`{ parent: team, additionalSecretOutputs: ["scheduleName"] }`)}
       new velero.ClusterBackup("after", {
         location, cluster: "east", schedule: "0 4 29 2 *", includedNamespaces: ["kube-public"],
       }, { dependsOn: nightly });`,
    );
    const up = await ok(stack.up());
    expect(up.secretOutputs).toEqual(["schedule"]);
    const live = await liveObject(east, "schedules", up.outputs["schedule"]);
    expect(live.spec?.["template"]).toMatchObject({ ttl: "96h" });
    expect(ownerOf(live)).toContain("acme:index:Team$");
    expect(resourceIn(up, "nightly").outputs?.["scheduleName"]).toMatchObject({
      ciphertext: expect.any(String),
    });
    expect(stepsOf(up).indexOf("create after")).toBeGreaterThan(stepsOf(up).indexOf("create nightly"));
    expect(resourceIn(up, "after").dependencies).toContain(resourceIn(up, "nightly").urn);
    await ok(stack.up({ expectNoChanges: true }));
  });

  test("aliases may be URNs, and a stack that is renamed keeps what it has", async () => {
    const shop = await shopWith(4);
    const once = (name: string, opts: string) =>
      `exports.once = new velero.ClusterBackup("${name}", {
         location, cluster: "east", includedNamespaces: ["${shop}"], deletionPolicy: "delete",
       }, ${opts}).backupName;`;
    const stack = await passingStack(sandbox, location() + once("once", "{}"));
    const up = await ok(stack.up());
    const stored = await dataKeys(sandbox, stack.bucket);
    const { urn } = resourceIn(up, "once");

    const program = location() + once("single", `{ aliases: ["${urn}"] }`);
    stack.change(program);
    const renamed = await ok(stack.up());
    expect(stepsOf(renamed)).toContain("update single");
    expect(renamed.outputs).toEqual(up.outputs);

    // As `pulumi stack rename` does it: in the URNs of the state, and nowhere else.
    const other = await passingStack(sandbox, program, { bucket: stack.bucket, backend: stack });
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
    const { version, deployment } = await stack.state();
    await stack.setState({ version, deployment: { ...deployment, resources: [] } });
  });
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
