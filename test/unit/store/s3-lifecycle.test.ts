import type { Transition } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { lifecycleIn } from "../../../provider/store/s3.ts";

const archives = ["GLACIER", "DEEP_ARCHIVE"];
const on = { Status: "Enabled" } as const;

test("Only classes that must be thawed count as an archive", () => {
  const Transitions: Transition[] = [
    { Days: 30, StorageClass: "STANDARD_IA" },
    { Days: 60, StorageClass: "GLACIER_IR" },
    { Days: 90, StorageClass: "GLACIER" },
    { Date: new Date("2027-06-01"), StorageClass: "DEEP_ARCHIVE" },
  ];
  const rules = [{ ID: "cold", ...on, Filter: { Prefix: "" }, Transitions, Expiration: { Days: 365 } }];
  expect(lifecycleIn(rules, { archives })).toEqual([
    { name: "cold", prefix: "", does: "archives", days: 90 },
    { name: "cold", prefix: "", does: "archives", on: "2027-06-01" },
    { name: "cold", prefix: "", does: "deletes", days: 365 },
  ]);
});

test("A rule for tags is in force for Velero's objects only where they carry all of them", () => {
  const And = {
    Prefix: "east/",
    Tags: [
      { Key: "team", Value: "shop" },
      { Key: "keep", Value: "short" },
    ],
  };
  const rules = [{ ...on, Filter: { And }, Expiration: { Days: 1 } }];
  expect(lifecycleIn(rules, { tags: { team: "shop" }, archives })).toEqual([]);
  expect(lifecycleIn(rules, { tags: { team: "shop", keep: "short", more: "1" }, archives })).toEqual([
    { prefix: "east/", does: "deletes", days: 1 },
  ]);
});

test("What has no rules, and rules without effect on what is there, give none", () => {
  expect(lifecycleIn(undefined, { archives })).toEqual([]);
  expect(lifecycleIn([{ ...on, Expiration: {} }, { ...on }], { archives })).toEqual([]);
});
