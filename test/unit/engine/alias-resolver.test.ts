import { describe, expect, it } from "vitest";
import type { Alias } from "../../engine/stand-in/goal.ts";
import { AliasResolver } from "../../engine/stand-in/alias-resolver.ts";
import { newResourceState } from "../../engine/stand-in/resource-state.ts";
import { makeUrn } from "../../engine/stand-in/urn.ts";

const urnOf = (type: string, name: string, parent = ""): string => makeUrn("dev", "app", parent, type, name);
const spec = (fields: Partial<Extract<Alias, { name: string }>>): Alias => ({
  ...{ name: "", type: "", stack: "", project: "", parent: "", noParent: false },
  ...fields,
});

function resolver(...olds: string[]) {
  const aliases = new AliasResolver("dev", "app", new Map());
  const states = new Map(olds.map((urn) => [urn, newResourceState(urn, "")]));
  return (type: string, name: string, parent = "", ...given: Alias[]): string | undefined =>
    aliases.find(urnOf(type, name, parent), { type, name, parent, aliases: given }, states, new Set()).old
      ?.urn;
}

describe("aliases", () => {
  it("prefer the resource's own URN", () => {
    const find = resolver(urnOf("a:b:C", "x"), urnOf("a:b:C", "old"));
    expect(find("a:b:C", "x", "", spec({ name: "old" }))).toBe(urnOf("a:b:C", "x"));
  });

  it("find a former name, type, parent, project or whole URN", () => {
    const parent = urnOf("g:h:I", "group");
    const find = resolver(
      urnOf("a:b:C", "one"),
      urnOf("a:b:D", "two"),
      urnOf("a:b:C", "three", parent),
      "urn:pulumi:dev::elsewhere::a:b:C::four",
    );
    expect(find("a:b:C", "new", "", spec({ name: "one" }))).toBe(urnOf("a:b:C", "one"));
    expect(find("a:b:C", "two", "", spec({ type: "a:b:D" }))).toBe(urnOf("a:b:D", "two"));
    expect(find("a:b:C", "three", "", spec({ parent }))).toBe(urnOf("a:b:C", "three", parent));
    expect(find("a:b:C", "four", "", spec({ project: "elsewhere" }))).toContain("elsewhere");
    expect(find("a:b:C", "five", "", { urn: urnOf("a:b:D", "two") + "x" })).toBeUndefined();
  });

  it("pass from a parent to its children, with its name at the front of theirs", () => {
    const former = urnOf("g:h:I", "app");
    const find = resolver(former, urnOf("a:b:C", "app-db", former));
    const current = urnOf("g:h:I", "newapp");
    expect(find("g:h:I", "newapp", "", spec({ name: "app" }))).toBe(former);
    expect(find("a:b:C", "newapp-db", current)).toBe(urnOf("a:b:C", "app-db", former));
  });

  it("refuse two resources that were the same one", () => {
    const find = resolver(urnOf("a:b:C", "old"));
    find("a:b:C", "x", "", spec({ name: "old" }));
    expect(() => find("a:b:C", "y", "", spec({ name: "old" }))).toThrow("Duplicate resource alias");
    expect(() => find("a:b:C", "old")).toThrow("Duplicate resource URN");
  });
});
