import { describe, expect, test } from "vitest";
import { difference } from "./difference.ts";
import { sound } from "./sound-rows.ts";
import { unsound } from "./unsound-rows.ts";

describe("What only the target has is no difference, nor what Velero and controllers rewrite", () => {
  test.each(sound)("in $of", ({ kind, before, after, options }) => {
    expect(difference(kind, before, after, options)).toBeUndefined();
  });
});

describe("What the backup says and the target does not is a difference, by its place", () => {
  test.each(unsound)("$of", ({ kind, before, after, options, said }) => {
    expect(difference(kind, before, after, options)).toBe(said);
  });
});
