import { describe, expect, test } from "vitest";
import {
  isDrill,
  keepsDrill,
  provesData,
  restoredBy,
  restoreSpecOf,
  verifies,
} from "../../../provider/schemas/restore-options.ts";
import type { RestoreOptions } from "../../../provider/velero/restore-option-entries.ts";
import type { RestoreSpec } from "../../../provider/velero/types.ts";
import { inputs } from "../kinds/restore/state.ts";

const specOf = (options: RestoreOptions, namespaces: string[] = [], modifiers?: string): RestoreSpec =>
  restoreSpecOf(options, { backupName: "b", namespaces, modifiers });

/** A value for every field that is Velero's. */
const asDeclared = {
  includedNamespaces: ["shop", "team-*"],
  excludedNamespaces: ["team-x"],
  includedResources: ["deployments.apps"],
  excludedResources: ["secrets"],
  includeClusterResources: true,
  labelSelector: { matchLabels: { app: "shop" } },
  orLabelSelectors: [{ matchLabels: { app: "shop" } }],
  restorePVs: false,
  preserveNodePorts: true,
  existingResourcePolicy: "update",
  restoreStatus: { includedResources: ["*"] },
  hooks: { resources: [{ name: "warm", postHooks: [{ exec: { command: ["true"] } }] }] },
  itemOperationTimeout: "1h",
  uploaderConfig: { parallelFilesDownload: 4 },
} as const satisfies Record<string, unknown>;

describe("The Restore that Velero gets", () => {
  test("names the backup and nothing else where nothing is declared: all the rest is Velero's default", () => {
    expect(specOf({})).toEqual({ backupName: "b" });
    expect(specOf({ includedNamespaces: undefined, drill: false, verify: true })).toEqual({
      backupName: "b",
    });
  });

  test.each(Object.entries(asDeclared))("has %s as it is declared", (field, value) => {
    expect(specOf({ [field]: value })).toEqual({ backupName: "b", [field]: value });
  });

  test("has false as declared, and not left out", () => {
    const no = { includeClusterResources: false, restorePVs: false, preserveNodePorts: false };
    expect(specOf(no)).toEqual({ backupName: "b", ...no });
  });

  test("maps the namespaces of the backup that patterns stand for, and those alone that get another name", () => {
    const namespaceMapping = { shop: "shop-copy", "team-*": "t-*", kept: "kept" };
    expect(specOf({ namespaceMapping }, ["shop", "team-a", "team-b", "kept", "billing"])).toEqual({
      backupName: "b",
      namespaceMapping: { shop: "shop-copy", "team-a": "t-a", "team-b": "t-b" },
    });
    expect(specOf({ namespaceMapping }, ["billing"])).toEqual({ backupName: "b" });
  });

  test("names the ConfigMap with the rules, where there is one", () => {
    expect(specOf({ storageClassMapping: { a: "b" } }, [], "rules")).toEqual({
      backupName: "b",
      resourceModifier: { kind: "ConfigMap", name: "rules" },
    });
  });

  test("knows nothing of what is ours alone", () => {
    const spec = specOf({ ...inputs, verify: true, storageClassMapping: { a: "b" }, resourceModifiers: [] });
    expect(spec).toEqual({ backupName: "b" });
  });
});

describe("A drill", () => {
  test.each([
    [undefined, false, false],
    [false, false, false],
    [true, true, false],
    [{}, true, false],
    [{ keep: false }, true, false],
    [{ keep: true }, true, true],
  ])("%j: is one %s, and is kept %s", (drill, is, keeps) => {
    expect([isDrill({ drill }), keepsDrill({ drill })]).toEqual([is, keeps]);
    expect(verifies({ drill })).toBe(is);
  });

  test.each<[RestoreOptions, boolean]>([
    [{ drill: true }, true],
    [{ drill: {} }, true],
    [{ drill: { data: "proven" } }, true],
    [{ drill: { data: "objectsOnly" } }, false],
    [{ drill: true, restorePVs: false }, false],
    [{ drill: true, restorePVs: true }, true],
    [{ drill: false }, false],
    [{ verify: true }, false],
  ])("%j has to prove the data of claims: %s", (options, expected) => {
    expect(provesData(options)).toBe(expected);
  });

  test("is not the only thing that is verified", () => {
    expect([verifies({}), verifies({ verify: false }), verifies({ verify: true })]).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe("What decides what is restored", () => {
  const all: Required<Omit<RestoreOptions, "verify">> = {
    ...(asDeclared as unknown as Required<RestoreOptions>),
    namespaceMapping: { "*": "*-copy" },
    storageClassMapping: { a: "b" },
    resourceModifiers: [{ conditions: { groupResource: "pods" } }],
    drill: true,
  };

  test("is every option but how long is waited, how files are copied, and what is done afterwards", () => {
    const { itemOperationTimeout: _waits, uploaderConfig: _copies, ...rest } = all;
    expect(restoredBy({ ...inputs, ...all, verify: true })).toEqual({
      ...rest,
      includedNamespaces: ["shop", "team-*"],
      drill: "proven",
    });
  });

  test.each([
    [true, "proven"],
    [{ keep: true }, "proven"],
    [{ keep: true, data: "objectsOnly" as const }, "objectsOnly"],
  ])("has of a drill %j whether it needs pods: %s", (drill, data) => {
    expect(restoredBy({ drill })).toEqual({ drill: data });
  });

  test("is nothing where nothing is declared, or only what is so anyway", () => {
    expect(restoredBy(inputs)).toEqual({});
    const so = { existingResourcePolicy: "none", restorePVs: true, preserveNodePorts: false, drill: false };
    expect(restoredBy({ ...(so as RestoreOptions), excludedNamespaces: [], namespaceMapping: {} })).toEqual(
      {},
    );
  });

  test("is also what is empty and says something", () => {
    expect(restoredBy({ restoreStatus: {} })).toEqual({ restoreStatus: {} });
    expect(restoredBy({ includeClusterResources: false })).toEqual({ includeClusterResources: false });
  });

  test("is the same in whatever order names are declared; the order of rules is theirs", () => {
    expect(restoredBy({ includedResources: ["b", "a", "b"] })).toEqual({ includedResources: ["a", "b"] });
    const rules = ["pods", "secrets"].map((groupResource) => ({ conditions: { groupResource } }));
    expect(restoredBy({ resourceModifiers: rules })).not.toEqual(
      restoredBy({ resourceModifiers: rules.toReversed() }),
    );
  });
});
