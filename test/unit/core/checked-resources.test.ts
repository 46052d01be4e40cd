import { describe, expect, test } from "vitest";
import { CheckedResources } from "../../../provider/core/session.ts";
import { newLineage } from "../../../provider/core/identity.ts";
import { UNKNOWN } from "../../../provider/core/values.ts";

test("only what check has seen is declared", () => {
  const checked = new CheckedResources();
  expect(checked.has("urn a")).toBe(false);
  checked.remember("urn a");
  expect(checked.has("urn a")).toBe(true);
  expect(checked.has("urn b")).toBe(false);
});

describe("The lineage of a location", () => {
  const [preview, up] = [{ dryRun: true }, { dryRun: false }];

  test("is that of its state, whatever else was checked before", () => {
    const checked = new CheckedResources();
    checked.remember("urn another", "of another");
    checked.remember("urn location", "of its first check");
    expect(checked.lineageFor("urn location", { lineage: "of its state" }, up)).toBe("of its state");
  });

  test("is a new one where the stack has none, and is not known before the up", () => {
    const checked = new CheckedResources();
    expect(checked.lineageFor("urn location", undefined, preview)).toBe(UNKNOWN);
    const made = checked.lineageFor("urn location", undefined, up);
    expect(made).toMatch(/^[0-9a-f]{16}$/);
    expect(new CheckedResources().lineageFor("urn location", undefined, up)).not.toBe(made);
  });

  test("stays where it is replaced, whose second check sees no state", () => {
    const checked = new CheckedResources();
    checked.remember("urn another", newLineage());
    const lineage = newLineage();
    checked.remember("urn location", checked.lineageFor("urn location", { lineage }, up));
    // The diff remembers the URN of the old half, and an analysis of its delete sends unknowns.
    checked.remember("urn location");
    checked.remember("urn location", UNKNOWN);
    expect(checked.lineageFor("urn location", undefined, up)).toBe(lineage);
    expect(checked.lineageFor("urn location", undefined, preview)).toBe(lineage);
  });

  test("is that of the stack's locations where it is a new one, as far as they were checked before", () => {
    const checked = new CheckedResources();
    checked.remember("urn first", checked.lineageFor("urn first", undefined, preview));
    expect(checked.lineageFor("urn second", undefined, preview)).toBe(UNKNOWN);
    checked.remember("urn first", checked.lineageFor("urn first", undefined, up));
    const lineage = checked.lineageFor("urn second", undefined, up);
    expect(lineage).toBe(checked.lineageFor("urn first", undefined, up));
    expect(checked.lineageFor("urn third", undefined, preview)).toBe(lineage);
  });

  test("of a resource is told as far as it was checked", () => {
    const checked = new CheckedResources();
    checked.remember("urn location", UNKNOWN);
    expect(checked.has("urn location")).toBe(true);
    expect(checked.lineageOf("urn location")).toBeUndefined();
    checked.remember("urn location", "l");
    expect(checked.lineageOf("urn location")).toBe("l");
    expect(checked.lineageOf("urn other")).toBeUndefined();
  });
});
