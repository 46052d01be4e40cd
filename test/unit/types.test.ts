import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { beforeAll, describe, expect, test, vi } from "vitest";

vi.setConfig({ hookTimeout: 60_000 });

const file = fileURLToPath(new URL("types/cluster-keys.ts", import.meta.url));
const source = readFileSync(file, "utf8");
const lines = source.split("\n");

/** Line → what the compiler says of it, where nothing is expected: the directives are taken out. */
const complaints = new Map<number, string>();

beforeAll(() => {
  const settings = ts.readConfigFile(
    fileURLToPath(new URL("../../tsconfig.json", import.meta.url)),
    ts.sys.readFile,
  );
  const folder = fileURLToPath(new URL("../..", import.meta.url));
  const { options } = ts.parseJsonConfigFileContent(settings.config, ts.sys, folder);
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    name === file
      ? ts.createSourceFile(name, source.replaceAll("@ts-expect-error", "ts-expect-error"), rest[0])
      : read(name, ...rest);
  const program = ts.createProgram([file], options, host);
  const compiled = program.getSourceFile(file);
  if (!compiled) throw new Error(`${file} was not compiled`);
  for (const { start = 0, messageText } of [
    ...program.getSyntacticDiagnostics(compiled),
    ...program.getSemanticDiagnostics(compiled),
  ]) {
    const { line } = compiled.getLineAndCharacterOfPosition(start);
    complaints.set(line, ts.flattenDiagnosticMessageText(messageText, " "));
  }
});

describe("The compiler", () => {
  const expected = lines.flatMap((line, index) => {
    const reason = /@ts-expect-error: (.*)/.exec(line)?.[1];
    return reason === undefined ? [] : [[reason, index + 1] as const];
  });

  test.each(expected)("refuses where %s", (_reason, line) => {
    expect(complaints.get(line), lines[line]).toBeDefined();
  });

  test("refuses nothing else", () => {
    const others = [...complaints].filter(([line]) => !expected.some(([, known]) => known === line));
    expect(others.map(([line, words]) => `${line + 1}: ${words}`)).toEqual([]);
  });

  test("names the clusters that there are to one who misspells", () => {
    const line = lines.findIndex((text) => text.includes('cluster: "esat"'));
    expect(complaints.get(line)).toMatch(/"esat".*not assignable.*"east" \| "dr"|"dr" \| "east"/);
  });
});
