import { readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { expect, test, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000 });

const repository = path.join(import.meta.dirname, "../../..");
const page = readFileSync(path.join(repository, "docs/iam.md"), "utf8");
const blocks = [...page.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = ""]) => code);

/** Of the packages that the page uses and this repository does not have. */
const packages = readFileSync(path.join(import.meta.dirname, "cloud-packages.txt"), "utf8");

test("every program on the page about cloud rights compiles", () => {
  const settings = ts.readConfigFile(path.join(repository, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(settings.config, ts.sys, repository);
  const sources = new Map<string, string>([
    [path.join(repository, "cloud-packages.d.ts"), packages],
    ...blocks.map((code, index): [string, string] => [
      path.join(repository, `block-${index + 1}.ts`),
      code.replaceAll('from "pulumi-velero"', 'from "./sdk/index.ts"'),
    ]),
  ]);
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.getSourceFile = (name, ...rest) => {
    const source = sources.get(name);
    return source === undefined ? getSourceFile(name, ...rest) : ts.createSourceFile(name, source, rest[0]);
  };
  host.fileExists = (name) => sources.has(name) || fileExists(name);
  const program = ts.createProgram([...sources.keys()], { ...options, noUnusedLocals: false }, host);
  const complaints = [...sources.keys()].flatMap((file) =>
    [
      ...program.getSyntacticDiagnostics(program.getSourceFile(file)),
      ...program.getSemanticDiagnostics(program.getSourceFile(file)),
    ].map(
      ({ messageText }) => `${path.basename(file)}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
    ),
  );
  expect(complaints).toEqual([]);
  expect(blocks.length).toBeGreaterThanOrEqual(7);
});
