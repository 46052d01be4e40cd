import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createRunner } from "../engine/create-runner.ts";
import { messagesOf, stepsOf } from "./stack.ts";

const repository = path.join(import.meta.dirname, "../..");
const examples = readdirSync(path.join(repository, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

describe.each(examples)("examples/%s", (name) => {
  const folder = path.join(repository, "examples", name);

  test("type-checks with a tsconfig.json of its own", async () => {
    expect(existsSync(path.join(folder, "tsconfig.json"))).toBe(true);
    const tsc = path.join(repository, "node_modules/typescript/bin/tsc");
    const complaints = await new Promise<string>((resolve) => {
      execFile(process.execPath, [tsc, "-p", folder], (error, stdout) => resolve(error ? stdout : ""));
    });
    expect(complaints).toBe("");
  });

  test("previews where neither its servers nor its secrets are, and creates all there is", async () => {
    const source = readFileSync(path.join(folder, "index.ts"), "utf8");
    const secrets = [...source.matchAll(/\benv: "(\w+)"/g)].map(
      (match) => [match[1] ?? "", undefined] as const,
    );
    const runner = createRunner({ program: folder, env: Object.fromEntries(secrets) });
    onTestFinished(() => runner.dispose());

    const preview = await runner.preview();
    expect(preview.ok, messagesOf(preview)).toBe(true);
    expect(stepsOf(preview)).not.toEqual([]);
    expect(stepsOf(preview).filter((step) => !step.startsWith("create "))).toEqual([]);
  });
});

test("the root Pulumi.yaml runs one of the examples", () => {
  const settings = readFileSync(path.join(repository, "Pulumi.yaml"), "utf8");
  const main = /^main: examples\/(\S+)$/m.exec(settings)?.[1];
  expect(examples).toContain(main);
});
