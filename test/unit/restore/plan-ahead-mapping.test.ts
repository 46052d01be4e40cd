import { beforeEach, describe, expect, test, vi } from "vitest";
import { create } from "../../../provider/index.ts";
import { backups } from "../../../provider/kubernetes/resources.ts";
import { UNKNOWN } from "../../../provider/lifecycle/unknown.ts";
import type { Inputs } from "../resources/arbitrary-inputs.ts";
import { declared } from "../resources/declared.ts";
import { captured } from "./captured.ts";
import { opened, setStage } from "./stage.ts";
import { BACKUP, SOURCE } from "./state.ts";

vi.mock("../../../provider/lifecycle/open-way.ts", () => ({
  openWay: (way: object | undefined) => way && opened.store,
}));
vi.mock("../../../provider/lifecycle/clusters.ts", async (original) => ({
  ...(await original<object>()),
  openCluster: (await import("./stage.ts")).openCluster,
}));
// Whether the target takes these credentials is another look, with tests of its own.
vi.mock("../../../provider/resources/preflight/look-at-cluster.ts", () => ({
  lookAtCluster: async () => ({ failures: [], notices: [] }),
}));

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const provider = create("Restore");
const { east } = declared.Restore["targets"] as Record<"east", Inputs>;
const news: Inputs = {
  ...declared.Restore,
  source: { owner: SOURCE, scheduled: true },
  targets: { east: { ...east, sees: "primary-west-east", source: {} } },
  preflight: "on",
};
describe("A preview refuses a mapping that the up would refuse", () => {
  /** What it says of these inputs: its failures, and else its notices. */
  async function judged(changes: Inputs) {
    const { inputs, failures = [] } = await provider.check({}, { ...news, ...changes, dryRun: true });
    return { failures: failures.map(({ reason }) => reason), notices: inputs?.["notices"] };
  }
  const stray = expect.stringMatching(
    /^namespaceMapping: "shpo" fits no namespace .*\[velero:MappingFitsNothing\]$/,
  );
  const shpo = { namespaceMapping: { shop: "x", shpo: "x" } };
  const targetWith = (changes: Inputs) => ({
    targets: { east: { ...(news["targets"] as Record<string, Inputs>)["east"], ...changes } },
  });

  test("with an entry that fits nothing, whether or not others fit", async () => {
    await setStage();
    for (const namespaceMapping of [{ shpo: "x" }, shpo.namespaceMapping])
      expect(await judged({ namespaceMapping })).toEqual({ failures: [stray], notices: [] });
    expect(await judged({ namespaceMapping: { shop: "x" } })).toMatchObject({ failures: [] });
  });

  test("that leads to names that Kubernetes does not take", async () => {
    await setStage({ items: [captured("configmaps", `${"a".repeat(60)}/prices`, { apiVersion: "v1" })] });
    expect((await judged({ namespaceMapping: { "*": "*-copy" } })).failures).toEqual([
      expect.stringMatching(/^namespaceMapping: gives namespaces .*\[velero:BadMappedName\]$/),
    ]);
  });

  test("and only tells it where the up may find another backup, or a cluster cannot be looked at", async () => {
    await setStage();
    expect(await judged({ ...shpo, ...targetWith({ source: { latest: UNKNOWN } }) })).toMatchObject({
      failures: [],
      notices: [stray],
    });
    const { east } = targetWith({}).targets;
    const away = { targets: { east, north: { ...east, cluster: "north", sees: "not-there" } } };
    expect(await judged({ ...shpo, ...away })).toMatchObject({
      failures: [],
      notices: expect.arrayContaining([expect.stringMatching(/as far as can be seen without "north"/)]),
    });
  });

  describe("without a way to the store", () => {
    const blind = { storage: undefined, source: { backupName: BACKUP } };
    const NO_WAY = expect.stringMatching(/^no plan: this program has no way to the store/);
    async function seen(includedNamespaces?: string[]) {
      const { put, at, writes } = await setStage();
      const { metadata, spec, ...backup } = at(backups, BACKUP)!;
      put(backups, {
        ...backup,
        metadata,
        spec: { ...spec, ...(includedNamespaces && { includedNamespaces }) },
      });
      return { writes, put, remove: () => opened.cluster!.remove(backups, BACKUP) };
    }

    test("with a pattern that nobody can resolve", async () => {
      const { writes } = await seen(["*"]);
      const { failures } = await judged({ ...blind, namespaceMapping: { "*": "*-copy", shop: "x" } });
      expect(failures).toEqual([
        expect.stringMatching(/^namespaceMapping: nobody can say .*\[velero:MappingUnresolved\]$/),
      ]);
      expect(writes).toEqual([]);
      const whole = { ...blind, namespaceMapping: { shop: "x" } };
      expect(await judged(whole)).toEqual({ failures: [], notices: [NO_WAY] });
    });

    test("and not with one that stands for names that are said", async () => {
      await seen(["shop"]);
      expect(await judged({ ...blind, namespaceMapping: { "*": "*-copy" } })).toEqual({
        failures: [],
        notices: [NO_WAY],
      });
      expect((await judged({ ...blind, ...shpo })).failures).toEqual([stray]);
    });

    test("and tells what it could not check, where the target does not see the backup yet", async () => {
      const { remove } = await seen(["*"]);
      remove();
      expect(await judged({ ...blind, namespaceMapping: { "*": "*-copy" } })).toEqual({
        failures: [],
        notices: [
          NO_WAY,
          expect.stringMatching(/^namespaceMapping is not checked here: .*there is no Backup/),
        ],
      });
    });

    test("and only tells it of the newest that another cluster has seen so far", async () => {
      await seen(["*"]);
      const newest = { storage: undefined, namespaceMapping: { "*": "*-copy" } };
      expect(await judged(newest)).toEqual({
        failures: [],
        notices: [NO_WAY, expect.stringMatching(/^namespaceMapping: nobody can say/)],
      });
    });
  });
});
