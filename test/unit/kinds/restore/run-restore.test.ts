import { beforeEach, describe, expect, test, vi } from "vitest";
import type { KubernetesClient } from "../../../../provider/kubernetes/client.ts";
import { KubernetesError } from "../../../../provider/kubernetes/kubernetes-error.ts";
import { configMaps, restores } from "../../../../provider/kubernetes/resources.ts";
import { stampOf } from "../../../../provider/core/identity.ts";
import {
  awaitRestore,
  beginRestore,
  findRestore,
  modifiersNameOf,
  restoreRequestHash,
} from "../../../../provider/kinds/restore/run-restore.ts";
import type { RestoreOutputs } from "../../../../provider/schemas/restore.ts";
import type { RestoreInCluster } from "../../../../provider/kinds/restore/part.ts";
import type { Restore } from "../../../../provider/velero/types.ts";
import { memoryCluster } from "../backup/memory-cluster.ts";
import { NOW } from "../backup/state.ts";
import { BACKUP, OWNER, partWith, restoreOf } from "./state.ts";

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const NAME = "back-west-0a1b2c3d-20261123120000";
const mapped: Partial<RestoreOutputs> = { storageClassMapping: { gp2: "premium" } };

function velero() {
  const cluster = memoryCluster();
  const reported: object[] = [];
  const report = (found: object) => void reported.push(found);
  return {
    ...cluster,
    reported,
    begin: (part: RestoreInCluster = partWith(), now = NOW, client: KubernetesClient = cluster.client) =>
      beginRestore(client, part, { backupName: BACKUP, namespaces: ["shop", "billing"], now, report }),
    names: () => cluster.all(restores).map(({ metadata }) => metadata.name),
  };
}

describe("A restore is begun", () => {
  test("under a name that says its time, with labels by which it is found again", async () => {
    const { begin, client, at } = velero();
    const made = await begin(partWith({ namespaceMapping: { "*": "*-copy" } }));
    const part = partWith({ namespaceMapping: { "*": "*-copy" } });
    const { labels, annotations } = stampOf(part);
    expect(made.metadata).toMatchObject({
      name: NAME,
      namespace: "velero",
      labels: { ...labels, "pulumi-velero.io/request": restoreRequestHash(part) },
      annotations,
    });
    expect(made.spec).toEqual({
      backupName: BACKUP,
      namespaceMapping: { shop: "shop-copy", billing: "billing-copy" },
    });
    expect(at(restores, NAME)).not.toHaveProperty("status");
    expect((await findRestore(client, part))?.metadata.name).toBe(NAME);
  });

  test("after its ConfigMap, which has its rules under one key", async () => {
    const { begin, writes, all, reported } = velero();
    const { spec } = await begin(partWith(mapped));
    const name = modifiersNameOf(partWith(mapped));
    expect(writes).toEqual([`create ConfigMap ${name}`, `create Restore ${NAME}`]);
    expect(spec.resourceModifier).toEqual({ kind: "ConfigMap", name });
    expect(reported).toEqual([{ modifiersName: name }]);
    const [rules] = all(configMaps) as { metadata: object; data?: Record<string, string> }[];
    expect(rules?.metadata).toMatchObject({ namespace: "velero", ...stampOf(partWith()) });
    const [content, ...more] = Object.values(rules?.data ?? {});
    expect(more).toEqual([]);
    expect(JSON.parse(content ?? "")).toMatchObject({
      version: "v1",
      resourceModifierRules: expect.arrayContaining([
        expect.objectContaining({
          conditions: expect.objectContaining({ groupResource: "persistentvolumes" }),
        }),
      ]),
    });
  });

  test("with no ConfigMap where it has no rules", async () => {
    const { begin, writes } = velero();
    await begin();
    expect(writes).toEqual([`create Restore ${NAME}`]);
  });
});

describe("The ConfigMap with the rules", () => {
  test("has the same name at each try, so that a killed one leaves none behind", async () => {
    const { begin, all } = velero();
    await begin(partWith(mapped));
    await begin(partWith({ ...mapped, incarnation: "ffff" }), new Date(NOW.getTime() + 1_000));
    expect(all(configMaps)).toHaveLength(1);
    expect(all(restores)).toHaveLength(2);
    expect(all(configMaps)[0]?.metadata.labels).toMatchObject({ "pulumi-velero.io/incarnation": "ffff" });
  });

  test("is another for other rules, and fits where a name has to fit", () => {
    const name = modifiersNameOf(partWith(mapped));
    expect(modifiersNameOf(partWith({ storageClassMapping: { gp2: "other" } }))).not.toBe(name);
    expect(modifiersNameOf(partWith({ ...mapped, triggers: [1] }))).not.toBe(name);
    expect(
      modifiersNameOf(partWith({ ...mapped, objectNames: { east: "x".repeat(48) } })).length,
    ).toBeLessThanOrEqual(253);
  });

  test("that somebody else has made under this name is left alone, and nothing is begun", async () => {
    const { begin, put, at, names } = velero();
    const name = modifiersNameOf(partWith(mapped));
    put(configMaps, { metadata: { name, uid: "theirs" } });
    await expect(begin(partWith(mapped))).rejects.toThrow(/exists already and was not made by this project/);
    expect(at(configMaps, name)?.metadata).toMatchObject({ uid: "theirs" });
    expect(names()).toEqual([]);
  });
});

describe("A create that conflicts", () => {
  const lost = (client: KubernetesClient): KubernetesClient => ({
    ...client,
    create: async (type, object) => {
      await client.create(type, object);
      return client.create(type, object);
    },
  });

  test("with itself, since its answer was lost, has made the restore", async () => {
    const { begin, client, names } = velero();
    expect((await begin(partWith(), NOW, lost(client))).metadata.name).toBe(NAME);
    expect(names()).toEqual([NAME]);
  });

  test("with what is not of this run is told, and that is left as it is", async () => {
    const { begin, put, at } = velero();
    put(restores, {
      ...restoreOf(partWith({ incarnation: "ffff" })),
      metadata: { name: NAME, uid: "theirs" },
    });
    await expect(begin()).rejects.toThrow("exists already");
    expect(at(restores, NAME)?.metadata.uid).toBe("theirs");
  });

  test("is told apart from one that is refused", async () => {
    const { begin, client, names } = velero();
    const refused = new KubernetesError({
      status: 403,
      reason: "Forbidden",
      what: "may not create restores",
    });
    const forbidding = { ...client, create: () => Promise.reject(refused) };
    await expect(begin(partWith(), NOW, forbidding)).rejects.toThrow("may not create restores");
    expect(names()).toEqual([]);
  });
});

describe("A restore is waited for", () => {
  function waiting(status: Restore["status"] = {}, limit = 60_000) {
    const cluster = memoryCluster();
    const restore = restoreOf(partWith(), status);
    cluster.put(restores, restore);
    const reports: string[] = [];
    const waited = awaitRestore(cluster.client, restore, {
      deadline: { name: "timeouts.create (1m)", signal: AbortSignal.timeout(limit) },
      progress: {
        report: (phase, details = "") => void reports.push(`${phase}: ${details}`),
        stop: () => undefined,
      },
    });
    return {
      ...cluster,
      waited,
      reports,
      become: (next: Restore["status"]) => cluster.put(restores, restoreOf(partWith(), next)),
    };
  }

  test("through whatever phases come, and how far it is is told", async () => {
    const { waited, become, reports } = waiting();
    const steps: [Restore["status"], string][] = [
      [{ phase: "InProgress" }, "InProgress: "],
      [{ phase: "InProgress", progress: { totalItems: 20 } }, "InProgress: 0 of 20 items"],
      [{ phase: "InProgress", progress: { totalItems: 20, itemsRestored: 5 } }, "InProgress: 5 of 20 items"],
      [{ phase: "WaitingForPluginOperationsPartiallyFailed" }, "WaitingForPluginOperationsPartiallyFailed: "],
      [{ phase: "OfALaterVelero" }, "OfALaterVelero: "],
    ];
    for (const [status, words] of steps) {
      become(status);
      await vi.waitFor(() => expect(reports.at(-1)).toBe(`Restore velero/${NAME} is ${words}`));
    }
    become({ phase: "Completed" });
    await waited;
  });

  test("and that it is deleted meanwhile is told at once", async () => {
    const { waited, remove, reports } = waiting();
    const removed = vi.waitFor(() => expect(reports).toHaveLength(1)).then(() => remove(restores, NAME));
    await expect(waited).rejects.toThrow(
      `Restore velero/${NAME} in cluster "east" was deleted while it was being waited for. What it has restored stays.`,
    );
    await removed;
  });

  test("no longer than that, and then it goes on and is found by the next up", async () => {
    const { waited, client } = waiting({ phase: "InProgress" }, 50);
    await expect(waited).rejects.toThrow(
      /^timeouts: Restore .* in cluster "east" did not finish within timeouts\.create \(1m\)\. It goes on in the cluster/,
    );
    expect((await findRestore(client, partWith({ owner: OWNER })))?.metadata.name).toBe(NAME);
  });
});
