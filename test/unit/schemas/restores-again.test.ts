import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Owner } from "../../../provider/core/identity.ts";
import { UNKNOWN } from "../../../provider/core/values.ts";
import { pinSource, type RestoreInputs, type RestoreSource } from "../../../provider/schemas/restore.ts";
import { ANOTHER_LINEAGE, type Inputs, LINEAGE, urnOf } from "../kinds/arbitrary-inputs.ts";
import { checked, declared, replacesOf } from "../kinds/declared.ts";
import { inputs as aim, SOURCE } from "../kinds/restore/state.ts";

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const { east } = declared.Restore["targets"] as Record<"east", Inputs>;
const location = east["location"] as Inputs;
const into = (changes: Inputs) => ({ targets: { east: { ...east, ...changes } } });
const owner = String((declared.Restore["source"] as Inputs)["owner"]);

const was = (...urns: string[]): Owner[] => urns.map((urn) => ({ owner: urn, lineage: LINEAGE }));

/** What has to be made anew when a program that stood so is changed so. */
async function replaced(changes: Inputs, before: Inputs = {}): Promise<string[]> {
  const { inputs: olds } = await checked("Restore", before);
  const { inputs: news, failures } = await checked("Restore", { ...before, ...changes }, olds);
  expect(failures).toEqual([]);
  return replacesOf("Restore", olds, news);
}

describe("It restores again", () => {
  test.each<[string, Inputs]>([
    ["triggers", { triggers: ["again"] }],
    ["another cluster to go into", into({ cluster: "south" })],
    ["another cluster besides", { targets: { east, north: { ...east, cluster: "north" } } }],
    ["another source", { source: { owner: urnOf("ClusterBackup", "weekly") } }],
    ["a backup by its name", { source: { backupName: "nightly-east-0a1b2c3d-20261122020000" } }],
    ["what there was then", { source: { owner, before: "2026-11-22T00:00:00Z" } }],
    ["an option", { includedNamespaces: ["shop"] }],
    [
      "options of every sort",
      {
        namespaceMapping: { "*": "*-copy" },
        storageClassMapping: { gp2: "premium" },
        existingResourcePolicy: "update",
        resourceModifiers: [{ conditions: { groupResource: "pods" }, mergePatches: [{ patchData: "{}" }] }],
        excludedResources: ["secrets"],
        restorePVs: false,
        preserveNodePorts: true,
        hooks: { resources: [{ name: "warm", postHooks: [{ exec: { command: ["true"] } }] }] },
        restoreStatus: { includedResources: ["*"] },
      },
    ],
    ["a drill", { drill: true, namespaceMapping: { "*": "*-drill" } }],
  ])("for the sake of %s", async (_what, changes) => {
    expect(await replaced(changes)).not.toEqual([]);
  });

  test("for whatever is declared no more", async () => {
    expect(await replaced({ restorePVs: undefined }, { restorePVs: false })).not.toEqual([]);
    expect(await replaced({ triggers: undefined }, { triggers: [1] })).not.toEqual([]);
  });
});

describe("It never restores again", () => {
  const newer = { source: { latest: "nightly-east-0a1b2c3d-20261124020000" } };

  test.each<[string, Inputs]>([
    ["a newer backup of its source", into(newer)],
    ["a source that has none any more", into({ source: {} })],
    ["a source that knew another URN before", { source: { owner, formerOwners: was("urn:former") } }],
    ["a source that is declared to have had another URN", { source: { owner, aliases: ["urn:former"] } }],
    [
      "a source under another URN",
      { source: { owner: urnOf("ClusterBackup", "renamed"), formerOwners: was(owner) } },
    ],
    ["an owner under another URN", { owner: `${String(declared.Restore["owner"])}-renamed` }],
    ["another way to the target", into({ connection: { ambient: true } })],
    [
      "another location there",
      into({ location: { ...location, locationName: "other" }, sees: "other-east" }),
    ],
    ["another place in the store", into({ location: { ...location, storePrefix: "elsewhere/west" } })],
    ["keys to the store", { storage: undefined }],
    [
      "another lineage",
      { lineage: ANOTHER_LINEAGE, ...into({ location: { ...location, lineage: ANOTHER_LINEAGE } }) },
    ],
    ["waits", { timeouts: { create: "2h" } }],
    ["tolerance", { allowPartialFailure: true }],
    ["a proof", { verify: true }],
    ["what is no trigger", { triggers: [] }],
    [
      "what is not known yet",
      { ...into({ cluster: UNKNOWN }), source: UNKNOWN, triggers: UNKNOWN, dryRun: true },
    ],
  ])("for the sake of %s", async (_what, changes) => {
    expect(await replaced(changes)).toEqual([]);
  });

  test.each<[string, Inputs, Inputs]>([
    ["a drill is to be kept", { drill: { keep: true } }, { drill: true }],
    ["a drill is not to be kept any more", { drill: true }, { drill: { keep: true } }],
    ["a drill says no more than that", { drill: {} }, { drill: true }],
  ])("where %s", async (_what, changes, before) => {
    const drill = { namespaceMapping: { "*": "*-drill" } };
    expect(await replaced({ ...drill, ...changes }, { ...drill, ...before })).toEqual([]);
  });
});

describe("What was taken is held on to", () => {
  const source = (changes: Partial<RestoreSource>): Partial<RestoreInputs> => ({
    source: { owner: SOURCE, ...changes },
  });
  const taking = (latest: string | undefined, changes: Partial<RestoreInputs> = {}): RestoreInputs => ({
    ...aim,
    source: { owner: SOURCE },
    targets: { east: { ...aim.targets["east"]!, source: latest === undefined ? {} : { latest } } },
    ...changes,
  });
  const latestIn = ({ targets }: RestoreInputs) => targets["east"]?.source.latest;
  const olds = taking("first");

  test("while the source is the same, whatever it has taken since", () => {
    expect(pinSource(taking("second"), olds)).toEqual(olds);
    expect(pinSource(taking(UNKNOWN), olds)).toEqual(olds);
    expect(pinSource(taking(undefined), olds)).toEqual(olds);
  });

  test("where there was none then, too", () => {
    expect(pinSource(taking("second"), taking(undefined))).toEqual(taking(undefined));
  });

  test("with the URN by which the source was known then", () => {
    const renamed = taking(
      "second",
      source({ owner: "urn:renamed", formerOwners: was("urn:older", SOURCE) }),
    );
    expect(pinSource(renamed, olds)).toEqual(olds);
    const again = taking("third", source({ owner: "urn:again", formerOwners: was("urn:renamed", SOURCE) }));
    expect(pinSource(again, olds)).toEqual(olds);
  });

  test("where the URNs of a source are not known yet, as a preview has them", () => {
    const unknown = UNKNOWN as unknown as Owner[];
    expect(pinSource(taking("second", source({ owner: UNKNOWN, formerOwners: unknown })), olds)).toEqual(
      olds,
    );
    expect(pinSource(taking("second", source({ formerOwners: unknown })), olds)).toEqual(olds);
    const aliased = source({ owner: "urn:renamed", formerOwners: unknown, aliases: ["urn:older", SOURCE] });
    expect(pinSource(taking("second", aliased), olds)).toEqual(olds);
    const another = taking(
      "second",
      source({ owner: "urn:another", formerOwners: unknown, aliases: ["urn:x"] }),
    );
    expect(pinSource(another, olds)).toEqual(another);
  });

  test("and let go of for another source, also where that one is like it", () => {
    for (const another of [
      { owner: "urn:another" },
      { scheduled: true },
      { before: "2026-11-22T00:00:00Z" },
    ]) {
      const news = taking("second", source(another));
      expect(pinSource(news, olds)).toEqual(news);
    }
    const renamed = taking(
      "second",
      source({ owner: "urn:another", formerOwners: was("urn:another-before") }),
    );
    expect(pinSource(renamed, olds)).toEqual(renamed);
  });

  test("and let go of by whoever restores again: the newest is taken then", () => {
    for (const changes of [{ triggers: [1] }, { restorePVs: false }])
      expect(latestIn(pinSource(taking("second", changes), olds))).toBe("second");
    expect(latestIn(pinSource(taking("second", { timeouts: { create: "2h" } }), olds))).toBe("first");
  });

  test("for each target by itself: one that is new has the newest", () => {
    const news = taking("second");
    const both = {
      ...news,
      targets: { ...news.targets, north: { ...news.targets["east"]!, cluster: "north" } },
    };
    expect(pinSource(both, olds).targets["north"]?.source.latest).toBe("second");
  });

  test("and what was never taken is as it is declared", () => {
    expect(pinSource(taking("second"), undefined)).toEqual(taking("second"));
    for (const junk of [{ source: null }, { targets: UNKNOWN }, { targets: { east: null } }]) {
      const news = { ...taking("second"), ...junk } as unknown as RestoreInputs;
      expect(pinSource(news, olds).source).toEqual(news.source === null ? null : olds.source);
    }
  });
});
