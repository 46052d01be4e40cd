import { describe, expect, it } from "vitest";
import { diffInputs } from "../../engine/stand-in/input-diff.ts";
import { annotateSecrets, COMPUTED, deepEquals, Secret } from "../../engine/stand-in/property-value.ts";
import { decodeMap, encodeMap, UNKNOWN_SENTINEL } from "../../engine/stand-in/wire.ts";

describe("secretness after a provider's answer", () => {
  it("comes back by key, through objects, and to whole arrays", () => {
    const ins = {
      token: new Secret("t"),
      auth: { user: "u", password: new Secret("p") },
      list: ["a", new Secret("b")],
    };
    const outs = { token: "t", auth: { user: "u", password: "p" }, list: ["b", "a"], derived: "t!" };
    expect(annotateSecrets(outs, ins)).toEqual({
      token: new Secret("t"),
      auth: { user: "u", password: new Secret("p") },
      list: new Secret(["b", "a"]),
      derived: "t!",
    });
  });
});

describe("the engine's diff of inputs", () => {
  it("names the paths of what differs; secretness and null against absence do not count", () => {
    const olds = { a: 1, b: { c: [1, 2] }, d: new Secret("x"), e: null, f: true };
    const news = { a: 2, b: { c: [1, 3, 4] }, d: "x" };
    expect(diffInputs(olds, news)).toEqual([["a"], ["b", "c", 1], ["b", "c", 2], ["f"]]);
  });

  it("counts an unknown as a change of anything but an unknown", () => {
    expect(diffInputs({ a: 1 }, { a: COMPUTED })).toEqual([["a"]]);
    expect(deepEquals(COMPUTED, COMPUTED)).toBe(true);
  });
});

describe("values on the wire", () => {
  const SIGNATURE = "4dabf18193072939515e22adb298388d";
  const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

  it("become secrets, unknowns and their dependencies", () => {
    const dependencies = new Set<string>();
    const decoded = decodeMap(
      {
        unknown: UNKNOWN_SENTINEL,
        output: { [SIGNATURE]: OUTPUT, value: "v", secret: true, dependencies: ["urn:x"] },
        pending: { [SIGNATURE]: OUTPUT },
      },
      { dependencies },
    );
    expect(decoded).toEqual({ unknown: COMPUTED, output: new Secret("v"), pending: COMPUTED });
    expect([...dependencies]).toEqual(["urn:x"]);
  });

  it("lose secrets and unknowns where the receiver takes none", () => {
    const values = { token: new Secret("t"), unknown: COMPUTED, list: [COMPUTED, 1] };
    expect(encodeMap(values, {})).toEqual({ token: "t", list: [1] });
    expect(encodeMap(values, { keepUnknowns: true })).toEqual({
      token: "t",
      unknown: UNKNOWN_SENTINEL,
      list: [UNKNOWN_SENTINEL, 1],
    });
  });

  it("are refused as unknown where everything must be known", () => {
    expect(() => decodeMap({ a: { b: UNKNOWN_SENTINEL } }, { rejectUnknowns: true })).toThrow(
      'value for "b"',
    );
  });
});
