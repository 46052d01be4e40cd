import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { restores } from "../../../../provider/kubernetes/resources.ts";
import {
  findRestore,
  restoreRequestLabel,
  restoreRequestHash,
} from "../../../../provider/kinds/restore/run-restore.ts";
import type { RestoreOutputs } from "../../../../provider/schemas/restore.ts";
import { partOf } from "../../../../provider/kinds/restore/part.ts";
import type { Restore } from "../../../../provider/velero/types.ts";
import { ANOTHER_LINEAGE } from "../arbitrary-inputs.ts";
import { memoryCluster } from "../backup/memory-cluster.ts";
import { MAKER, OWNED, OWNER, partWith, restoreOf, SOURCE, state } from "./state.ts";

const found = async (part = partWith(), ...there: Restore[]) => {
  const { client, put } = memoryCluster();
  for (const each of there) put(restores, each);
  return (await findRestore(client, part))?.metadata.name;
};
const named = (name: string, part = partWith(), status: Restore["status"] = { phase: "Completed" }) =>
  restoreOf(part, status, name);

describe("What an earlier run has begun is found again", () => {
  test("in whatever phase it is", async () => {
    const phases = [undefined, "InProgress", "Completed", "Failed", "FailedValidation"];
    for (const phase of phases)
      expect(
        await found(partWith(), named("r", partWith(), phase === undefined ? {} : { phase })),
        phase,
      ).toBe("r");
  });

  test("whatever it is that state knows of it, and which run it was", async () => {
    const another = partWith({ incarnation: "ffff" }, { backupName: "another", restoreName: "r" });
    expect(await found(another, named("r"))).toBe("r");
  });

  test("under an owner that the resource had before", async () => {
    const renamed = { owner: `${OWNER}-renamed`, formerOwners: [OWNED] };
    expect(await found(partWith(renamed), named("r"))).toBe("r");
    expect(await found(partWith({ owner: `${OWNER}-renamed` }), named("r"))).toBeUndefined();
  });

  test("by its labels, and never by its name", async () => {
    const { metadata, ...rest } = named(`${state.objectNames["east"]}-20261123120000`);
    expect(
      await found(partWith(), { ...rest, metadata: { name: metadata.name, labels: {} } }),
    ).toBeUndefined();
  });

  test("the newest of several", async () => {
    const names = ["r-20261123120000", "r-20261123120002", "r-20261123120001"];
    expect(await found(partWith(), ...names.map((name) => named(name)))).toBe("r-20261123120002");
  });

  test("the one that the server made last, whatever the clocks of those who named them", async () => {
    const made = (name: string, creationTimestamp: string) => {
      const { metadata, ...rest } = named(name);
      return { ...rest, metadata: { ...metadata, creationTimestamp } };
    };
    const early = made("r-20261123120009", "2026-11-23T12:00:01Z");
    const late = made("r-20261123120000", "2026-11-23T12:00:02Z");
    expect(await found(partWith(), early, late)).toBe(late.metadata.name);
    expect(await found(partWith(), late, early)).toBe(late.metadata.name);
  });

  test("and not where it is being deleted", async () => {
    const { metadata, ...rest } = named("r-2");
    const leaving = { ...rest, metadata: { ...metadata, deletionTimestamp: "2026-11-23T12:00:00Z" } };
    expect(await found(partWith(), leaving)).toBeUndefined();
    expect(await found(partWith(), leaving, named("r-1"))).toBe("r-1");
  });
});

describe("What a stack of the same name has done already", () => {
  const theirs = partWith({ lineage: ANOTHER_LINEAGE });

  test("is refused, with its lineage and the ways out, and is not restored over", async () => {
    const refused = found(partWith(), named("r", theirs));
    await expect(refused).rejects.toMatchObject({ code: "OwnedByAnother" });
    await expect(refused).rejects.toThrow(
      `backup: Restore velero/r in cluster "east" has restored this already, and belongs to ${OWNER} of another stack`,
    );
    await expect(refused).rejects.toThrow(
      new RegExp(
        `Nothing was restored\\. Rename .* adoptLineage: "${ANOTHER_LINEAGE}" .* restore again .*\`triggers\``,
      ),
    );
  });

  test("is found where its state is lost and its lineage is taken back", async () => {
    expect(await found(partWith({ adoptLineage: ANOTHER_LINEAGE }), named("r", theirs))).toBe("r");
  });

  test("is no concern of another wish, nor where this one has begun the same, too", async () => {
    expect(await found(partWith({ triggers: [1] }), named("r", theirs))).toBeUndefined();
    expect(await found(partWith(), named("r-2", theirs), named("r-1"))).toBe("r-1");
  });

  test("is no concern of a resource of another name, nor while it is being deleted", async () => {
    expect(await found(partWith({ owner: `${OWNER}-2` }), named("r", theirs))).toBeUndefined();
    const { metadata, ...rest } = named("r", theirs);
    const leaving = { ...rest, metadata: { ...metadata, deletionTimestamp: "2026-11-23T12:00:00Z" } };
    expect(await found(partWith(), leaving)).toBeUndefined();
  });
});

describe("It is found for the same wish alone", () => {
  test.each<[string, Partial<RestoreOutputs>]>([
    ["triggers", { triggers: [1] }],
    ["options", { includedNamespaces: ["shop"] }],
    ["source", { source: { owner: "urn:another", scheduled: true } }],
    ["time", { source: { owner: SOURCE, scheduled: true, before: "2026-11-22T00:00:00Z" } }],
    ["target", { targets: { east: { ...state.targets["east"]!, cluster: "south" } } }],
    ["whether it is a drill", { drill: true }],
  ])("and not with another %s", async (_what, changes) => {
    expect(await found(partWith(changes), named("r"))).toBeUndefined();
  });

  test.each<[string, Partial<RestoreOutputs>]>([
    [
      "where the source was under another URN before",
      { source: { owner: SOURCE, scheduled: true, formerOwners: [{ ...MAKER, owner: "urn:x" }] } },
    ],
    [
      "where it is reached otherwise",
      { targets: { east: { ...state.targets["east"]!, connection: { ambient: true } } } },
    ],
    [
      "where another backup is the source's newest",
      { targets: { east: { ...state.targets["east"]!, source: { latest: "newer" } } } },
    ],
    ["where no triggers are said in other words", { triggers: [] }],
    [
      "where there is a plan",
      { plan: { create: 1, exists: 0, update: 0, notRestorable: 0, missingKinds: [] } },
    ],
  ])("%s", async (_what, changes) => {
    expect(await found(partWith(changes), named("r"))).toBe("r");
  });

  test("which is another for each cluster of a workspace", () => {
    const both: RestoreOutputs = {
      ...state,
      targets: { east: state.targets["east"]!, north: state.targets["east"]! },
    };
    expect(restoreRequestHash(partOf(both, "north"))).not.toBe(restoreRequestHash(partOf(both, "east")));
    expect(restoreRequestHash(partOf(both, "east"))).toBe(restoreRequestHash(partWith()));
  });

  // Another version must find what an older one has begun, and remove the ConfigMap that this one has made.
  test.each([
    ["0.1-restore", "east", "357f803629b2a97a"],
    ["0.1-restore-workspace-drill", "west", "9c6fb0bc62eb2807"],
  ])("and told of a state that a released version wrote as it was then: %s", (name, key, wish) => {
    const file = new URL(`../../../fixtures/states/${name}.json`, import.meta.url);
    const { outputs } = JSON.parse(readFileSync(file, "utf8")) as { outputs: RestoreOutputs };
    expect(restoreRequestHash(partOf(outputs, key))).toBe(wish);
  });

  test("and goes into a label as it is", () => {
    expect(restoreRequestLabel).toMatch(/^pulumi-velero\.io\//);
    expect(restoreRequestHash(partWith())).toMatch(/^[0-9a-f]{16}$/);
  });
});
