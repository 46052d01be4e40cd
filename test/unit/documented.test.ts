import path from "node:path";
import ts from "typescript";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { defaultTimeouts } from "../../provider/core/deadline.ts";

vi.setConfig({ hookTimeout: 120_000 });

const repository = path.join(import.meta.dirname, "../..");

interface Property {
  /** Exported type and property: `RestoreHooksArgs.resources.name`. */
  name: string;
  comment: string;
  default: string | undefined;
  isOptional: boolean;
  /** The type is `undefined`, so that the property may not be given. */
  isForbidden: boolean;
}

let properties: Property[];

beforeAll(() => {
  const settings = ts.readConfigFile(path.join(repository, "tsconfig.build.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(settings.config, ts.sys, repository);
  const entry = path.join(repository, "sdk/index.ts");
  const program = ts.createProgram([entry], { ...options, incremental: false, tsBuildInfoFile: undefined });
  const checker = program.getTypeChecker();
  const found = new Map<ts.Node, Property>();
  const visit = (module: ts.Symbol): void => {
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (symbol.flags & ts.SymbolFlags.ValueModule) visit(symbol);
      else
        for (const declaration of symbol.declarations ?? []) {
          collect(declaration, symbol.name, found);
          for (const result of resultsIn(declaration, checker)) collect(result, symbol.name, found);
        }
    }
  };
  visit(checker.getSymbolAtLocation(program.getSourceFile(entry)!)!);
  properties = [...found.values()];
});

/** The outputs of a resource, which its interface takes from a constant in `model/`. */
function resultsIn(node: ts.Node, checker: ts.TypeChecker): ts.Node[] {
  if (!ts.isInterfaceDeclaration(node)) return [];
  return checker
    .getPropertiesOfType(checker.getTypeAtLocation(node))
    .flatMap(({ declarations = [] }) => declarations)
    .filter((each) => ts.isPropertyAssignment(each));
}

function collect(node: ts.Node, owner: string, found: Map<ts.Node, Property>): void {
  // What a function or a constant is made of is no type of its own.
  if (ts.isFunctionLike(node) || ts.isVariableDeclaration(node) || isHidden(node)) return;
  if (!ts.isPropertySignature(node) && !ts.isPropertyDeclaration(node) && !ts.isPropertyAssignment(node))
    return ts.forEachChild(node, (child) => collect(child, owner, found));
  const type = ts.isPropertyAssignment(node) ? undefined : node.type;
  const name = `${owner}.${node.name.getText().replaceAll('"', "")}`;
  const told = ts.getJSDocCommentsAndTags(node).find((each) => ts.isJSDoc(each));
  const tag = ts.getJSDocTags(node).find(({ tagName }) => tagName.text === "default");
  found.set(node, {
    name,
    comment: ts.getTextOfJSDocComment(told?.comment) ?? "",
    default: tag && ts.getTextOfJSDocComment(tag.comment),
    isOptional: !ts.isPropertyAssignment(node) && node.questionToken !== undefined,
    isForbidden: type?.kind === ts.SyntaxKind.UndefinedKeyword,
  });
  if (type) collect(type, name, found);
}

const isHidden = (node: ts.Node): boolean =>
  ts.getJSDocTags(node).some(({ tagName }) => tagName.text === "internal") ||
  (ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword));

/** What a program gives, other than what it is told. */
const isGiven = ({ name }: Property): boolean => /^\w+(Args|Options|Reference)\./.test(name);

const named = (chosen: readonly Property[]): string[] => chosen.map(({ name }) => name);

describe("Of the exported types", () => {
  test("every property has its comment", () => {
    expect(properties.length).toBeGreaterThan(300);
    expect(named(properties)).toEqual(expect.arrayContaining(["ClusterBackup.nextRun", "Restore.created"]));
    expect(named(properties.filter(({ comment }) => comment.trim() === ""))).toEqual([]);
  });

  test("every optional property of what a program gives says its default by `@default`, and there alone", () => {
    const optional = properties.filter((each) => isGiven(each) && each.isOptional && !each.isForbidden);
    expect(optional.length).toBeGreaterThan(120);
    expect(named(optional.filter((each) => (each.default ?? "").trim() === ""))).toEqual([]);
    expect(named(properties.filter(({ comment }) => /\bdefault: /i.test(comment)))).toEqual([]);
  });

  test("what has to be given, and what may not be, has no default", () => {
    const without = properties.filter((each) => !each.isOptional || each.isForbidden);
    expect(named(without.filter((each) => each.default !== undefined))).toEqual([]);
  });

  test("the defaults of timeouts are those by which the provider waits", () => {
    const told = properties.flatMap((each) => {
      const [, operation] = /^TimeoutsArgs\.(\w+)$/.exec(each.name) ?? [];
      return operation === undefined ? [] : [[operation, each.default]];
    });
    const inForce = Object.entries(defaultTimeouts).map(([operation, value]) => [
      operation,
      JSON.stringify(value),
    ]);
    expect(told).toEqual(inForce);
  });
});
