import { beforeEach, describe, expect, test, vi } from "vitest";
import { ANOTHER_LINEAGE, kinds, LINEAGE } from "./kinds/arbitrary-inputs.ts";
import { checked, declared, replacesOf } from "./kinds/declared.ts";

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const adopting = { adoptLineage: ANOTHER_LINEAGE };

describe.each(["BackupLocation", "SharedLocation"] as const)("The lineage of a %s", (kind) => {
  test("is made by its check, and is no input of the program's", async () => {
    const { inputs, failures } = await checked(kind, { lineage: "of the program's" });
    expect(failures).toEqual([]);
    expect(inputs["lineage"]).toMatch(/^[0-9a-f]{16}$/);
  });

  test("stays that of its state, whatever is changed and however it is renamed", async () => {
    const { inputs } = await checked(kind);
    const olds = { ...inputs, lineage: LINEAGE };
    const renamed = { ...adopting, owner: `${String(declared[kind]["owner"])}-renamed` };
    for (const changes of [{}, adopting, renamed])
      expect((await checked(kind, changes, olds)).inputs["lineage"]).toBe(LINEAGE);
  });

  test("is the same in the second check of a replacement, which sees no state", async () => {
    const owner = `${String(declared[kind]["owner"])}-replaced`;
    const { inputs } = await checked(kind, { owner });
    const olds = { ...inputs, lineage: LINEAGE };
    await checked(kind, { owner, ...adopting }, olds);
    expect((await checked(kind, { owner, ...adopting })).inputs["lineage"]).toBe(LINEAGE);
  });
});

test.each(kinds)(
  "A lineage that a %s takes back is one that a message has printed, and replaces nothing, declared or dropped",
  async (kind) => {
    const { inputs: without } = await checked(kind);
    const { inputs: taking, failures } = await checked(kind, adopting, without);
    expect(failures).toEqual([]);
    expect((await checked(kind, { adoptLineage: "primary" })).failures).toEqual([
      expect.stringMatching(/adoptLineage: is no lineage: those are 16 of 0-9 and a-f/),
    ]);
    expect(await replacesOf(kind, without, taking)).toEqual([]);
    expect(await replacesOf(kind, taking, (await checked(kind, {}, taking)).inputs)).toEqual([]);
  },
);
