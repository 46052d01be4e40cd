import { expect, test } from "vitest";
import { parseResourcePolicy } from "../../../provider/rules/resource-policy.ts";

const yaml = `
version: v1
volumePolicies:
  - conditions:
      capacity: ",10Gi"
    action:
      type: skip
  - action: { type: snapshot }
`;

test("policies are read from the one key that there is, whatever its name", async () => {
  expect(await parseResourcePolicy({ "anything.yml": yaml })).toEqual({
    policy: {
      version: "v1",
      volumePolicies: [
        { conditions: { capacity: ",10Gi" }, action: { type: "skip" } },
        { action: { type: "snapshot" } },
      ],
    },
  });
  expect(await parseResourcePolicy({ policy: '{"version":"v1","newer":{}}' })).toEqual({
    policy: { version: "v1", newer: {} },
  });
});

test.each<[string, Record<string, string> | undefined, RegExp]>([
  ["no data", undefined, /has no data/],
  ["two keys", { one: yaml, other: yaml }, /has 2 keys \(one, other\)/],
  ["no YAML", { policy: "a: [" }, /holds no YAML in its key "policy": /],
  ["a list", { policy: "- a" }, /holds no resource policies/],
  ["nothing", { policy: "" }, /holds no resource policies|holds no YAML/],
  ["another version", { policy: "version: v2" }, /has version "v2"/],
  ["no version", { policy: "volumePolicies: []" }, /has version none/],
  ["policies that are no list", { policy: "version: v1\nvolumePolicies: a" }, /are no list/],
  [
    "an action that there is not",
    { policy: "version: v1\nvolumePolicies: [{ action: { type: fsbackup } }]" },
    /no action that Velero knows in volumePolicies\.0/,
  ],
])("a ConfigMap with %s is none that Velero reads", async (_, data, problem) => {
  expect(await parseResourcePolicy(data)).toEqual({ problem: expect.stringMatching(problem) });
});
