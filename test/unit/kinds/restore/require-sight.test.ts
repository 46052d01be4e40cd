import { describe, expect, test } from "vitest";
import {
  isInSight,
  outOfSight,
  requireSight,
  sightProblem,
} from "../../../../provider/kinds/restore/examine.ts";
import { captured, selected } from "./captured.ts";

const widget = selected(captured("widgets.example.com", "shop/w", { apiVersion: "example.com/v1" }));
const prices = selected(captured("configmaps", "shop/prices", { apiVersion: "v1" }));
const items = [widget, prices];
const words = { place: "Restore velero/r has restored", undone: "The next up compares again." };
const target = ({ silent = [], down = {} }: { silent?: string[]; down?: Record<string, string> }) => ({
  silent,
  down: new Map(Object.entries(down)),
});

describe("A comparison", () => {
  test("is no success without an answer from the servers of all kinds that it compares", () => {
    const sight = (silent: string[], options: object) =>
      sightProblem(items, target({ silent }), options, words);
    const problem = sight(["example.com/v1"], { verify: true });
    expect(problem?.message).toContain(
      "verify: 1 of 2 objects that Restore velero/r has restored cannot be compared with the backup: the server of example.com/v1 does not answer there. The next up compares again.",
    );
    expect(problem?.code).toBe("ApiServerNotResponding");
    expect(sight(["example.com/v1"], { drill: true })?.property).toBe("drill");
    expect(sight(["metrics.k8s.io/v1beta1"], { verify: true })).toBeUndefined();
    expect(sight(["example.com/v1"], {})).toBeUndefined();
  });

  test("is no success where the objects of a kind could not be listed, and says why", () => {
    const blind = target({ down: { "widgets.example.com": "conversion webhook for Widget failed." } });
    expect(sightProblem(items, blind, { verify: true }, words)?.message).toContain(
      "1 of 2 objects that Restore velero/r has restored cannot be compared with the backup: widgets.example.com cannot be listed there (conversion webhook for Widget failed). The next up",
    );
    expect(outOfSight(items, blind)).toEqual([
      "widgets.example.com cannot be listed there (conversion webhook for Widget failed)",
    ]);
    expect(items.filter((item) => isInSight(item, blind))).toEqual([prices]);
  });

  test("needs the right to list all kinds", () => {
    const sight = (hidden: string[], options: object) => () => requireSight({ hidden }, options, words);
    expect(sight(["secrets"], { verify: true })).toThrow("may not list secrets there");
    expect(sight([], { verify: true })).not.toThrow();
    expect(sight(["secrets"], {})).not.toThrow();
  });
});
