import { describe, expect, test } from "vitest";
import { sourceStore } from "../../../../provider/kinds/restore/part.ts";
import type { StorageConfig } from "../../../../provider/store/storage-config.ts";
import { inputs, partWith } from "./state.ts";

const bucket = (name: string): StorageConfig => ({
  minio: { bucket: name, endpoint: `https://${name}.example.com`, credentials: {} as never },
});
const access = { endpoint: "https://outside.example.com" };

describe("What a source has stored is read", () => {
  test("in the location's store, by the program's own way there", () => {
    expect(sourceStore(partWith({ storage: bucket("main"), access }))).toEqual({
      storage: bucket("main"),
      access,
    });
  });

  test("in a store of its own by that one's keys, since the program's way leads to another", () => {
    const { east } = inputs.targets;
    const targets = { east: { ...east!, source: { storage: bucket("replica") } } };
    const whole = { storage: bucket("main"), targets };
    expect(sourceStore(partWith({ ...whole, access }))).toEqual({
      storage: bucket("replica"),
      access: undefined,
    });
    expect(sourceStore(partWith({ ...whole, access: "none" }))).toMatchObject({ access: "none" });
  });
});
