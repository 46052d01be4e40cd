import { describe, expect, test } from "vitest";
import { requireSight } from "../../../provider/resources/restore/require-sight.ts";
import { captured, selected } from "./captured.ts";

const items = [selected(captured("widgets.example.com", "shop/w", { apiVersion: "example.com/v1" }))];
const where = { place: "Restore velero/r has restored", undone: "The next up compares again." };
const sight = (facts: { hidden?: string[]; silent?: string[] }, options: object) => () =>
  requireSight(items, { hidden: [], silent: [], ...facts }, options, where);

describe("A comparison", () => {
  test("needs an answer from the servers of all kinds that it compares", () => {
    const silent = ["example.com/v1"];
    expect(sight({ silent }, { verify: true })).toThrow(
      "verify: what Restore velero/r has restored cannot be compared with the backup: the server of example.com/v1 does not answer there. The next up compares again.",
    );
    expect(sight({ silent }, { drill: true })).toThrow("drill: what Restore velero/r");
    expect(sight({ silent: ["metrics.k8s.io/v1beta1"] }, { verify: true })).not.toThrow();
    expect(sight({ silent }, {})).not.toThrow();
  });

  test("needs the right to list all kinds", () => {
    expect(sight({ hidden: ["secrets"] }, { verify: true })).toThrow("may not list secrets there");
    expect(sight({ hidden: ["secrets"] }, {})).not.toThrow();
  });
});
