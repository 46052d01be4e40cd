import { describe, expect, test } from "vitest";
import { saidNamespaces, seenNamespaces } from "../../../provider/restore-model/judge-mapping.ts";
import type { BackupSpec } from "../../../provider/velero/types.ts";
import type { RestoreOptions } from "../../../provider/velero/restore-option-entries.ts";
import { captured } from "../kinds/restore/captured.ts";

test("what is seen in a backup are the namespaces of its objects, and those that are empty", () => {
  const seen = seenNamespaces([
    captured("configmaps", "shop/prices"),
    captured("secrets", "shop/key"),
    captured("namespaces", "shop"),
    captured("namespaces", "empty"),
    captured("persistentvolumes", "pv-1"),
  ]);
  expect(seen.names).toEqual(["shop", "empty"]);
  expect([seen.mayHold("shop"), seen.mayHold("pv-1")]).toEqual([true, false]);
});

describe("What is said of namespaces", () => {
  test.each<[string, Partial<BackupSpec>, RestoreOptions, string[]]>([
    ["a backup that names them", { includedNamespaces: ["shop", "pay"] }, {}, ["shop", "pay"]],
    [
      "a backup that names them, and leaves some out",
      { includedNamespaces: ["shop", "pay", "x"], excludedNamespaces: ["pay", "?"] },
      {},
      ["shop"],
    ],
    ["a restore that names them, of all that there is", {}, { includedNamespaces: ["shop"] }, ["shop"]],
    [
      "a restore that names them, of a pattern",
      { includedNamespaces: ["team-*"] },
      { includedNamespaces: ["team-a", "shop"] },
      ["team-a"],
    ],
    [
      "a restore that leaves some out of those that the backup names",
      { includedNamespaces: ["shop", "pay"] },
      { excludedNamespaces: ["pay"] },
      ["shop"],
    ],
    [
      "a restore by a pattern, of a backup that names them",
      { includedNamespaces: ["team-a", "shop"] },
      { includedNamespaces: ["team-*"] },
      ["team-a"],
    ],
  ])("is enough in %s", (_what, spec, options, names) => {
    expect(saidNamespaces(spec, options).names).toEqual(names);
  });

  test.each<[string, Partial<BackupSpec>, RestoreOptions]>([
    ["a backup of the whole cluster", {}, {}],
    ["a backup of the whole cluster, as Velero writes it", { includedNamespaces: ["*"] }, {}],
    ["a backup by a pattern", { includedNamespaces: ["shop", "team-*"] }, {}],
    ["a backup by a pattern of letters", { includedNamespaces: ["team-[ab]"] }, {}],
    ["a restore of everything", { includedNamespaces: ["*"] }, { includedNamespaces: ["*"] }],
    ["a restore by alternatives", {}, { includedNamespaces: ["{shop,pay}"] }],
    ["a restore that only leaves some out", {}, { excludedNamespaces: ["shop"] }],
    ["lists that are empty", { includedNamespaces: [] }, { includedNamespaces: [] }],
  ])("is not enough in %s", (_what, spec, options) => {
    expect(saidNamespaces(spec, options).names).toBeUndefined();
  });

  test("tells at least which may not be there", () => {
    const { mayHold, shown } = saidNamespaces(
      { includedNamespaces: ["team-*"], excludedNamespaces: ["team-x"] },
      { excludedNamespaces: ["team-y"] },
    );
    expect(["team-a", "team-x", "team-y", "shop"].map((name) => mayHold(name))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(shown).toEqual(["team-*"]);
    expect(saidNamespaces({}, {}).mayHold("anything")).toBe(true);
    expect(saidNamespaces({}, {}).shown).toEqual(["*"]);
  });
});
