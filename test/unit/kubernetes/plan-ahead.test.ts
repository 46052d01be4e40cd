import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { create } from "../../../provider/index.ts";
import { backups, configMaps, namespaces, storageClasses } from "../../../provider/kubernetes/resources.ts";
import { UNKNOWN } from "../../../provider/core/values.ts";
import type { Inputs } from "../kinds/arbitrary-inputs.ts";
import { declared } from "../kinds/declared.ts";
import { captured } from "../kinds/restore/captured.ts";
import { contents, hide, opened, setStage, stageSession } from "../kinds/restore/stage.ts";
import { BACKUP, SOURCE } from "../kinds/restore/state.ts";

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const provider = create("Restore", stageSession());
const { east } = declared.Restore["targets"] as Record<"east", Inputs>;
const news: Inputs = {
  ...declared.Restore,
  source: { owner: SOURCE, scheduled: true },
  targets: { east: { ...east, sees: "primary-west-east", source: {} } },
  preflight: "on",
};
const none = { create: 0, exists: 0, update: 0, notRestorable: 0, missingKinds: [] };

/** What a preview makes of these inputs, changed so; it never fails. */
async function preview(changes: Inputs = {}, olds: Inputs = {}, dryRun = true) {
  const { inputs = {}, failures } = await provider.check(olds, { ...news, ...changes, dryRun });
  expect(failures).toEqual([]);
  return { inputs, plan: inputs["plan"], notices: inputs["notices"] as string[] };
}

describe("A preview shows what a restore would do", () => {
  test("in numbers, and writes nothing anywhere", async () => {
    const { writes, put } = await setStage();
    put(namespaces, { metadata: { name: "shop" } });
    put(configMaps, contents[1]!.object);
    expect(await preview()).toMatchObject({ plan: { ...none, create: 1, exists: 2 }, notices: [] });
    expect(console.log).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/: plan: 1 object to create, 2 there already$/),
    );
    expect(writes).toEqual([]);
  });

  test("with the data told that cannot come back in a drill", async () => {
    const claim = captured("persistentvolumeclaims", "shop/data", { spec: { storageClassName: "now" } });
    const { store } = await setStage({ items: [...contents, claim] });
    const saved = [
      { pvcName: "data", pvcNamespace: "shop", backupMethod: "NativeSnapshot", result: "succeeded" },
    ];
    const key = `east/backups/${BACKUP}/${BACKUP}-volumeinfo.json.gz`;
    store.objects.set(key, gzipSync(JSON.stringify(saved)));
    const drill = { drill: true, namespaceMapping: { "*": "*-drill" } };
    const told = async (changes: Inputs) =>
      (await preview(changes)).notices.filter((notice) => notice.includes("DataNotProven"));
    expect(await told(drill)).toEqual([
      expect.stringMatching(
        /^drill: the data of 1 of 1 claims of Backup \S+ cannot come back in a drill in cluster "west", and nothing was restored: shop\/data: it is a snapshot .*\[velero:DataNotProven\]$/,
      ),
    ]);
    expect(await told({ ...drill, drill: { data: "objectsOnly" } })).toEqual([]);
  });

  test("by what is declared: with a mapping, of some namespaces, onto what is there", async () => {
    const { put } = await setStage();
    put(namespaces, { metadata: { name: "shop" } });
    const other = { ...contents[1]!.object, data: { eggs: "4" } };
    put(configMaps, other);
    const update = { existingResourcePolicy: "update" };
    expect((await preview(update)).plan).toEqual({ ...none, create: 1, exists: 1, update: 1 });
    expect((await preview({ namespaceMapping: { "*": "*-copy" } })).plan).toEqual({ ...none, create: 3 });
    expect((await preview({ includedNamespaces: ["billing"] })).plan).toEqual(none);
    const before = (time: string) => ({ source: { owner: SOURCE, scheduled: true, before: time } });
    expect((await preview(before("2026-11-24T00:00:00Z"))).plan).toEqual({ ...none, create: 1, exists: 2 });
    expect((await preview(before("2026-11-01T00:00:00Z"))).plan).toBeUndefined();
  });

  test("of several clusters in all", async () => {
    await setStage({
      items: [...contents, captured("gizmos.example.com", "shop/g", { apiVersion: "example.com/v9" })],
    });
    const targets = news["targets"] as Record<string, Inputs>;
    const both = { ...targets, north: { ...targets["east"], cluster: "north" } };
    expect((await preview({ targets: both })).plan).toEqual({
      ...none,
      create: 6,
      missingKinds: ["gizmos.example.com"],
    });
  });

  test("and which kinds it takes for missing since these credentials may not list them", async () => {
    const stage = await setStage();
    stage.put(configMaps, contents[1]!.object);
    hide(stage, configMaps);
    expect(await preview()).toMatchObject({
      plan: { ...none, create: 3 },
      notices: [
        'the plan takes all configmaps for missing in cluster "west": these credentials may not list them there',
      ],
    });
  });

  test("with what the target lacks", async () => {
    const claim = captured("persistentvolumeclaims", "shop/data", { spec: { storageClassName: "gp2" } });
    const { put } = await setStage({ items: [...contents, claim] });
    put(storageClasses, { metadata: { name: "standard" } });
    const { plan, notices } = await preview();
    expect(plan).toMatchObject({ missingKinds: ["persistentvolumeclaims"] });
    expect(notices).toEqual([
      expect.stringMatching(/^cluster "west" cannot take up what the backup holds.*no storage class "gp2"/),
    ]);
  });
});

describe("A preview goes on without a plan, and says why", () => {
  const noWay = "this program has no way to the store (`access`)";
  test.each<[string, Inputs, string]>([
    ["has no way to the store", { storage: undefined }, noWay],
    ["is to stay away from it", { access: "none" }, noWay],
    ["has nothing to restore yet", { source: { schedule: "weekly" } }, "backup: there is no good backup"],
    [
      "names a backup that is not there",
      { source: { backupName: "typo" } },
      "backup: there is no Backup typo",
    ],
    [
      "names a target without a location yet by which it would see the backups",
      { targets: { east: { ...east, sees: "not-yet", source: {} } } },
      'cluster "west" does not see the backups of "east" yet',
    ],
  ])("where the program %s", async (_what, changes, words) => {
    await setStage();
    const { plan, notices } = await preview(changes);
    expect(plan).toBeUndefined();
    expect(notices).toEqual([expect.stringContaining(`no plan: ${words}`)]);
  });

  test("where the target does not answer, the store does not, or the backup is damaged", async () => {
    await setStage();
    opened.cluster = undefined;
    expect((await preview()).notices).toEqual([expect.stringMatching(/^no plan: .*"west" does not answer/)]);
    const { store } = await setStage();
    store.objects.set(`east/backups/${BACKUP}/${BACKUP}.tar.gz`, Buffer.from("damaged"));
    expect((await preview()).notices).toEqual([
      expect.stringMatching(/^no plan: backup: the tarball of .* cannot be read/),
    ]);
    const down = () => {
      throw new Error("the store is down");
    };
    opened.store = { ...store, list: down };
    expect((await preview()).notices).toEqual(["no plan: the store is down"]);
  });

  test("where nothing comes in for too long", async () => {
    const { store } = await setStage();
    vi.useFakeTimers();
    opened.store = { ...store, get: () => new Promise(() => undefined) };
    const waiting = preview();
    await vi.advanceTimersByTimeAsync(20_000);
    expect((await waiting).notices).toEqual(["no plan: nothing has come in for 20 s"]);
    vi.useRealTimers();
  });
});

describe("Nothing is looked at", () => {
  /** Whoever looks fails, and says so in a notice. */
  const untouched = { plan: undefined, notices: [] };
  beforeEach(() => void Object.assign(opened, { store: undefined, cluster: undefined }));

  test.each<[string, Inputs]>([
    ["the source", { source: { owner: UNKNOWN } }],
    ["the target", { targets: { east: { ...east, sees: UNKNOWN } } }],
    ["the store", { storage: UNKNOWN }],
    ["an option", { namespaceMapping: { "*": UNKNOWN } }],
  ])("before %s is known", async (_what, changes) => {
    expect(await preview(changes)).toMatchObject(untouched);
  });

  test("in an up, or where previews are not to look", async () => {
    expect(await preview({}, {}, false)).toMatchObject(untouched);
    expect(await preview({ preflight: "off" })).toMatchObject(untouched);
  });

  test("where nothing would be restored: all is as it was, or what changes restores nothing", async () => {
    const { inputs: olds } = await preview({}, {}, false);
    expect(await preview({}, olds)).toMatchObject(untouched);
    for (const changes of [
      { timeouts: { create: "2h" } },
      { allowPartialFailure: true },
      { triggers: [] },
      { verify: true },
      { itemOperationTimeout: "8h", uploaderConfig: { parallelFilesDownload: 2 } },
    ])
      expect(await preview(changes, olds)).toMatchObject(untouched);
  });
});

describe("The plan is stable", () => {
  test("what the preview of the first up shows is no change in that up, nor in the next preview", async () => {
    await setStage();
    const first = await preview();
    const { inputs: made } = await preview({}, {}, false);
    expect(made).not.toHaveProperty("plan");
    const { plan: _plan, ...rest } = first.inputs;
    expect(made).toEqual(rest);
    expect((await preview({}, made)).inputs).toEqual(made);
  });

  test("what restores again has a plan of its own, though the target is the same as before", async () => {
    await setStage();
    const { inputs: olds } = await preview({}, {}, false);
    expect((await preview({ triggers: ["again"] }, olds)).plan).toEqual({ ...none, create: 3 });
  });
});

describe("A preview refuses a mapping that the up would refuse", () => {
  /** What it says of these inputs: its failures, and else its notices. */
  async function judged(changes: Inputs) {
    const { inputs, failures = [] } = await provider.check({}, { ...news, ...changes, dryRun: true });
    return { failures: failures.map(({ reason }) => reason), notices: inputs?.["notices"] };
  }
  const said = (words: string): unknown => expect.stringMatching(new RegExp(`^namespaceMapping: ${words}`));
  const stray = said(String.raw`"shpo" fits no namespace .*\[velero:MappingFitsNothing\]$`);
  const shpo = { namespaceMapping: { shop: "x", shpo: "x" } };
  const pattern = { namespaceMapping: { "*": "*-copy" } };

  test("with an entry that fits nothing, or that leads to names that Kubernetes does not take", async () => {
    await setStage();
    expect(await judged(shpo)).toEqual({ failures: [stray], notices: [] });
    expect(await judged({ namespaceMapping: { shop: "x" } })).toMatchObject({ failures: [] });
    await setStage({ items: [captured("configmaps", `${"a".repeat(60)}/prices`, { apiVersion: "v1" })] });
    expect((await judged(pattern)).failures).toEqual([
      said(String.raw`gives namespaces .*\[velero:BadMappedName\]$`),
    ]);
  });

  test("and only tells it where the up may find another backup, or a cluster cannot be looked at", async () => {
    await setStage();
    const { east: target = {} } = news["targets"] as Record<string, Inputs>;
    const open = { targets: { east: { ...target, source: { latest: UNKNOWN } } } };
    expect(await judged({ ...shpo, ...open })).toMatchObject({ failures: [], notices: [stray] });
    const away = { targets: { east: target, north: { ...target, cluster: "north", sees: "not-there" } } };
    expect(await judged({ ...shpo, ...away })).toMatchObject({
      failures: [],
      notices: expect.arrayContaining([expect.stringMatching(/as far as can be seen without "north"/)]),
    });
  });

  const NO_WAY: unknown = expect.stringMatching(/^no plan: this program has no way to the store/);
  const nobody = "nobody can say";
  test.each<[string, string[] | undefined, Inputs, { failures: unknown[]; notices?: unknown[] }]>([
    [
      "with a pattern that nobody can resolve",
      ["*"],
      { namespaceMapping: { "*": "*-copy", shop: "x" } },
      { failures: [said(String.raw`${nobody} .*\[velero:MappingUnresolved\]$`)] },
    ],
    [
      "and not with a whole name",
      ["*"],
      { namespaceMapping: { shop: "x" } },
      { failures: [], notices: [NO_WAY] },
    ],
    [
      "and not with a pattern for names that are said",
      ["shop"],
      pattern,
      { failures: [], notices: [NO_WAY] },
    ],
    ["with an entry that fits nothing of what is said", ["shop"], shpo, { failures: [stray] }],
    [
      "and tells what it could not check, where the target does not see the backup yet",
      undefined,
      pattern,
      {
        failures: [],
        notices: [
          NO_WAY,
          expect.stringMatching(/^namespaceMapping is not checked here: .*there is no Backup/),
        ],
      },
    ],
    [
      "and only tells it of the newest that another cluster has seen so far",
      ["*"],
      { ...pattern, source: { owner: SOURCE, scheduled: true } },
      { failures: [], notices: [NO_WAY, said(nobody)] },
    ],
  ])("without a way to the store %s", async (_what, includedNamespaces, changes, expected) => {
    const { put, at, remove, writes } = await setStage();
    const backup = at(backups, BACKUP)!;
    if (includedNamespaces) put(backups, { ...backup, spec: { ...backup.spec, includedNamespaces } });
    else remove(backups, BACKUP);
    const blind = { storage: undefined, source: { backupName: BACKUP } };
    expect(await judged({ ...blind, ...changes })).toMatchObject(expected);
    expect(writes).toEqual([]);
  });
});
