import { expect, test } from "vitest";
import { isRecentEnough, parseGoVersion } from "../../sandbox/build/go-version.ts";

test.each([
  ["go1.26.8\n", { major: 1, minor: 26, patch: 8 }],
  ["go1.27rc1", { major: 1, minor: 27, patch: 0 }],
  ["devel go1.28-3f2a1b Mon Jan 5", { major: 1, minor: 28, patch: 0 }],
  ["go version go1.9.2 linux/amd64", { major: 1, minor: 9, patch: 2 }],
  ["command not found", undefined],
])("reads %j", (text, version) => {
  expect(parseGoVersion(text)).toEqual(version);
});

test.each([
  [{ major: 1, minor: 26, patch: 6 }, true],
  [{ major: 1, minor: 30, patch: 0 }, true],
  [{ major: 2, minor: 0, patch: 0 }, true],
  [{ major: 1, minor: 26, patch: 5 }, false],
  [{ major: 1, minor: 25, patch: 9 }, false],
  [{ major: 0, minor: 99, patch: 9 }, false],
])("%j is recent enough: %s", (version, expected) => {
  expect(isRecentEnough(version)).toBe(expected);
});
