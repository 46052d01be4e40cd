import { expect, test } from "vitest";
import { orderOf } from "../../../provider/rules/judge-kinds.ts";
import { served } from "./served-kinds.ts";

test("an order is written as Velero looks it up: by the plural, without a group", () => {
  const declared = {
    Pod: ["shop/a"],
    "statefulsets.apps": ["shop/b"],
    pv: ["c"],
    wd: ["shop/d"],
    gizmos: ["shop/e"],
  };
  expect(orderOf(declared, { kinds: served })).toEqual({
    pods: ["shop/a"],
    statefulsets: ["shop/b"],
    persistentvolumes: ["c"],
    widgets: ["shop/d"],
    gizmos: ["shop/e"],
  });
});
