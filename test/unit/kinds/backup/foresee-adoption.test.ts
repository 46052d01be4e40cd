import { describe, expect, test } from "vitest";
import { UNKNOWN } from "../../../../provider/core/values.ts";
import { foreseeAdoption } from "../../../../provider/kinds/backup/adopt.ts";
import { mergePatch } from "../../../../provider/kubernetes/ensure.ts";
import { desiredSchedule } from "../../../../provider/rules/judge-schedule.ts";
import type { ClusterBackupOutputs } from "../../../../provider/schemas/cluster-backup.ts";
import { stillKept } from "../../../../provider/schemas/selection.ts";
import { scheduleWhole } from "../../../../provider/velero/manifests.ts";
import { inDeclaredWords } from "../../../../provider/velero/reads-alike.ts";
import type { Schedule } from "../../../../provider/velero/types.ts";
import { type WrittenSchedule, writtenSchedules } from "../../../fixtures/adopt/schedules.ts";
import { applyMergePatch } from "../../core/merge-patch.ts";
import { state } from "./state.ts";

const CRON = "0 2 * * *";
const around = { location: state.location.locationName, namespace: "shop" };

const liveOf = ({ metadata, spec }: Pick<WrittenSchedule, "metadata" | "spec">): Schedule => ({
  metadata: { name: "theirs", namespace: "velero", ...metadata },
  spec: { schedule: CRON, ...spec } as Schedule["spec"],
});

const programOf = (declared: Record<string, unknown>): ClusterBackupOutputs => ({
  ...state,
  objectName: "theirs",
  schedule: CRON,
  ...declared,
});

/** The patch by which an `up` makes the live Schedule be as declared; undefined where there is nothing to change. */
const patchFor = (live: Schedule, program: ClusterBackupOutputs): { spec?: object } | undefined => {
  const desired = desiredSchedule(program);
  return mergePatch(inDeclaredWords(live, desired), desired, scheduleWhole);
};

describe("A Schedule that is taken over", () => {
  test.each(writtenSchedules(around).map((each) => [each.title, each] as const))(
    "with %s",
    (_title, { metadata, spec, declared, changes, kept }) => {
      const live = liveOf({ ...(metadata && { metadata }), spec });
      const before = structuredClone(live);
      const foreseen = foreseeAdoption(live, desiredSchedule(programOf(declared)));
      expect(foreseen.changes).toEqual(changes);
      expect(foreseen.kept).toEqual(kept);

      const program = programOf({ ...declared, kept: foreseen.keptSpec });
      const patch = patchFor(live, program);
      const after = applyMergePatch(live, patch ?? {}) as Schedule;
      expect(patchFor(after, program)).toBeUndefined();
      expect(after.metadata.labels).toMatchObject(metadata?.labels ?? {});
      expect(after.metadata.annotations).toMatchObject(metadata?.annotations ?? {});
      const template = after.spec.template as Record<string, unknown>;
      for (const [field, value] of Object.entries(foreseen.keptSpec))
        expect(template[field]).toMatchObject(value as object);
      // What is neither told nor kept is not written either.
      const written = Object.keys((patch?.spec as { template?: object })?.template ?? {});
      const told = (field: string) => [...changes, ...kept].some((words) => words.startsWith(`${field}:`));
      expect(written.filter((field) => !told(field) && field !== "storageLocation")).toEqual([]);
      expect(live).toEqual(before);
    },
  );

  const changesFor = (template: Record<string, unknown>, declared: Record<string, unknown>) =>
    foreseeAdoption(liveOf({ spec: { template } }), desiredSchedule(programOf(declared)));

  test("keeps a field that no property says, and a value that a property does not take", () => {
    const template = { ofTheFuture: { depth: 2 }, includedNamespaces: [""], excludedResources: ["a b"] };
    const { changes, kept, keptSpec } = changesFor(template, {});
    expect(changes).toEqual([]);
    expect(kept).toHaveLength(3);
    expect(keptSpec).toEqual(template);
  });

  test("tells how to keep the policies that a ConfigMap of somebody else has", () => {
    const template = { resourcePolicy: { kind: "configmap", name: "shared" } };
    expect(changesFor(template, {}).changes).toEqual([
      'resourcePolicy: {"kind":"configmap","name":"shared"} goes (to keep it, declare resourcePolicy: {"configMap":"shared"})',
    ]);
    expect(changesFor(template, { resourcePolicy: { configMap: "shared" } })).toMatchObject({
      changes: [],
      kept: [],
    });
  });

  test("tells of no change where a value is not known yet", () => {
    expect(changesFor({ ttl: "24h" }, { ttl: UNKNOWN }).changes).toEqual([]);
  });

  test("gives a kept field up for good once the program says it", () => {
    const kept = { snapshotVolumes: false, metadata: { labels: { a: "b" } }, ofTheFuture: 1 };
    expect(stillKept({ kept })).toEqual(kept);
    expect(stillKept({ kept, volumes: "none" })).toEqual({ metadata: kept.metadata, ofTheFuture: 1 });
    expect(stillKept({ kept: { includedNamespaces: [""] }, includedNamespaces: ["shop"] })).toBeUndefined();
  });

  test("labels its backups as ours, too, where its template has labels", () => {
    const program = programOf({ kept: { metadata: { labels: { retention: "long" } } } });
    const { metadata, spec } = desiredSchedule(program);
    expect(spec.template).toMatchObject({ metadata: { labels: { retention: "long", ...metadata.labels } } });
  });

  test.each<[string, Record<string, unknown>]>([
    ["another time to keep it", { ttl: "1h" }],
    ["fewer kinds", { includedResources: ["pods"] }],
    ["an empty name for namespaces", { includedNamespaces: [""] }],
    ["an empty label", { labelSelector: { matchLabels: { app: "" } } }],
    ["no snapshots", { snapshotVolumes: false }],
    ["file copies", { defaultVolumesToFsBackup: false }],
    ["the old switch", { defaultVolumesToRestic: true }],
    ["data that is moved", { snapshotMoveData: false }],
    ["a hook", { hooks: { resources: [{ name: "a" }] } }],
    ["no cluster resources", { includeClusterResources: false }],
    ["scoped kinds", { includedNamespaceScopedResources: ["*"] }],
  ])("has drifted where someone adds what has an effect: %s", (_what, added) => {
    const program = programOf({});
    const live = desiredSchedule(program);
    const edited = { ...live, spec: { ...live.spec, template: { ...live.spec.template, ...added } } };
    expect(patchFor(edited, program)).toBeDefined();
  });
});
