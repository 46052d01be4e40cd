import { afterAll, beforeAll, expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { type ApiGate, apiGate, type ApiRequest } from "./api-gate.ts";
import { incarnationOf } from "./observe.ts";
import { contentsOf, modifiersOf, namespaceIn, ok, outputsOf, restoresOf } from "./restore-stack.ts";
import { type Stack, stackOn } from "./stack.ts";

const base = `
  const { SMALL, LARGE } = process.env;
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const backup = new velero.ClusterBackup("all", { location, cluster: "east", includedNamespaces: [SMALL, LARGE], volumes: "none" });
  const restore = (name, args) => new velero.Restore(name, {
    backup, cluster: "east", includedNamespaces: [SMALL], namespaceMapping: { "*": "*-" + name }, ...args,
  });
`;

// Rules are a ConfigMap, which comes before the Restore.
const begun = `
  restore("before", { resourceModifiers: [{
    conditions: { groupResource: "configmaps" },
    mergePatches: [{ patchData: JSON.stringify({ data: { greeting: "hello from before" } }) }],
  }] });
  restore("lost"); restore("roomed", { drill: true });
`;
const further = (month: string) => `
  ${begun}
  restore("ended"); restore("settled"); restore("cleared", { drill: true });
  restore("left", { drill: true, triggers: ["${month}"] });
  restore("running", { includedNamespaces: [LARGE] });
`;
const last = `${further("December")} restore("engine");`;

const isBeginning = (name: string) => (asked: ApiRequest) =>
  asked.method === "POST" &&
  asked.path.endsWith("/restores") &&
  (JSON.parse(asked.body) as KubernetesObject).metadata.name.startsWith(`${name}-`);
const isSettling = (name: string) => (asked: ApiRequest) =>
  asked.method === "PATCH" && asked.path.includes(`/restores/${name}-`);
const isClearing = (name: string) => (asked: ApiRequest) =>
  asked.method === "DELETE" && /\/namespaces\/[^/]+$/.test(asked.path) && asked.path.endsWith(`-${name}`);

/** A request that a run stands still at: before the cluster has it, or when it has done it and nobody knows. */
interface Point {
  at: (asked: ApiRequest) => boolean;
  isDone?: true;
}

// A sandbox of their own: restores of other tests would be run before these.
describeOnSandbox("An up of a Restore that is killed", () => {
  let sandbox: Sandbox;
  let east: SandboxCluster;
  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ["east"] });
    east = sandbox.cluster("east");
  });
  afterAll(() => sandbox.stop());

  /** Lets a run come to all of the points. Gives the names of those that it has come to. */
  function holdAt(gate: ApiGate, points: Record<string, Point>): Set<string> {
    const reached = new Set<string>();
    const hold = (isDone: boolean) => async (asked: ApiRequest) => {
      const found = Object.entries(points).find(
        ([, point]) => (point.isDone ?? false) === isDone && point.at(asked),
      );
      if (!found) return;
      reached.add(found[0]);
      await new Promise<void>(() => undefined);
    };
    gate.onRequest = hold(false);
    gate.onAnswer = hold(true);
    return reached;
  }

  function letPass(gate: ApiGate): void {
    gate.onRequest = async () => undefined;
    gate.onAnswer = async () => undefined;
  }

  const all = (reached: Set<string>, points: object) =>
    waitUntil(
      "the run stands at all points",
      async () => reached.size === Object.keys(points).length || undefined,
    );

  /** By name of the resource. More than one of a name: an error. */
  async function begunBy(stack: Stack): Promise<Record<string, KubernetesObject>> {
    const restores = await restoresOf(east, stack);
    const named = restores.map((restore) => [restore.metadata.name.split("-")[0] ?? "", restore] as const);
    expect(new Set(named.map(([name]) => name)).size).toBe(restores.length);
    return Object.fromEntries(named);
  }

  test("before, while, when and after it restores goes on with what was begun: each restores once", async () => {
    const [small, large] = [await createNamespace(east, "small"), await createNamespace(east, "large")];
    await seedNamespace(east, small, { objects: 4 });
    await seedNamespace(east, large, { objects: 300 });
    const gate = await apiGate(east);
    const stack = await stackOn(sandbox, base, {
      env: { SMALL: small, LARGE: large, EAST_KUBECONFIG: gate.kubeconfig },
    });
    await ok(stack.up());

    const first: Record<string, Point> = {
      before: { at: isBeginning("before") },
      lost: { at: isBeginning("lost"), isDone: true },
      roomed: { at: isBeginning("roomed") },
    };
    stack.change(base + begun);
    let reached = holdAt(gate, first);
    let run = stack.start("up");
    await all(reached, first);
    await run.killProvider();
    expect((await run.result).ok).toBe(false);
    letPass(gate);
    expect(await modifiersOf(east, stack)).toHaveLength(2);
    // A drill has made its room, marked so that the next up finds it, and no backup takes it up.
    expect((await namespaceIn(east, `${small}-roomed`))?.metadata.labels).toMatchObject({
      "pulumi-velero.io/drill": "true",
      "velero.io/exclude-from-backup": "true",
    });
    const { lost, ...none } = await begunBy(stack);
    expect([lost?.metadata.name, none]).toEqual([expect.any(String), {}]);

    const second: Record<string, Point> = {
      ended: { at: isSettling("ended") },
      settled: { at: isSettling("settled"), isDone: true },
      cleared: { at: isClearing("cleared") },
      left: { at: isSettling("left") },
    };
    stack.change(base + further("November"));
    reached = holdAt(gate, second);
    const { onRequest } = gate;
    gate.onRequest = async (asked) => {
      // The large one comes last: what is restored meanwhile waits for it.
      if (isBeginning("running")(asked)) await all(reached, second);
      await onRequest(asked);
    };
    run = stack.start("up");
    await all(reached, second);
    const { left, ...known } = await waitUntil(
      "the large one is under way",
      async () => {
        const restores = await begunBy(stack);
        return restores["running"]?.status?.["phase"] === "InProgress" ? restores : undefined;
      },
      { intervalMs: 20 },
    );
    await run.killProvider();
    expect((await run.result).ok).toBe(false);
    letPass(gate);
    for (const [name, settled] of Object.entries({ ended: undefined, settled: "true", cleared: "true" })) {
      expect(known[name]?.status).toMatchObject({ phase: "Completed" });
      expect(known[name]?.metadata.labels?.["pulumi-velero.io/settled"]).toBe(settled);
    }
    for (const name of ["cleared", "left"])
      expect(await namespaceIn(east, `${small}-${name}`), name).toBeDefined();
    // The drill of another month goes on with nothing, and clears what the killed one has made.
    stack.change(base + further("December"));
    await ok(stack.up());
    expect((await begunBy(stack))["left"]?.metadata.uid).not.toBe(left?.metadata.uid);

    const third = { engine: { at: isSettling("engine") } };
    stack.change(base + last);
    reached = holdAt(gate, third);
    run = stack.start("up");
    await all(reached, third);
    await run.killEngine();
    letPass(gate);
    await stack.cancel();
    const up = await ok(stack.up());

    const restores = await begunBy(stack);
    // A drill makes its namespace itself.
    const created: Record<string, number> = { running: 301, cleared: 4, left: 4, roomed: 4 };
    expect(Object.keys(restores).toSorted()).toEqual(
      ["before", "cleared", "ended", "engine", "left", "lost", "roomed", "running", "settled"].toSorted(),
    );
    for (const [name, restore] of Object.entries(restores)) {
      const outputs = outputsOf(up, name);
      expect(outputs, name).toMatchObject({
        phase: "Completed",
        health: "Healthy",
        restoreName: restore.metadata.name,
        backupName: outputsOf(up, "all")["backupName"],
        created: created[name] ?? 5,
        failed: 0,
      });
      expect(outputs, name).not.toHaveProperty("unfinished");
      expect(incarnationOf(restore), name).toBe(outputs["incarnation"]);
      expect(known[name]?.metadata.uid ?? restore.metadata.uid, name).toBe(restore.metadata.uid);
    }
    expect(lost?.metadata.uid).toBe(restores["lost"]?.metadata.uid);
    // Velero keeps a folder for each restore that it has ever run.
    const folders = (await sandbox.minio.objectKeys(stack.bucket, "east/restores/")).map(
      (key) => key.split("/")[2],
    );
    expect([...new Set(folders)].toSorted()).toEqual(
      Object.values(restores)
        .map(({ metadata }) => metadata.name)
        .toSorted(),
    );
    for (const name of ["cleared", "left", "roomed"]) {
      expect(outputsOf(up, name), name).toMatchObject({ verified: 5 });
      expect(await namespaceIn(east, `${small}-${name}`), name).toBeUndefined();
    }
    expect(await contentsOf(east, `${large}-running`)).toHaveLength(300);
    const changed = await east.kubernetes.get(`/api/v1/namespaces/${small}-before/configmaps/app-1`);
    expect(changed).toMatchObject({ data: { greeting: "hello from before" } });

    await ok(stack.up({ refresh: true, expectNoChanges: true }));
    await ok(stack.destroy());
    expect([await restoresOf(east, stack), await modifiersOf(east, stack)]).toEqual([[], []]);
    expect(await sandbox.minio.objectKeys(stack.bucket, "east/restores/")).toEqual([]);
  }, 240_000);
});
