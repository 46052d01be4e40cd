import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mapNamespace, mappingProblem } from "../../../provider/schemas/restore-options.ts";

const dns = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
const part = fc.stringMatching(/^[a-z0-9-]{0,6}$/);

describe("A namespace is called in the target", () => {
  test.each([
    ["shop", { shop: "shop-copy" }, "shop-copy"],
    ["shop", { "*": "*-drill" }, "shop-drill"],
    ["shop", { "*": "*" }, "shop"],
    ["team-a", { "team-*": "old-*" }, "old-a"],
    ["team-a-dev", { "team-*-dev": "*" }, "a"],
    ["a-db", { "*-db": "database-of-*" }, "database-of-a"],
    ["shop", { "*": "*-drill", shop: "kept" }, "kept"],
    ["team-a", { "*": "*-drill", "team-*": "t-*" }, "t-a"],
    ["team-a", { "team-*": "t-*", "*": "*-drill" }, "t-a"],
    ["team-", { "team-*": "old-*x" }, "old-x"],
  ])("%s, mapped by %j: %s", (name, mapping, expected) => {
    expect(mapNamespace(name, mapping)).toBe(expected);
  });

  test.each([
    ["shop", undefined],
    ["shop", {}],
    ["shop", { billing: "x" }],
    ["shop-2", { shop: "x" }],
    ["ateam-a", { "team-*": "x-*" }],
    // One letter is not both what it begins and what it ends with.
    ["a", { "a*a": "x-*" }],
    ["toString", { shop: "x" }],
  ])("nothing that %s is mapped to where %j has nothing for it", (name, mapping) => {
    expect(mapNamespace(name, mapping)).toBeUndefined();
  });

  test("whatever stands for the *, it stands for the same in both", () =>
    fc.assert(
      fc.property(part, part, part, part, dns, (before, after, first, last, middle) => {
        const mapping = { [`${before}*${after}`]: `${first}*${last}` };
        expect(mapNamespace(before + middle + after, mapping)).toBe(first + middle + last);
      }),
    ));

  test("two of them are never the same by one pattern", () =>
    fc.assert(
      fc.property(dns, dns, part, part, (one, other, first, last) => {
        fc.pre(one !== other);
        const mapping = { "*": `${first}*${last}` };
        expect(mapNamespace(one, mapping)).not.toBe(mapNamespace(other, mapping));
      }),
    ));

  test("in whatever order the entries have come over the wire", () => {
    const pattern = fc.tuple(part, part).map(([before, after]) => `${before}*${after}`);
    const entries = fc.uniqueArray(fc.tuple(fc.oneof(dns, pattern), pattern), {
      maxLength: 5,
      selector: ([from]) => from,
    });
    fc.assert(
      fc.property(dns, entries, fc.nat(), (name, mapping, seed) => {
        const from = seed % (mapping.length + 1);
        const turned = [...mapping.slice(from), ...mapping.slice(0, from)].toReversed();
        expect(mapNamespace(name, Object.fromEntries(turned))).toBe(
          mapNamespace(name, Object.fromEntries(mapping)),
        );
      }),
    );
  });

  test("what a pattern says that fits, and nothing where none does", () =>
    fc.assert(
      fc.property(dns, part, part, (name, before, after) => {
        const fits = name.length >= (before + after).length && new RegExp(`^${before}.*${after}$`).test(name);
        expect(mapNamespace(name, { [`${before}*${after}`]: "x-*" }) !== undefined).toBe(fits);
      }),
    ));
});

describe("An entry", () => {
  test.each([
    ["a*b*", "x-*", /^"a\*b\*" → "x-\*" has more than one \*$/],
    ["a*", "*-*", /has more than one \*$/],
    ["shop", "*-drill", /^"\*-drill" has a \* that stands for nothing in "shop"$/],
    ["*", "drill", /^"\*" would map all that fits to the one namespace "drill"$/],
    ["shop", "Shop", /^"shop" → "Shop": "Shop" can be the name of no namespace: those are at most 63 of a-z/],
    ["shop", "shop_2", /"shop_2" can be the name of no namespace/],
    ["shop", "shop.eu", /"shop\.eu" can be the name of no namespace/],
    ["shop", "-shop", /"-shop" can be the name of no namespace/],
    ["shop", "a".repeat(64), /"a{64}" can be the name of no namespace/],
    ["Shop", "shop", /"Shop" can be the name of no namespace/],
    ["*", "*-Copy", /"\*-Copy" can be the name of no namespace/],
    ["*", "-*", /"-\*" can be the name of no namespace/],
    ["*", `*${"a".repeat(63)}`, /can be the name of no namespace/],
    ["team_*", "*", /"team_\*" can be the name of no namespace/],
  ])("%s → %s is refused, with why", (from, to, reason) => {
    expect(mappingProblem(from, to)).toMatch(reason);
  });

  test.each([
    ["shop", "shop-copy"],
    ["*", "*-drill"],
    ["team-*", "*"],
    ["a".repeat(63), "b".repeat(63)],
    ["*", `*${"a".repeat(62)}`],
    ["0", "1"],
  ])("%s → %s is none to refuse", (from, to) => {
    expect(mappingProblem(from, to)).toBeUndefined();
  });
});
