import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { settingsOf } from "../fixtures/settings-of.ts";

const folder = path.join(import.meta.dirname, "../../examples");
const examples = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const read = (...file: string[]) => readFileSync(path.join(folder, ...file), "utf8");

/** All that a README tells to type, beside the settings. */
const commands = [
  "npm ci && npm run build",
  "npm install",
  "pulumi stack init dev",
  "pulumi preview",
  "pulumi up",
  "pulumi refresh --preview-only --expect-no-changes",
];

/** Each form in which a README sets a setting: by value, by an answer, from a file, from kubectl. */
const SETTING =
  /^(?:kubectl config view --minify --flatten --context [a-z]+ \| )?pulumi config set( --secret)? (\w+)(?: < [\w.]+| [\w:/.-]+)?$/;

describe.each(examples)("The README of examples/%s", (name) => {
  const page = existsSync(path.join(folder, name, "README.md")) ? read(name, "README.md") : "";
  const [, block = ""] = /^```sh\n([^]*?)^```$/m.exec(page) ?? [];
  const typed = block.trim().split("\n");
  const settings = settingsOf(read(name, "index.ts"));

  test("is short, and says what to type", () => {
    const lines = page.trim().split("\n");
    expect(lines[0]).toMatch(/^# \w/);
    expect(lines.length).toBeGreaterThanOrEqual(10);
    expect(lines.length).toBeLessThanOrEqual(40);
    expect(typed).toContain("pulumi up");
    expect(typed.filter((line) => !commands.includes(line) && !SETTING.test(line))).toEqual([]);
  });

  test("names each setting that the program reads, says which are secret, and names no other", () => {
    const named = [...page.matchAll(/^\| `(\w+)`(, secret)? \|/gm)].map(([, key = "", secret]) => ({
      key,
      secret: secret !== undefined,
    }));
    const reads = settings.map(({ key, secret }) => ({ key, secret }));
    expect(named.toSorted(byKey)).toEqual(reads.toSorted(byKey));
  });

  test("sets each setting that the program requires before the first run, the secret ones as secrets", () => {
    const firstRun = typed.findIndex((line) => /^pulumi (?:preview|up)$/.test(line));
    const set = typed.slice(0, firstRun).flatMap((line) => {
      const [match, secret, key = ""] = SETTING.exec(line) ?? [];
      return match === undefined ? [] : [{ key, secret: secret !== undefined }];
    });
    const required = settings.filter((setting) => setting.required);
    expect(set.toSorted(byKey)).toEqual(required.map(({ key, secret }) => ({ key, secret })).toSorted(byKey));
  });

  test("is in the list of all examples", () => {
    expect(read("README.md")).toContain(`[${name}](${name}/README.md)`);
  });
});

test.each(examples)("examples/%s reads nothing from the environment", (name) => {
  expect(read(name, "index.ts")).not.toMatch(/process\.env|\benv: "/);
});

const byKey = (one: { key: string }, other: { key: string }): number => one.key.localeCompare(other.key);
