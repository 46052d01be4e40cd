import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Runner } from "../engine/runner.ts";
import { placeholderSettings } from "../fixtures/placeholder-settings.ts";
import { platformHandle } from "../fixtures/platform-handle.ts";
import { messagesOf } from "./stack.ts";

const repository = path.join(import.meta.dirname, "../..");
const examples = readdirSync(path.join(repository, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const folderOf = (name: string) => path.join(repository, "examples", name);
const textOf = (name: string) => readFileSync(path.join(folderOf(name), "index.ts"), "utf8");

describe.each(examples)("examples/%s", (name) => {
  const folder = folderOf(name);

  test("type-checks with a tsconfig.json of its own", async () => {
    expect(existsSync(path.join(folder, "tsconfig.json"))).toBe(true);
    const tsc = path.join(repository, "node_modules/typescript/bin/tsc");
    const complaints = await new Promise<string>((resolve) => {
      execFile(process.execPath, [tsc, "-p", folder], (error, stdout) => resolve(error ? stdout : ""));
    });
    expect(complaints).toBe("");
  });

  test("previews where its servers are not, and creates all there is", async () => {
    const text = textOf(name);
    const others = text.includes("new pulumi.StackReference(") ? await platformStack() : undefined;
    const runner = new Runner({
      program: folder,
      config: placeholderSettings(text),
      // Nothing but this machine answers: a cloud would refuse the placeholders.
      env: { HTTPS_PROXY: "http://127.0.0.1:9", NO_PROXY: undefined, no_proxy: undefined },
      ...(others && { backend: others }),
    });
    onTestFinished(() => runner.dispose());

    const preview = await runner.preview();
    expect(preview.ok, messagesOf(preview)).toBe(true);
    const resources = preview.steps.filter(({ type }) => !type.startsWith("pulumi:"));
    expect(resources).not.toEqual([]);
    expect(resources.filter(({ op }) => op !== "create")).toEqual([]);
  });
});

test("the root Pulumi.yaml runs one of the examples", () => {
  const settings = readFileSync(path.join(repository, "Pulumi.yaml"), "utf8");
  const main = /^main: examples\/(\S+)$/m.exec(settings)?.[1];
  expect(examples).toContain(main);
});

/** The stack of examples/platform, as an `up` would leave it that nobody can make here. */
async function platformStack(): Promise<Runner> {
  const runner = new Runner({
    program: folderOf("platform"),
    config: placeholderSettings(textOf("platform")),
  });
  onTestFinished(() => runner.dispose());
  const { project, stack } = runner;
  const type = "pulumi:pulumi:Stack";
  const urn = `urn:pulumi:${stack}::${project}::${type}::${project}-${stack}`;
  const { version, deployment } = await runner.state();
  const resources = [{ urn, type, custom: false, outputs: { backups: platformHandle } }];
  await runner.setState({ version, deployment: { ...deployment, resources } });
  return runner;
}
