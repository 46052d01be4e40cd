import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { namespaces, restores } from "../../../../provider/kubernetes/resources.ts";
import { restore } from "../../../../provider/kinds/restore/index.ts";
import { storage } from "../declared.ts";
import { setStage, stageSession } from "./stage.ts";
import { inputs } from "./state.ts";

const session = stageSession();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.spyOn(console, "log").mockImplementation(() => undefined);
});
afterEach(() => void vi.useRealTimers());

/** A target in which a drill was killed when Velero had done it, before it could be settled. */
async function afterKill() {
  const stage = await setStage();
  const drill = async (month: string) => {
    // Restores are named by their second.
    vi.setSystemTime(Date.now() + 1_000);
    const declared = { ...inputs, storage, drill: true, namespaceMapping: { "*": "*-drill" } };
    return (await restore(session).create({ ...declared, triggers: [month] })).outputs;
  };
  const { patch } = stage.client;
  stage.client.patch = () => Promise.reject(new Error("killed"));
  await expect(drill("November")).rejects.toThrow("killed");
  stage.client.patch = patch;
  expect(stage.at(namespaces, "shop-drill")?.metadata.labels).toMatchObject({
    "pulumi-velero.io/drill": "true",
    "velero.io/exclude-from-backup": "true",
  });
  return { ...stage, drill };
}

describe("What a killed drill has left", () => {
  test("goes with its Restore at the end, since what was not foreseen is found by that", async () => {
    const { drill, writes, put, store, namesOf } = await afterKill();
    const [left = ""] = namesOf(restores);
    const list = { "v1/Namespace": ["stray(created)"] };
    store.objects.set(
      `east/restores/${left}/restore-${left}-resource-list.json.gz`,
      gzipSync(JSON.stringify(list)),
    );
    put(namespaces, { metadata: { name: "stray", creationTimestamp: "2026-11-23T12:00:00Z" } });
    const begun = writes.length;
    await drill("December");
    const steps = writes.slice(begun).map((write) => write.split(" ").slice(0, 2).join(" "));
    const clearing = steps.filter((step) => /^(patch Namespace|delete (?!DownloadRequest))/.test(step));
    expect(clearing.slice(0, 4)).toEqual([
      "patch Namespace",
      "delete ConfigMap",
      "delete Restore",
      "delete Namespace",
    ]);
    expect(namesOf(namespaces)).toEqual([]);
  });

  test("goes also where Velero refused it, so that it has made nothing", async () => {
    const { drill, store, namesOf, at, put, remove } = await afterKill();
    const [left = ""] = namesOf(restores);
    store.objects.delete(`east/restores/${left}/restore-${left}-resource-list.json.gz`);
    remove(namespaces, "shop-drill");
    put(restores, { ...at(restores, left)!, status: { phase: "FailedValidation" } });
    const { restoreName } = await drill("December");
    expect(namesOf(restores)).toEqual([restoreName]);
  });

  test("and somebody has made anew since is left to them, and named", async () => {
    const { drill, put, namesOf } = await afterKill();
    put(namespaces, { metadata: { name: "shop-drill", creationTimestamp: new Date().toISOString() } });
    await expect(drill("December")).rejects.toThrow("leads into shop-drill");
    expect(namesOf(namespaces)).toEqual(["shop-drill"]);
  });

  test("is cleared, and its Restore stays, where nobody can say what it has made besides", async () => {
    const { drill, store, namesOf } = await afterKill();
    const [left] = namesOf(restores);
    store.objects.delete(`east/restores/${left}/restore-${left}-resource-list.json.gz`);
    const { restoreName } = await drill("December");
    expect(namesOf(restores)).toEqual([left, restoreName]);
    expect(namesOf(namespaces)).toEqual([]);
  });
});
