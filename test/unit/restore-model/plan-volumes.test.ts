import { describe, expect, test } from "vitest";
import type { RestoreOptions } from "../../../provider/velero/restore-option-entries.ts";
import { planVolumes } from "../../../provider/restore-model/plan-volumes.ts";
import type { NamedSavedClaim } from "../../../provider/volumes/saved-claims.ts";
import { captured, selected } from "../kinds/restore/captured.ts";

const claim = (name: string, storageClassName = "late") =>
  selected(captured("persistentvolumeclaims", `shop/${name}`, { spec: { storageClassName } }), "shop-drill");
const pod = (name: string, ...claims: string[]) =>
  selected(
    captured("pods", `shop/${name}`, {
      spec: {
        volumes: [{ emptyDir: {} }, ...claims.map((claimName) => ({ persistentVolumeClaim: { claimName } }))],
      },
    }),
    "shop-drill",
  );
const saved = (name: string, method: NamedSavedClaim["method"], more: object = {}): NamedSavedClaim => ({
  namespace: "shop",
  claim: name,
  method,
  ...more,
});
const copied = (name: string, by: string) => saved(name, "fileCopy", { pod: by, volume: "data" });

/** What becomes of them in a target with the class `late`, which waits, and others, which do not. */
const plan = (
  items: Parameters<typeof planVolumes>[0],
  claims: NamedSavedClaim[],
  { options = {}, copiedPods = [] }: { options?: RestoreOptions; copiedPods?: string[] } = {},
) => planVolumes(items, { claims, copiedPods }, { lateClasses: ["late"], options });

describe("The data of a claim comes back", () => {
  test("by itself from a snapshot, where its class binds at once", () => {
    const claims = [saved("a", "snapshot"), saved("b", "moveData")];
    expect(plan([claim("a", "now"), claim("b", "now"), pod("web", "a", "b")], claims)).toEqual({
      claims: claims.map((each) => ({ ...each, intoNamespace: "shop-drill" })),
      consumers: [],
      needsPods: false,
    });
  });

  test("with the pod that had it mounted, where it was copied as files", () => {
    const { claims, consumers, needsPods } = plan([claim("a"), pod("web", "a")], [copied("a", "web")], {
      copiedPods: ["shop/web"],
    });
    expect([claims[0]?.hopeless, consumers, needsPods]).toEqual([undefined, [], true]);
  });

  test.each(["snapshot", "moveData"] as const)(
    "with one pod that mounts it, where its class waits for one: %s",
    (method) => {
      const items = [
        claim("a"),
        claim("b"),
        claim("c", "now"),
        pod("web-2", "a"),
        pod("web-1", "a", "b"),
        pod("x"),
      ];
      const { consumers, needsPods } = plan(items, [
        saved("a", method),
        saved("b", method),
        saved("c", method),
      ]);
      expect([consumers, needsPods]).toEqual([[{ namespace: "shop", pods: ["web-1"] }], true]);
    },
  );

  test("with a pod that brings files back and so is scheduled anyway", () => {
    const items = [claim("a"), claim("b"), pod("web-1", "b"), pod("web-2", "a", "b")];
    const { consumers, needsPods } = plan(items, [copied("a", "web-2"), saved("b", "snapshot")], {
      copiedPods: ["shop/web-2"],
    });
    expect([consumers, needsPods]).toEqual([[], true]);
  });

  test("as the class is that it gets in the target", () => {
    const options = { storageClassMapping: { now: "late", late: "now" } };
    const items = [claim("a", "now"), claim("b", "late"), pod("web", "a", "b")];
    const { consumers } = plan(items, [saved("a", "snapshot"), saved("b", "snapshot")], { options });
    expect(consumers).toEqual([{ namespace: "shop", pods: ["web"] }]);
    expect(plan([items[1]!, items[2]!], [saved("b", "snapshot")], { options }).needsPods).toBe(false);
  });
});

describe("The data of a claim cannot come back", () => {
  const why = (...all: Parameters<typeof plan>) => plan(...all).claims.map(({ hopeless }) => hopeless);

  test("from files, where the pod that had it mounted is not restored, or mounts it no more", () => {
    const said =
      "it was copied as files, which come back only with pod shop/web, and a filter leaves that pod out, or the backup does not hold it";
    expect(why([claim("a"), pod("other", "a")], [copied("a", "web")])).toEqual([said]);
    expect(why([claim("a"), pod("web", "b")], [copied("a", "web")])).toEqual([said]);
  });

  test("from a snapshot, where its class waits for a pod and none is restored that mounts it", () => {
    expect(why([claim("a"), pod("web")], [saved("a", "snapshot"), saved("a", "moveData")])).toEqual(
      Array(2).fill(
        "its storage class makes a volume only for a pod that mounts the claim (WaitForFirstConsumer), and none that is restored does",
      ),
    );
  });

  test("from a snapshot of a cloud's disk, which comes back as an object of the cluster's", () => {
    expect(why([claim("a", "now")], [saved("a", "cloudSnapshot")])).toEqual([
      expect.stringContaining(
        "comes back as a PersistentVolume, and a drill restores no cluster-scoped object",
      ),
    ]);
  });

  test("and no pod is restored for that", () => {
    const { consumers, needsPods } = plan([claim("a")], [copied("a", "web")], { copiedPods: ["shop/web"] });
    expect([consumers, needsPods]).toEqual([[], false]);
  });
});

test("nothing is planned for a claim that is not restored, or of which the backup holds no data", () => {
  expect(plan([claim("a"), pod("web", "a")], [saved("gone", "snapshot")])).toEqual({
    claims: [],
    consumers: [],
    needsPods: false,
  });
});
