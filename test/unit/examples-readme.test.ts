import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

const folder = path.join(import.meta.dirname, "../../examples");
const examples = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const read = (...file: string[]) => readFileSync(path.join(folder, ...file), "utf8");

/** All that a README tells to type. */
const commands = [
  "npm ci && npm run build",
  "npm install",
  "pulumi stack init dev",
  "pulumi preview",
  "pulumi up",
  "pulumi config set restore true",
  "pulumi refresh --preview-only --expect-no-changes",
];

describe.each(examples)("The README of examples/%s", (name) => {
  test("is short, and says what to type", () => {
    expect(existsSync(path.join(folder, name, "README.md"))).toBe(true);
    const lines = read(name, "README.md").trim().split("\n");
    expect(lines[0]).toMatch(/^# \w/);
    expect(lines.length).toBeGreaterThanOrEqual(10);
    expect(lines.length).toBeLessThanOrEqual(30);
    const [, typed = ""] = /^```sh\n([^]*?)^```$/m.exec(read(name, "README.md")) ?? [];
    expect(typed.trim().split("\n")).toContain("pulumi up");
    expect(
      typed
        .trim()
        .split("\n")
        .filter((line) => !commands.includes(line)),
    ).toEqual([]);
  });

  test("names each variable that the program reads, and no other", () => {
    const reads = [...read(name, "index.ts").matchAll(/\bprocess\.env\.(\w+)|\benv: "(\w+)"/g)].map(
      ([, plain, secret]) => plain ?? secret,
    );
    const named = [...read(name, "README.md").matchAll(/^\| `([A-Z_]+)` \|/gm)].map(
      ([, variable]) => variable,
    );
    expect(named.toSorted()).toEqual([...new Set(reads)].toSorted());
  });

  test("is in the list of all examples", () => {
    expect(read("README.md")).toContain(`[${name}](${name}/README.md)`);
  });
});
