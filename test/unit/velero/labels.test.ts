import { expect, test } from "vitest";
import { labelValue } from "../../../provider/velero/manifests.ts";

test("a name that fits is its own label", () => {
  expect(labelValue("a".repeat(63))).toBe("a".repeat(63));
});

// What velero 1.18's label.GetValidName makes of it: sha256sum of sixty-four "a" begins with ffe054.
test("a longer one is cut and hashed as Velero does it", () => {
  expect(labelValue("a".repeat(64))).toBe(`${"a".repeat(57)}ffe054`);
});
