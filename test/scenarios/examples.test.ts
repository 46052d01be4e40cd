import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { expect, onTestFinished, test } from "vitest";
import { Runner } from "../engine/runner.ts";
import { testWithKubernetes } from "../engine/test-with-kubernetes.ts";
import { placeholderSettings } from "../fixtures/placeholder-settings.ts";
import { messagesOf } from "./stack.ts";

const repository = path.join(import.meta.dirname, "../..");
const examples = readdirSync(path.join(repository, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const folderOf = (name: string) => path.join(repository, "examples", name);

test("every example type-checks with a tsconfig.json of its own, which is that of all others", () => {
  const configs = examples.map((name) => readFileSync(path.join(folderOf(name), "tsconfig.json"), "utf8"));
  expect(new Set(configs).size).toBe(1);
  const { options, errors } = ts.convertCompilerOptionsFromJson(
    (JSON.parse(configs[0] ?? "{}") as { compilerOptions: object }).compilerOptions,
    path.join(repository, "examples"),
  );
  expect(errors).toEqual([]);
  const program = ts.createProgram(
    examples.map((name) => path.join(folderOf(name), "index.ts")),
    options,
  );
  const complaints = ts.getPreEmitDiagnostics(program);
  expect(complaints.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
});

/** `examples-run.test.ts` makes all that the others have, on real servers. */
const RUN = [
  "adopt",
  "disaster-recovery",
  "drill",
  "look-ups",
  "platform",
  "quickstart",
  "team",
  "workspace",
];

/** Its chart comes from a registry; `velero-server.test.ts` installs one of its own. */
const INSTALLING = "velero-server";

for (const name of examples.filter((each) => ![...RUN, INSTALLING].includes(each))) {
  const text = readFileSync(path.join(folderOf(name), "index.ts"), "utf8");
  const define = text.includes('"@pulumi/kubernetes"') ? testWithKubernetes : test;
  define(`examples/${name} previews where its servers are not, and creates all there is`, async () => {
    const runner = new Runner({
      program: folderOf(name),
      config: placeholderSettings(text),
      // Nothing but this machine answers: a cloud would refuse the placeholders.
      env: { HTTPS_PROXY: "http://127.0.0.1:9", NO_PROXY: undefined, no_proxy: undefined },
    });
    onTestFinished(() => runner.dispose());
    const preview = await runner.preview();
    expect(preview.ok, messagesOf(preview)).toBe(true);
    const resources = preview.steps.filter(({ type }) => !type.startsWith("pulumi:"));
    expect(resources).not.toEqual([]);
    expect(resources.filter(({ op }) => op !== "create")).toEqual([]);
  });
}

test("the root Pulumi.yaml runs one of the examples", () => {
  const settings = readFileSync(path.join(repository, "Pulumi.yaml"), "utf8");
  const main = /^main: examples\/(\S+)$/m.exec(settings)?.[1];
  expect(examples).toContain(main);
});
