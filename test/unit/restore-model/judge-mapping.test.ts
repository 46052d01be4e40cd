import { describe, expect, test } from "vitest";
import {
  type BackupNamespaces,
  mappingProblemFor,
  saidNamespaces,
  strayEntries,
  strayProblem,
} from "../../../provider/restore-model/judge-mapping.ts";

const found = (names: string[], cluster = "west"): BackupNamespaces => ({
  names,
  mayHold: (name) => names.includes(name),
  shown: names,
  cluster,
  backupName: "nightly",
});
const unseen = (includedNamespaces?: string[]): BackupNamespaces => ({
  ...saidNamespaces(includedNamespaces ? { includedNamespaces } : {}, {}),
  cluster: "west",
  backupName: "nightly",
});

describe("An entry of a mapping is stray", () => {
  test.each<[string, BackupNamespaces[], Record<string, string>, string[]]>([
    ["where its name is misspelt", [found(["shop"])], { shpo: "copy" }, ["shpo"]],
    ["also where another entry fits", [found(["shop"])], { shop: "copy", shpo: "copy" }, ["shpo"]],
    ["where its pattern fits nothing", [found(["shop"])], { "team-*": "*", shop: "x" }, ["team-*"]],
    ["where nothing is restored", [found([])], { "*": "*-copy" }, ["*"]],
    ["where it fits in no cluster", [found(["shop"]), found(["pay"])], { shpo: "x", pay: "y" }, ["shpo"]],
    ["where the backup has no such name, as is said", [unseen(["team-*"])], { shop: "copy" }, ["shop"]],
  ])("%s", (_why, findings, mapping, stray) => {
    expect(strayEntries(mapping, findings)).toEqual(stray);
  });

  test.each<[string, BackupNamespaces[], Record<string, string> | undefined]>([
    ["there is none", [found(["shop"])], undefined],
    ["each fits a namespace", [found(["shop", "shop-a"])], { shop: "copy", "shop-*": "copy-*" }],
    ["it fits beside another that does better", [found(["shop"])], { shop: "copy", "*": "*-copy" }],
    ["it fits in another cluster", [found(["shop"]), found(["pay"])], { shop: "x", pay: "y" }],
    ["nobody can see whether it fits", [unseen()], { shop: "copy" }],
    ["it may fit where nobody can see", [found(["pay"]), unseen()], { shop: "copy" }],
  ])("and not where %s", (_why, findings, mapping) => {
    expect(strayEntries(mapping, findings)).toEqual([]);
  });

  test("and is named with what is restored", () => {
    const one = found(["shop", "a", "b", "c", "d", "e"]);
    expect(strayProblem(["shpo", "team-*"], [one]).message).toBe(
      'namespaceMapping: "shpo", "team-*" fits no namespace of what is restored (shop, a, b, c, d, …), and what no entry fits keeps its own name. ' +
        "Nothing is restored. Mend the name, or leave the entry out.",
    );
    expect(strayProblem(["x"], [found([])]).message).toContain("what is restored (none), and");
  });

  test("and is named with what is restored into each cluster, and what nobody could see", () => {
    const both = [found(["shop"], "west"), found(["pay"], "south")];
    expect(strayProblem(["shpo"], both).message).toContain(
      'fits no namespace of what is restored into any cluster ("west": shop; "south": pay), and',
    );
    expect(strayProblem(["shpo"], both, ["north"]).message).toMatch(
      /"south": pay\), as far as can be seen without "north", and .* See to the clusters that could not be looked at first/,
    );
  });
});

describe("A mapping is refused for one backup", () => {
  test("where nobody can name what a pattern stands for", () => {
    expect(mappingProblemFor({ "*": "*-copy", "team-*": "*", shop: "x" }, unseen())?.message).toBe(
      'namespaceMapping: nobody can say which namespaces are meant by "*", "team-*": Backup nightly does not name its own, and this program has no way to the store (`access`) to see them. ' +
        "Nothing is restored, since a namespace that no entry maps comes back over what lives. Map each namespace by its name, name them in includedNamespaces, or give the program a way to the store.",
    );
  });

  test("where it would give a name that Kubernetes does not take", () => {
    const long = "a".repeat(60);
    const problem = mappingProblemFor(
      { "*": "*-copy", "x-*": "*-b", x: "y" },
      found([long, "x--", "x", "shop"]),
    );
    expect(problem?.message).toBe(
      `namespaceMapping: gives namespaces of Backup nightly names that Kubernetes does not take: "${long}" → "${long}-copy" (65 characters); "x--" → "--b" (3 characters). ` +
        "Map them to names of at most 63 of a-z, 0-9 and, between them, -.",
    );
  });

  test.each<[string, BackupNamespaces, Record<string, string> | undefined]>([
    ["whole names go where nobody sees", unseen(), { shop: "copy" }],
    ["a pattern stands for names that are said", unseen(["shop"]), { "*": "*-copy" }],
    ["there is none", unseen(), undefined],
    ["each name is one", found(["shop", "a".repeat(58)]), { "*": "*-copy" }],
    // It is called so already, and Kubernetes has taken it.
    ["a namespace keeps its name", found(["shop"]), { shop: "shop" }],
  ])("and not where %s", (_why, finding, mapping) => {
    expect(mappingProblemFor(mapping, finding)).toBeUndefined();
  });
});
