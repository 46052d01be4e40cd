import { beforeEach, describe, expect, test, vi } from "vitest";
import { configMaps, locations, namespaces, restores } from "../../../provider/kubernetes/resources.ts";
import { PartialFailure } from "../../../provider/lifecycle/partial-failure.ts";
import { restore } from "../../../provider/resources/restore/index.ts";
import type { RestoreInputs } from "../../../provider/resources/restore/inputs.ts";
import type { RestoreOutputs } from "../../../provider/resources/restore/outputs.ts";
import { storage } from "../resources/declared.ts";
import { opened, setStage } from "./stage.ts";
import { BACKUP, inputs } from "./state.ts";

vi.mock("../../../provider/lifecycle/open-way.ts", () => ({
  openWay: (way: object | undefined) => way && opened.store,
}));
vi.mock("../../../provider/lifecycle/clusters.ts", async (original) => ({
  ...(await original<object>()),
  openCluster: (await import("./stage.ts")).openCluster,
}));

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const declared: RestoreInputs = { ...inputs, storage };
const create = async (changes: Partial<RestoreInputs> = {}) =>
  (await restore.create({ ...declared, ...changes })).outputs;
const update = (outputs: RestoreOutputs, changes: Partial<RestoreInputs> = {}) =>
  restore.update("back", outputs, { ...declared, ...changes });

/** What a failure leaves in state; fails where it leaves nothing. */
async function left(work: Promise<unknown>): Promise<RestoreOutputs & { reasons: string[] }> {
  const failure = await work.catch((error: unknown) => error);
  if (!(failure instanceof PartialFailure)) throw failure;
  return { ...(failure.outputs as unknown as RestoreOutputs), reasons: failure.reasons };
}

describe("A restore that is done, and is to be compared with the backup", () => {
  /** One restore that is done, and how its comparison by a later up ends. */
  async function done() {
    const stage = await setStage();
    const outputs = await create();
    const { length } = stage.writes;
    return {
      ...stage,
      outputs,
      verify: (state = outputs) => update(state, { verify: true }),
      written: () => stage.writes.slice(length),
    };
  }

  test("is compared where it is, and nothing is restored or written", async () => {
    const { outputs, verify, written, namesOf } = await done();
    expect(outputs.verified).toBeUndefined();
    expect(await verify()).toMatchObject({
      verified: 3,
      health: "Healthy",
      restoreName: outputs.restoreName,
    });
    expect(written()).toEqual([]);
    expect(namesOf(restores)).toEqual([outputs.restoreName]);
  });

  test("is compared with the backup that was pinned, where its object is gone", async () => {
    const { outputs, verify, written, remove, namesOf } = await done();
    remove(restores, outputs.restoreName ?? "");
    expect(await verify()).toMatchObject({ verified: 3, backupName: BACKUP });
    expect(written()).toEqual([]);
    expect(namesOf(restores)).toEqual([]);
  });

  test("fails with the differences until they are mended, or nobody asks any more", async () => {
    const { verify, written, at, put } = await done();
    const prices = at(configMaps, "prices")!;
    put(configMaps, { ...prices, data: { eggs: "4" } } as typeof prices);
    const failed = await left(verify());
    expect(failed.reasons).toEqual([
      expect.stringMatching(/^verify: .*1 of 3 objects in Restore velero\/\S+ .*prices differs in data/),
    ]);
    expect(failed).toMatchObject({ health: "Unhealthy", phase: "Completed", verified: undefined });
    expect((await left(verify(failed))).reasons).toEqual(failed.reasons);
    expect(await update(failed, {})).toMatchObject({ health: "Healthy", unfinished: undefined });
    put(configMaps, prices);
    expect(await verify(failed)).toMatchObject({ verified: 3, health: "Healthy", unfinished: undefined });
    expect(written()).toEqual([]);
  });

  test("is compared anew where it was before, and was not asked for in between", async () => {
    const { verify, remove } = await done();
    const once = await verify();
    const dropped = await update(once, {});
    expect(dropped.verified).toBeUndefined();
    remove(configMaps, "rates");
    expect((await left(verify(dropped))).reasons).toEqual([expect.stringContaining("rates is not there")]);
    // What was compared stays so while nothing changes.
    expect(await verify(once)).toMatchObject({ verified: 3 });
  });

  test("fails where the backup is gone, or nobody can see it", async () => {
    const { outputs, verify, store, remove } = await done();
    store.objects.delete(`east/backups/${BACKUP}/${BACKUP}.tar.gz`);
    expect((await left(verify())).reasons).toEqual([expect.stringContaining("is not there")]);
    remove(locations, "primary-west-east");
    expect((await left(verify())).reasons).toEqual([
      expect.stringMatching(
        /^verify: what Restore velero\/\S+ in cluster "west" has restored cannot be compared/,
      ),
    ]);
    expect(outputs).not.toHaveProperty("unfinished", expect.anything());
  });

  test("is begun once where the run that began it was killed before it was asked for", async () => {
    const { namesOf, client } = await setStage();
    const { patch } = client;
    client.patch = () => Promise.reject(new Error("killed"));
    await expect(create()).rejects.toThrow("killed");
    client.patch = patch;
    const asked = { verify: true, itemOperationTimeout: "8h", uploaderConfig: { writeSparseFiles: true } };
    expect(await create(asked)).toMatchObject({ verified: 3, restoreName: namesOf(restores)[0] });
    expect(namesOf(restores)).toHaveLength(1);
  });
});

test("a drill that is not to be kept any more is cleared away, and no other is made", async () => {
  const mapped = { namespaceMapping: { "*": "*-drill" } };
  const { namesOf } = await setStage();
  const kept = await create({ ...mapped, drill: { keep: true } });
  expect(kept.byCluster["east"]?.drilled).toEqual(["shop-drill"]);
  const [name] = namesOf(restores);
  const cleared = await update(kept, { ...mapped, drill: true });
  expect(cleared).toMatchObject({ verified: 3, health: "Healthy", restoreName: name });
  expect(cleared.byCluster["east"]?.drilled).toEqual([]);
  expect(namesOf(namespaces)).toEqual([]);
  expect(namesOf(restores)).toEqual([name]);
});
