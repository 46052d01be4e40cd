import { describe, expect, test } from "vitest";
import { judgeRestoredKinds } from "../../../provider/rules/selected-kinds.ts";
import type { RestoreOptions } from "../../../provider/velero/restore-option-entries.ts";
import { served } from "./served-kinds.ts";

const STORED = ["configmaps", "deployments.apps", "gadgets.example.org"];

const told = (options: RestoreOptions, stored: string[] | undefined = STORED) =>
  judgeRestoredKinds(options, { cluster: "dr", kinds: served, silent: [], ...(stored && { stored }) }).map(
    ({ weight, path, reason }) => `${weight} ${path}: ${reason}`,
  );
const blind = (options: RestoreOptions) =>
  judgeRestoredKinds(options, { cluster: "dr", kinds: served, silent: [] }).map(({ weight }) => weight);
const modifier = (groupResource: string) => ({ resourceModifiers: [{ conditions: { groupResource } }] });

describe("A kind that is to be restored", () => {
  test("is one that the target serves, or one of the backup's by its full name", () => {
    expect(told({ includedResources: ["cm", "secrets", "gadgets.example.org", "*.example.org"] })).toEqual(
      [],
    );
  });

  test("is none by a short name that the target does not know yet", () => {
    expect(told({ includedResources: ["cm", "gadgets"] })).toEqual([
      'misspelt includedResources.1: neither cluster "dr" nor the backup has a kind "gadgets" (is gadgets.example.org meant?), and Velero would pass over it in silence: mend it',
    ]);
  });

  test("is told where neither has it, and refused where nothing would be left", () => {
    const neither =
      'neither cluster "dr" nor the backup has a kind "gizmos.example.net", so that none is restored';
    expect(told({ includedResources: ["cm", "gizmos.example.net"] })).toEqual([
      `idle includedResources.1: ${neither}`,
    ]);
    expect(told({ includedResources: ["gizmos.example.net"] })).toEqual([
      `unknown includedResources.0: ${neither}. Nothing would be restored`,
    ]);
    expect(told({ includedResources: ["cm", "gizmos"] })).toEqual([
      'unknown includedResources.1: neither cluster "dr" nor the backup has a kind "gizmos", and Velero would pass over it in silence: mend it',
    ]);
  });

  test("may be in a backup that nobody sees into", () => {
    expect(blind({ includedResources: ["gizmos.example.net", "widgts.example.com"] })).toEqual([
      "idle",
      "idle",
    ]);
    expect(blind({ includedResources: ["secrts", "gizmos"] })).toEqual(["misspelt", "unknown"]);
  });

  test("is none that Velero never restores", () => {
    expect(told({ includedResources: ["cm", "Node"] })).toEqual([
      "misplaced includedResources.1: Velero never restores nodes: take it out",
    ]);
  });

  test("may be one of Velero's own snapshots, where there is no CSI", () => {
    const snapshots = "volumesnapshotclasses.snapshot.storage.k8s.io";
    expect(told({ includedResources: ["cm", snapshots], excludedResources: [snapshots] })).toEqual([]);
  });

  test("lies in namespaces, where not all of those are restored, but in a drill", () => {
    const some = { includedNamespaces: ["shop"], includedResources: ["storageclasses"] };
    expect(told(some)).toEqual([expect.stringMatching(/^misplaced .*are restored Velero leaves it out/)]);
    expect(told({ ...some, drill: true })).toEqual([]);
  });
});

describe("A rule that changes objects", () => {
  test.each(["deployments.apps", "configmaps", "*", "*.apps", "gadgets.example.org", "**"])(
    "is for %s",
    (kind) => {
      expect(told(modifier(kind))).toEqual([]);
    },
  );

  test.each([
    ["deployments", "deployments.apps"],
    ["Deployment", "deployments.apps"],
    ["cm", "configmaps"],
    ["Secrets", "secrets"],
    ["gadgets", "gadgets.example.org"],
  ])("is for none as %s, since Velero compares with %s", (word, name) => {
    expect(told(modifier(word))).toEqual([
      expect.stringMatching(
        new RegExp(
          `^misspelt resourceModifiers\\.0\\.conditions\\.groupResource: .*\\(is ${name} meant\\?\\), so that`,
        ),
      ),
    ]);
  });

  test("may be for what is nowhere: it changes nothing", () => {
    expect(told(modifier("gizmos.example.net"))).toEqual([expect.stringMatching(/^idle resourceModifiers/)]);
  });
});

test("the status of a kind is restored by its name, too", () => {
  const restoreStatus = { includedResources: ["deploymets"], excludedResources: ["secrts"] };
  expect(told({ restoreStatus })).toEqual([
    expect.stringMatching(/^misspelt restoreStatus\.includedResources\.0: .*is deployments\.apps meant/),
    expect.stringMatching(/^misspelt restoreStatus\.excludedResources\.0: .*is secrets meant/),
  ]);
});
