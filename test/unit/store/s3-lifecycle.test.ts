import { expect, test } from "vitest";
import { lifecycleIn } from "../../../provider/store/s3.ts";

const archives = ["GLACIER", "DEEP_ARCHIVE"];

test("Only classes that must be thawed count as an archive", () => {
  const Transitions = [
    { Days: 30, StorageClass: "STANDARD_IA" },
    { Days: 60, StorageClass: "GLACIER_IR" },
    { Days: 90, StorageClass: "GLACIER" },
    { Date: new Date("2027-06-01"), StorageClass: "DEEP_ARCHIVE" },
  ];
  const rules = [
    { ID: "cold", Status: "Enabled", Filter: { Prefix: "" }, Transitions, Expiration: { Days: 365 } },
  ];
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
  const rules = [{ Status: "Enabled", Filter: { And }, Expiration: { Days: 1 } }];
  expect(lifecycleIn(rules, { tags: { team: "shop" }, archives })).toEqual([]);
  expect(lifecycleIn(rules, { tags: { team: "shop", keep: "short", more: "1" }, archives })).toEqual([
    { prefix: "east/", does: "deletes", days: 1 },
  ]);
});

test("What MinIO's client makes of the XML is read the same: numbers, and no list where there is one", () => {
  const rule = { ID: 7, Status: "Enabled", Prefix: 2024, Expiration: { Days: 3 } };
  const tagged = { Status: "Enabled", Filter: { Tag: { Key: "a", Value: "b" } }, Expiration: { Days: 3 } };
  expect(lifecycleIn(rule, { archives })).toEqual([{ name: "7", prefix: "2024", does: "deletes", days: 3 }]);
  expect(lifecycleIn([rule, tagged], { archives })).toHaveLength(1);
});

test("What has no rules, and rules without effect on what is there, give none", () => {
  expect(lifecycleIn(undefined, { archives })).toEqual([]);
  expect(lifecycleIn([{ Status: "Enabled", Expiration: {} }, { Status: "Enabled" }], { archives })).toEqual(
    [],
  );
});
