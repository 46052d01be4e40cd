import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const repository = path.join(import.meta.dirname, "../..");
const text = readFileSync(path.join(repository, "docs/palette-parity.md"), "utf8");
const named = [...text.matchAll(/`(test\/\S+\.test\.ts)` "([^"]*)"/g)].map(
  ([, file = "", title = ""]) => [file, title] as const,
);

test("docs/palette-parity.md names a test in every row", () => {
  const rows = text.split("\n").filter((line) => line.startsWith("| ") && !/^\| (Palette|---)/.test(line));
  expect(rows.filter((row) => !/`test\/\S+\.test\.ts` "/.test(row))).toEqual([]);
  expect(named.length).toBeGreaterThanOrEqual(rows.length);
});

test.each([...new Set(named.map((each) => each.join(" | ")))])("%s is there", (each) => {
  const [file = "", title = ""] = each.split(" | ");
  expect(readFileSync(path.join(repository, file), "utf8")).toContain(title);
});
