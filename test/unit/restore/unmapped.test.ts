import { expect, test } from "vitest";
import { unmapped } from "../../../provider/resources/restore/unmapped.ts";

test.each<[string, string[], Record<string, string> | undefined]>([
  ["there is none", ["shop"], undefined],
  ["each entry fits a namespace", ["shop", "shop-a"], { shop: "copy", "shop-*": "copy-*" }],
  ["one fits beside another that does better", ["shop"], { shop: "copy", "*": "*-copy" }],
  ["nothing is restored", [], { shop: "copy" }],
])("nothing is said of a mapping where %s", (_why, restored, mapping) => {
  expect(unmapped(restored, mapping)).toBeUndefined();
});

test("of a mapping that fits nothing the entries are named, and what is restored", () => {
  const found = unmapped(["shop", "a", "b", "c", "d", "e"], { shpo: "copy", "team-*": "copy-*" });
  expect(found?.isAll).toBe(true);
  expect(found?.problem.message).toBe(
    'namespaceMapping: "shpo", "team-*" fits no namespace of what is restored (shop, a, b, c, d, …), and what no entry fits keeps its own name. Mend the name, or leave the entry out.',
  );
});

test("one that fits in part is told apart from one that fits nothing", () => {
  expect(unmapped(["shop"], { shop: "copy", shpo: "copy" })?.isAll).toBe(false);
});
