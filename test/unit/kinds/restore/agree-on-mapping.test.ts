import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { agreeOnMapping } from "../../../../provider/kinds/restore/restore-in-cluster.ts";
import type { BackupNamespaces } from "../../../../provider/restore-model/judge-mapping.ts";

const CLUSTERS = { east: "west", north: "south", far: "away" };
const found = (...names: string[]): BackupNamespaces => ({
  names,
  mayHold: (name) => names.includes(name),
  shown: names,
  cluster: "west",
  backupName: "nightly",
});
const unseen: BackupNamespaces = { ...found(), names: undefined, mayHold: () => true, shown: ["*"] };

/** The parts of a restore that begin when they may, and what has become of them by now. */
function parts(
  mapping: Record<string, string> | undefined,
  { isBlind = false, hasBegun = false, clusters = CLUSTERS as Record<string, string> } = {},
) {
  const agreement = agreeOnMapping(mapping, clusters, { isBlind, hasBegun });
  const now: Record<string, string> = {};
  return {
    async found(source: string, finding: BackupNamespaces) {
      now[source] = "waits";
      agreement.found(source, finding).then(
        () => (now[source] = "begins"),
        (error: Error) => (now[source] = error.message),
      );
      await turn();
      return { ...now };
    },
    async failed(source: string) {
      agreement.failed(source);
      await turn();
      return { ...now };
    },
    async begun(source: string) {
      agreement.begun(source);
      await turn();
      return { ...now };
    },
  };
}

describe("The parts of a restore begin", () => {
  test("at once where there is no mapping, or each entry fits there", async () => {
    expect(await parts(undefined).found("east", found("shop"))).toEqual({ east: "begins" });
    const { found: find, failed } = parts({ "*": "*-copy" });
    expect(await find("east", found("shop"))).toEqual({ east: "begins" });
    expect(await failed("north")).toEqual({ east: "begins" });
    expect(await find("far", found("pay"))).toEqual({ east: "begins", far: "begins" });
  });

  test("when the last entry has fitted in some cluster, and wait for nobody after that", async () => {
    const { found: find } = parts({ shop: "x", pay: "y" });
    expect(await find("east", found("shop"))).toEqual({ east: "waits" });
    expect(await find("north", found("pay"))).toEqual({ east: "begins", north: "begins" });
    expect(await find("far", found())).toMatchObject({ far: "begins" });
  });

  test("where one of them has begun before: the mapping was agreed on then", async () => {
    const later = parts({ shop: "x" }, { hasBegun: true, clusters: { north: "south" } });
    expect(await later.found("north", found("pay"))).toEqual({ north: "begins" });
    const { found: find, begun } = parts({ shop: "x" });
    await find("east", found("pay"));
    expect(await begun("north")).toEqual({ east: "begins" });
  });
});

describe("None of them begins", () => {
  const refused = (without = ""): unknown =>
    expect.stringMatching(
      new RegExp(
        `^namespaceMapping: "shpo" fits no namespace of what is restored into any cluster .*${without}`,
      ),
    );

  test("where an entry fits in no cluster", async () => {
    const { found: find } = parts({ shop: "x", shpo: "x" });
    await find("east", found("shop"));
    await find("north", { ...found("pay"), cluster: "south" });
    // They are named in one order, whichever came first.
    const all = refused('"away": none; "south": pay; "west": shop');
    const last = { ...found(), cluster: "away" };
    expect(await find("far", last)).toEqual({ east: all, north: all, far: all });
  });

  test("where it may fit only in one that could not be looked at", async () => {
    const { found: find, failed } = parts({ shpo: "x" });
    await find("east", found("shop"));
    await failed("north");
    expect(await failed("far")).toEqual({ east: refused('without "away", "south"') });
  });

  test("where the single one fits nothing", async () => {
    const { found: find } = parts({ shpo: "x" }, { clusters: { east: "west" } });
    expect(await find("east", found("shop"))).toEqual({
      east: expect.stringContaining('"shpo" fits no namespace of what is restored (shop), and'),
    });
  });

  test("where one has names that Kubernetes does not take, and others still wait", async () => {
    const { found: find, failed } = parts({ "*": "*-copy", pay: "y" });
    await find("east", found("shop"));
    const both = await find("north", found("a".repeat(63)));
    expect(both["east"]).toMatch(/names that Kubernetes does not take/);
    expect(both["north"]).toBe(both["east"]);
    // What fails for another reason is no other reason for them.
    expect(await failed("north")).toEqual(both);
    expect(await find("far", found("pay"))).toMatchObject({ far: both["east"] });
  });

  test("where nobody sees into backups, before all have told whether they leave a pattern open", async () => {
    const { found: find } = parts({ "*": "*-copy" }, { isBlind: true });
    expect(await find("east", found("shop"))).toEqual({ east: "waits" });
    const both = await find("north", unseen);
    expect(both["east"]).toMatch(/nobody can say which namespaces are meant by "\*"/);
    const others = parts({ "*": "*-copy" }, { isBlind: true });
    await others.found("east", found("shop"));
    await others.failed("north");
    expect(await others.found("far", found("pay"))).toEqual({ east: "begins", far: "begins" });
  });

  test("by a part alone that comes when others have begun", async () => {
    const { found: find } = parts({ "*": "*-copy" });
    await find("east", found("shop"));
    const both = await find("north", found("a".repeat(63)));
    expect(both).toEqual({ east: "begins", north: expect.stringMatching(/Kubernetes does not take/) });
  });
});
