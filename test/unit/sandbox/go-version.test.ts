import { expect, test } from "vitest";
import { isRecentEnough, parseGoVersion } from "../../sandbox/build/go-version.ts";

test.each([
  ["go1.26.8\n", { major: 1, minor: 26 }],
  ["go1.27rc1", { major: 1, minor: 27 }],
  ["devel go1.28-3f2a1b Mon Jan 5", { major: 1, minor: 28 }],
  ["go version go1.9.2 linux/amd64", { major: 1, minor: 9 }],
  ["command not found", undefined],
])("reads %j", (text, version) => {
  expect(parseGoVersion(text)).toEqual(version);
});

test.each([
  [{ major: 1, minor: 26 }, true],
  [{ major: 1, minor: 30 }, true],
  [{ major: 2, minor: 0 }, true],
  [{ major: 1, minor: 25 }, false],
  [{ major: 0, minor: 99 }, false],
])("%j is recent enough: %s", (version, expected) => {
  expect(isRecentEnough(version)).toBe(expected);
});
