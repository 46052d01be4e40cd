import { describe, expect, it } from "vitest";
import { parsePropertyPath, pathContains, resetPath } from "../../engine/stand-in/property-path.ts";
import type { PropertyMap } from "../../engine/stand-in/property-value.ts";

describe("property paths", () => {
  it("are parsed with names, indexes and quoted keys", () => {
    expect(parsePropertyPath('a.b[0]["c.d"].*')).toEqual(["a", "b", 0, "c.d", "*"]);
    expect(() => parsePropertyPath("a[")).toThrow("invalid property path");
  });

  it("contain what lies below them, a star in place of any part", () => {
    expect(pathContains(["a"], ["a", "b"])).toBe(true);
    expect(pathContains(["a", "*", "c"], ["a", 0, "c"])).toBe(true);
    expect(pathContains(["a", "b"], ["a"])).toBe(false);
  });

  it.each<[string, PropertyMap, PropertyMap, PropertyMap]>([
    ["a", { a: 1 }, { a: 2, b: 3 }, { a: 1, b: 3 }],
    ["a", {}, { a: 2 }, {}],
    ["a.b", { a: { b: 1 } }, { a: { b: 2, c: 3 } }, { a: { b: 1, c: 3 } }],
    ["list[1]", { list: [1, 2] }, { list: [3, 4] }, { list: [3, 2] }],
    ["list[1]", { list: [1] }, { list: [3, 4] }, { list: [3, 4] }],
    ["a.*", { a: { b: 1, d: 4 } }, { a: { b: 2, c: 3 } }, { a: { b: 1, d: 4 } }],
  ])("put %s back", (path, olds, news, expected) => {
    resetPath(parsePropertyPath(path), olds, news);
    expect(news).toEqual(expected);
  });
});
