import { describe, expect, test } from "vitest";
import { frequencyOf, frequencyTwin } from "../../../provider/velero/manifests.ts";

describe("How often Velero looks at a location", () => {
  test.each<[string, string | undefined, number | undefined]>([
    ["is its server's matter where the location says nothing", undefined, undefined],
    ["is its server's matter where the location says less than nothing", "-1ms", undefined],
    ["is never where the location says 0", "0", 0],
    ["is never where the location says 0 as Velero writes it", "0s", 0],
    ["is what the location says", "1m", 60_000],
    ["is what the location says in Velero's words", "1h30m0s", 5_400_000],
    ["is the same after a nudge", "60001ms", 60_000],
    ["is the same after a nudge in Velero's words", "1m0.001s", 60_000],
    ["is the same after a nudge of broken seconds", "5.001s", 5_000],
    ["is never after a nudge of 0", "876000h1ms", 0],
    ["is never after a nudge of 0 in Velero's words", "876000h0m0.001s", 0],
    ["is more than never where it is as short as can be", "1ms", 10],
  ])("%s", (_what, written, frequency) => {
    expect(frequencyOf(written)).toBe(frequency);
  });
});

describe("A nudge", () => {
  test.each([
    ["1m", "60001ms", "60000ms"],
    ["1h30m", "5400001ms", "5400000ms"],
    ["60001ms", "60000ms", "60001ms"],
    ["0", "876000h1ms", "0s"],
    ["0s", "876000h1ms", "0s"],
    [undefined, "-1ms", undefined],
    ["-1ms", undefined, "-1ms"],
  ])(
    "of %s writes another frequency that means the same, and the next one goes back",
    (from, there, back) => {
      expect(frequencyTwin(from)).toBe(there ?? null);
      expect(frequencyTwin(there)).toBe(back ?? null);
      expect(frequencyOf(there)).toBe(frequencyOf(from));
    },
  );
});
