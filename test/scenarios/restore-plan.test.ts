import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { lookAtTarget } from "../../provider/kinds/restore/look-at-target.ts";
import { connect } from "../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../provider/kubernetes/connection.ts";
import type { ServedKind } from "../../provider/kubernetes/discovery.ts";
import { type Fate, fateOf, planOf } from "../../provider/restore-model/plan.ts";
import { type Selected, selectItems } from "../../provider/restore-model/choose-items.ts";
import type { RestoreOptions } from "../../provider/velero/restore-option-entries.ts";
import type { RestorePlan } from "../../model/restore-results.ts";
import { openMinio } from "../../provider/store/minio.ts";
import { readContents } from "../../provider/velero/backup-contents.ts";
import { UNKNOWN } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { apiGate } from "./api-gate.ts";
import { createBoundVolume } from "./bound-volume.ts";
import { createAll, deleteAll, mixture } from "./mixture.ts";
import { passingStack } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, stepsOf } from "./stack.ts";
import { storeGate } from "./store-gate.ts";
import { testSession } from "../unit/session.ts";

/** Of each namespace, how many of each kind. */
const SETS = 4;
const setsOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `app-${from + index}`);

/** What Velero's own list may say of an object that was judged so. One that is not in it: "". */
const OUTCOMES: Record<Fate, readonly string[]> = {
  create: ["created"],
  exists: ["skipped", "failed"],
  update: ["updated"],
  notRestorable: ["skipped"],
  missingKind: ["failed", ""],
};

describeOnSandbox("The plan of a Restore", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  /** Every object of the backup that these options take, and what is foreseen for it, by the product's pure parts. */
  async function foresee(
    cluster: SandboxCluster,
    { bucket, backupName }: { bucket: string; backupName: string },
    options: RestoreOptions,
  ): Promise<{ fates: Map<string, Fate>; plan: RestorePlan }> {
    const { accessKey: accessKeyId, secretKey: secretAccessKey, endpoint } = sandbox.minio;
    const credentials = { static: { accessKeyId, secretAccessKey } };
    const contents = await readContents(openMinio({ bucket, endpoint, credentials }), "east", backupName);
    const client = await connect(
      testSession(),
      { kubeconfig: cluster.kubeconfig },
      clusterLabel(cluster.name),
    );
    const choose = (kinds: readonly ServedKind[]) => ({ items: selectItems(contents, options, kinds) });
    const { chosen, ...target } = await lookAtTarget(client, choose, options);
    const { items } = chosen;
    return {
      fates: new Map(items.map((item) => [nameOf(item), fateOf(item, target, options)])),
      plan: planOf(items, target, options),
    };
  }

  test("agrees, object by object, with what the restore then does, and takes list calls alone; is not made where it would take a way to the store, or a cluster that does not answer in time, and says so", async () => {
    const names = Array.from({ length: 4 }, () => uniqueName("shop"));
    const [first = "", second = "", third = "", fourth = ""] = names;
    const all = names.flatMap((name) => setsOf(0, SETS).flatMap((set) => mixture(name, set)));
    await createAll(east, all);
    await createBoundVolume(east, fourth, "kept");
    const passing = await createBoundVolume(east, fourth, "passing");
    await east.kubernetes.patch(`/api/v1/persistentvolumes/${passing}`, {
      spec: { persistentVolumeReclaimPolicy: "Delete" },
    });
    const [inWest, atStore] = [await apiGate(west), await storeGate(sandbox)];
    const ours: string[] = [];
    atStore.refuse = ({ isVelero, method, path }) => {
      if (!isVelero) ours.push(`${method} ${path}`);
      return undefined;
    };
    const stack = await passingStack(sandbox, BACKED_UP, {
      env: {
        NAMESPACES: names.join(),
        WEST_KUBECONFIG: inWest.kubeconfig,
        MINIO_ENDPOINT: atStore.endpoint,
      },
    });
    const backupName = String(outputsOf(await ok(stack.up()), "all")["backupName"]);

    // In the target: some as they are in the backup, some other ones, and of some namespaces nothing.
    const into = (suffix: string, namespace: string) => [
      ...mixture(`${namespace}-${suffix}`, "app-0"),
      ...mixture(`${namespace}-${suffix}`, "app-1", { changed: true }),
    ];
    await createAll(west, [...into("left", first), ...into("left", second), ...into("patched", first)]);
    // In place: some are gone, some were changed since, and most are as they were.
    await deleteAll(east, mixture(third, "app-0"));
    const changed = mixture(third, "app-1", { changed: true });
    for (const { collection, object } of changed.filter(({ kind }) => !FIXED.includes(kind))) {
      const { metadata, apiVersion: _version, kind: _kind, ...content } = object;
      await east.kubernetes.patch(`${collection}/${metadata.name}`, content as Record<string, unknown>);
    }

    const restores: Record<string, { cluster: "east" | "west" } & RestoreOptions> = {
      left: { cluster: "west", existingResourcePolicy: "none", namespaceMapping: { "*": "*-left" } },
      patched: {
        cluster: "west",
        existingResourcePolicy: "update",
        namespaceMapping: { "*": "*-patched" },
        includedNamespaces: [first, second],
        excludedResources: ["secrets", "deploy", "pods"],
        labelSelector: { matchExpressions: [{ key: "app", operator: "NotIn", values: ["app-3"] }] },
      },
      inPlace: { cluster: "east", existingResourcePolicy: "update", includedNamespaces: [third] },
    };
    const program = (base: string) =>
      base +
      Object.entries(restores)
        .map(
          ([name, args]) =>
            `exports.${name} = new velero.Restore("${name}", { backup, ...${JSON.stringify(args)} }).plan;`,
        )
        .join("\n");

    stack.change(program(BACKED_UP));
    inWest.requests.length = 0;
    ours.length = 0;
    const preview = await ok(stack.preview());
    const asked = inWest.requests.filter(({ path }) => !path.includes("/apis/authorization.k8s.io/"));
    expect([...new Set(asked.map(({ method }) => method))]).toEqual(["GET"]);
    expect(asked.filter(({ path }) => path.includes("watch=")).map(({ path }) => path)).toEqual([]);
    // Kinds times namespaces, and never one by one.
    expect(asked.filter(({ path }) => path.includes("/app-"))).toEqual([]);
    expect(asked.length).toBeLessThan(300);
    expect(ours.filter((line) => !line.startsWith("GET "))).toEqual([]);

    const foreseen = Object.entries(restores).map(async ([name, { cluster, ...options }]) => {
      const target = sandbox.cluster(cluster);
      return [name, await foresee(target, { bucket: stack.bucket, backupName }, options)] as const;
    });
    const judged = Object.fromEntries(await Promise.all(foreseen));
    expect(preview.outputs).toMatchObject(
      Object.fromEntries(Object.entries(judged).map(([name, { plan }]) => [name, plan])),
    );
    const fates = Object.values(judged).flatMap((each) => [...each.fates.values()]);
    expect(new Set(fates)).toEqual(new Set(["create", "exists", "update", "notRestorable"]));

    const up = await ok(stack.up());
    const wrong: string[] = [];
    let objects = 0;
    for (const [name, { fates: expected }] of Object.entries(judged)) {
      const { restoreName } = outputsOf(up, name);
      const actual = await restoredObjects(sandbox, stack.bucket, "east", restoreName);
      for (const object of new Set([...expected.keys(), ...actual.keys()])) {
        objects += 1;
        const [fate, action = ""] = [expected.get(object), actual.get(object)];
        // A namespace that is there already is in no list.
        if (fate === "exists" && action === "" && object.startsWith("v1/Namespace ")) continue;
        if (fate && OUTCOMES[fate].includes(action)) continue;
        wrong.push(`${name}: ${object} was to be ${fate ?? "left out"} and is ${action || "not listed"}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(objects).toBeGreaterThan(350);

    // Nothing has changed: no plan is made, and nobody is asked.
    inWest.requests.length = 0;
    ours.length = 0;
    const again = await ok(stack.preview({ expectNoChanges: true }));
    expect(stepsOf(again)).toContain("same left");
    expect([inWest.requests, ours]).toEqual([[], []]);
    expect(messagesOf(again)).not.toContain("plan");

    // It is not made where it would take a way to the store, or a cluster that does not answer in time, and says so.
    const copy = `exports.plan = new velero.Restore("copy", { backup, cluster: "west", namespaceMapping: { "*": "*-copy" } }).plan;`;
    stack.change(program(BACKED_UP.replace("storage,", 'storage, access: "none",')) + copy);
    const blind = await ok(stack.preview());
    expect(blind.outputs["plan"]).toBe(UNKNOWN);
    expect(messagesOf(blind)).toContain(
      "copy: no plan: this program has no way to the store (`access`), and cannot see what the backup holds",
    );

    stack.change(program(BACKED_UP) + copy);
    inWest.onRequest = ({ path }) =>
      path.includes("/configmaps") ? new Promise<void>(() => undefined) : Promise.resolve();
    const late = await ok(stack.preview());
    expect(late.outputs["plan"]).toBe(UNKNOWN);
    expect(messagesOf(late)).toMatch(
      /copy: no plan: clusters\.west\.kubeconfig: cluster "west" does not answer/,
    );
    expect(late.durationMs).toBeLessThan(60_000);
  }, 360_000);
});

const BACKED_UP = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east, west: { ...west, reads: ["east"] } } });
  const backup = new velero.ClusterBackup("all", {
    location, cluster: "east", includedNamespaces: process.env.NAMESPACES.split(","), volumes: "none",
  });
`;

/** Kinds that an API server lets nobody change. */
const FIXED = ["Job", "PersistentVolumeClaim"];

/** As Velero's list calls it: `apps/v1/Deployment shop/web`. */
function nameOf({ resource, object, intoNamespace, name }: Selected): string {
  const kind = resource === "namespaces" ? "v1/Namespace" : `${object.apiVersion}/${object.kind}`;
  return `${kind} ${intoNamespace === undefined ? "" : `${intoNamespace}/`}${name}`;
}

/** What Velero did with each object of a restore, from its own list in the store: `v1/Secret shop/keys` → `created`. */
async function restoredObjects(
  { minio }: Sandbox,
  bucket: string,
  prefix: string,
  restore: unknown,
): Promise<Map<string, string>> {
  const key = `${prefix}/restores/${String(restore)}/restore-${String(restore)}-resource-list.json.gz`;
  const file = gunzipSync(await buffer(await minio.client().getObject(bucket, key))).toString("utf8");
  const lists = JSON.parse(file) as Record<string, string[]>;
  return new Map(
    Object.entries(lists).flatMap(([kind, entries]) =>
      entries.map((entry) => {
        const [, object = "", action = ""] = /^(.*)\((\w*)\)$/.exec(entry) ?? [];
        return [`${kind} ${object}`, action] as const;
      }),
    ),
  );
}
