import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { beforeAll, describe, expect, test, vi } from "vitest";

vi.setConfig({ hookTimeout: 300_000 });

const folder = new URL("types/", import.meta.url);
const sources = new Map(
  readdirSync(fileURLToPath(folder)).map((file): [string, string] => {
    const url = new URL(file, folder);
    return [fileURLToPath(url), readFileSync(url, "utf8")];
  }),
);

/** File → line → what the compiler says of it, where nothing is expected: the directives are taken out. */
const complaints = new Map<string, Map<number, string>>();

beforeAll(() => {
  const root = new URL("../../", import.meta.url);
  const settings = ts.readConfigFile(fileURLToPath(new URL("tsconfig.json", root)), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(settings.config, ts.sys, fileURLToPath(root));
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) => {
    const source = sources.get(name);
    return source === undefined
      ? read(name, ...rest)
      : ts.createSourceFile(name, source.replaceAll("@ts-expect-error", "ts-expect-error"), rest[0]);
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  for (const file of sources.keys()) {
    const compiled = program.getSourceFile(file);
    if (!compiled) throw new Error(`${file} was not compiled`);
    const diagnostics = [
      ...program.getSyntacticDiagnostics(compiled),
      ...program.getSemanticDiagnostics(compiled),
    ];
    const byLine = diagnostics.map(({ start = 0, messageText }): [number, string] => [
      compiled.getLineAndCharacterOfPosition(start).line,
      ts.flattenDiagnosticMessageText(messageText, " "),
    ]);
    complaints.set(file, new Map(byLine));
  }
});

describe.each([...sources].map(([file, source]) => [file.split("/").at(-1) ?? "", file, source]))(
  "In %s the compiler",
  (_name, file, source) => {
    const lines = source.split("\n");
    const expected = lines.flatMap((line, index) => {
      const reason = /@ts-expect-error: (.*)/.exec(line)?.[1];
      return reason === undefined ? [] : [[reason, index + 1] as const];
    });

    test.each(expected)("refuses where %s", (_reason, line) => {
      expect(complaints.get(file)?.get(line), lines[line]).toBeDefined();
    });

    test("refuses nothing else", () => {
      const others = [...(complaints.get(file) ?? [])].filter(
        ([line]) => !expected.some(([, known]) => known === line),
      );
      expect(others.map(([line, words]) => `${line + 1}: ${words}`)).toEqual([]);
    });
  },
);

test.each([
  ["cluster-keys.ts", 'cluster: "esat"'],
  ["backup-args.ts", 'clusters: ["east", "esat"]'],
  ["restore-args.ts", 'cluster: "drr"'],
  ["protected-cluster.ts", 'cluster: "drr"'],
])("in %s the clusters that there are are named to one who misspells", (name, misspelt) => {
  const [file = "", source = ""] = [...sources].find(([each]) => each.endsWith(`/${name}`)) ?? [];
  const line = source.split("\n").findIndex((text) => text.includes(misspelt));
  expect(complaints.get(file)?.get(line)).toMatch(
    /"(esat|drr)".*not assignable.*("east" \| "dr"|"dr" \| "east")/,
  );
});
