import { readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { beforeAll, expect, test, vi } from "vitest";
import { codesIn, sectionOf, withCode, withSomeCode } from "../../provider/core/errors.ts";
import { restoreStateOf, stateOf } from "../../provider/velero/phases.ts";
import { anchors } from "../without-codes.ts";

vi.setConfig({ hookTimeout: 300_000 });

const repository = path.join(import.meta.dirname, "../..");

/** Where the code is Velero's own word for how something ended: those for which it is not as it was wanted. */
const phases: Record<string, string[]> = {
  "provider/rules/judge-backup.ts": ["Deleting", "Failed", "FailedValidation", "PartiallyFailed"],
  "provider/kinds/restore/finalize.ts": ["Failed", "FailedValidation", "PartiallyFailed"],
};

let literals: Set<string>;
let passedOn: Set<string>;

beforeAll(() => {
  const settings = ts.readConfigFile(path.join(repository, "tsconfig.build.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(settings.config, ts.sys, repository);
  const files = ["provider", "sdk"].flatMap((folder) =>
    ts.sys.readDirectory(path.join(repository, folder), [".ts"]),
  );
  const program = ts.createProgram(files, options);
  const checker = program.getTypeChecker();
  literals = new Set();
  passedOn = new Set();
  for (const file of files) {
    const source = program.getSourceFile(file)!;
    const name = path.relative(repository, file);
    const visit = (node: ts.Node): void => {
      for (const type of codeTypesIn(node, checker)) {
        const types = type.isUnion() ? type.types : [type];
        for (const each of types) {
          if (each.isStringLiteral()) literals.add(each.value);
          else passedOn.add(name);
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
});

/** What is given as the code of a Problem, be it made or extended, or put behind words that are none. */
function codeTypesIn(node: ts.Node, checker: ts.TypeChecker): ts.Type[] {
  if (ts.isCallExpression(node) && /^(with(Some)?Code|veleroError)$/.test(node.expression.getText()))
    return node.arguments[1] ? [checker.getTypeAtLocation(node.arguments[1])] : [];
  const isMade = ts.isNewExpression(node) && node.expression.getText() === "Problem";
  const isExtended =
    ts.isCallExpression(node) &&
    node.expression.kind === ts.SyntaxKind.SuperKeyword &&
    checker.getTypeAtLocation(node.expression).symbol?.name === "Problem";
  const given = isMade || isExtended ? node.arguments?.[0] : undefined;
  if (!given) return [];
  const own = ts.isObjectLiteralExpression(given)
    ? given.properties.find((property) => property.name?.getText() === "code")
    : undefined;
  if (own && ts.isPropertyAssignment(own)) return [checker.getTypeAtLocation(own.initializer)];
  const code =
    own && ts.isShorthandPropertyAssignment(own)
      ? checker.getShorthandAssignmentValueSymbol(own)
      : checker.getTypeAtLocation(given).getProperty("code");
  if (!code) throw new Error(`no code is given: ${node.getText()}`);
  return [checker.getTypeOfSymbolAtLocation(code, given)];
}

test("each code has a section in the troubleshooting, and each section a code", () => {
  const codes = [...literals, ...Object.values(phases).flat()].map((code) => code.toLowerCase());
  expect(anchors.toSorted()).toEqual([...new Set(codes)].toSorted());
  expect(literals.size).toBeGreaterThan(75);
});

test("a program that asks for a code by `isVeleroError` is told of a misspelt one by its compiler", () => {
  const source = readFileSync(path.join(repository, "sdk/velero-error-code.ts"), "utf8");
  const named = [...source.matchAll(/^ {2}\| "(\w+)"/gm)].map(([, code = ""]) => code);
  const codes = [...new Set([...literals, ...Object.values(phases).flat()])].toSorted();
  // Who adds a code adds it to `sdk/velero-error-code.ts`, too.
  expect(named).toEqual(codes);
});

test("no two codes lead to one section", () => {
  const codes = [...new Set([...literals, ...Object.values(phases).flat()])];
  expect(new Set(codes.map(sectionOf)).size).toBe(codes.length);
});

test("a code that no source spells out is Velero's phase, of an end that is not good", () => {
  // What puts a code behind its words knows none of them.
  const knowingNone = ["provider/core/errors.ts", "provider/look-ups/index.ts", "sdk/ask-provider.ts"];
  expect([...passedOn].filter((name) => !knowingNone.includes(name)).toSorted()).toEqual(
    Object.keys(phases).toSorted(),
  );
  const metadata = { name: "b" };
  const [backupPhases = [], restorePhases = []] = Object.values(phases);
  const ended = (phase: string) => stateOf({ metadata, status: { phase } } as never);
  const restored = (phase: string) => restoreStateOf({ metadata, status: { phase } } as never);
  expect(backupPhases.map(ended)).toEqual(["deleting", "failed", "refused", "partiallyFailed"]);
  expect(restorePhases.map(restored)).toEqual(["failed", "refused", "partiallyFailed"]);
});

test("a code stands behind the words, and not twice", () => {
  const words = withCode("It failed.", "Unreachable");
  expect(words).toBe("It failed. [velero:Unreachable]");
  expect(withCode(words, "Unreachable")).toBe(words);
  expect(withCode(words, "SomeNotDeleted")).toBe("It failed. [velero:Unreachable] [velero:SomeNotDeleted]");
});

test("words that have a code need no other one", () => {
  expect(withSomeCode("It failed.", "Unexpected")).toBe("It failed. [velero:Unexpected]");
  expect(withSomeCode("It failed. [velero:NoBackup]", "Unexpected")).toBe("It failed. [velero:NoBackup]");
});

test("the codes of several failures are found, each once", () => {
  expect(codesIn("east [velero:Unreachable]; west [velero:NoBackup]; dr [velero:Unreachable]")).toEqual([
    "Unreachable",
    "NoBackup",
  ]);
});
