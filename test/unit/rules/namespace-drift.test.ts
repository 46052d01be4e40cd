import { expect, test } from "vitest";
import { namespaceDrift } from "../../../provider/rules/namespaces.ts";
import type { ClusterBackupOutputs } from "../../../provider/schemas/cluster-backup.ts";
import { state } from "../kinds/backup/state.ts";

const drift = (known: Partial<ClusterBackupOutputs>, ...existing: string[]) =>
  namespaceDrift({ ...state, ...known }, existing);

const teams: Partial<ClusterBackupOutputs> = {
  includedNamespaces: ["/^team-/"],
  sentNamespaces: { includedNamespaces: ["team-1", "team-2"] },
};

test("nothing has become of namespaces that are what they were", () => {
  expect(drift(teams, "shop", "team-2", "team-1")).toBeUndefined();
});

test("a namespace that has come to match is named, and that up takes it in", () => {
  expect(drift(teams, "team-1", "team-2", "team-3", "team-0", "shop")).toBe(
    "the namespaces that match have changed since the last up: team-0, team-3 is not backed up yet; up takes that in",
  );
});

test("one that is gone is named, and together with what has come", () => {
  expect(drift(teams, "team-1")).toContain("last up: team-2 is gone; up");
  expect(drift(teams, "team-1", "team-3")).toContain("team-3 is not backed up yet; team-2 is gone;");
});

test("what is to be left out is compared for itself", () => {
  const without: Partial<ClusterBackupOutputs> = {
    excludedNamespaces: ["/-test$/"],
    sentNamespaces: { excludedNamespaces: ["shop-test"] },
  };
  expect(drift(without, "shop", "billing", "shop-test")).toBeUndefined();
  expect(drift(without, "shop-test", "billing-test")).toContain("up: billing-test is not left out yet; up");
  expect(drift(without, "shop")).toContain("up: shop-test is gone; up");
});

test("one that matches and is to be left out is no drift", () => {
  const both: Partial<ClusterBackupOutputs> = { ...teams, excludedNamespaces: ["team-x"] };
  expect(drift(both, "team-1", "team-2", "team-x")).toBeUndefined();
});

test("what Velero resolves at every run never drifts, nor do names", () => {
  expect(drift({ includedNamespaces: ["team-*", "shop"] }, "team-1", "team-2")).toBeUndefined();
  expect(drift({}, "team-1")).toBeUndefined();
});
