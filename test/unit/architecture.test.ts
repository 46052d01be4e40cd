import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";

// The linter holds static imports to their directions (oxlint.config.mts). This sees `import()`, `require` and
// `typeof import()` as well, by which the heavy packages are loaded.

const repository = path.join(import.meta.dirname, "../..");

/** Packages that are heavy, optional or replaceable: who may name them. */
const owners: Record<string, string[]> = {
  minio: [],
  "@aws-sdk/client-s3": ["provider/store/aws.ts", "provider/store/s3.ts"],
  "@aws-sdk/client-sts": ["provider/store/aws-credentials.ts"],
  "@google-cloud/storage": ["provider/store/gcp.ts"],
  "google-auth-library": ["provider/store/gcp.ts"],
  "@azure/storage-blob": ["provider/store/azure.ts"],
  "@azure/identity": ["provider/store/azure.ts"],
  "@kubernetes/client-node": [
    "provider/kubernetes/client.ts",
    "provider/kubernetes/kubeconfig/open-access.ts",
  ],
  "js-yaml": ["provider/kubernetes/kubeconfig/judge-kubeconfig.ts"],
  undici: ["provider/kubernetes/client.ts", "provider/kubernetes/kubeconfig/open-access.ts"],
  "@pulumi/kubernetes": ["sdk/velero-server.ts"],
};

/** As the SDK's side names it. */
const LOOK_UPS = "../provider/look-ups/index.ts";

const sources = ["model", "sdk", "provider"].flatMap(sourcesIn);

describe("imports", () => {
  test.each(Object.entries(owners))("%s is known to %j alone", (name, files) => {
    expect(importersOf(name)).toEqual(files);
  });

  test("stack code loads nothing but Pulumi's SDK", () => {
    const runtime = sources.filter(({ file }) => file.startsWith("sdk/")).flatMap(({ loads }) => loads);
    const foreign = runtime.filter((name) => !/^(\.\/|\.\.\/(\.\.\/)?model\/|node:)/.test(name));
    expect(new Set(foreign)).toEqual(new Set(["@pulumi/pulumi", "@pulumi/kubernetes", LOOK_UPS]));
  });

  test("what stack code and the provider share loads nothing", () => {
    const shared = sources.filter(({ file }) => file.startsWith("model/"));
    expect(shared.flatMap(({ loads }) => loads).filter((name) => !name.startsWith("./"))).toEqual([]);
  });

  test("and Pulumi's package for Kubernetes when a VeleroServer is made: no import of it is left at a file's head", () => {
    const heads = sources.flatMap(({ text }) => text.match(/^import [^;]*"@pulumi\/kubernetes"/gm) ?? []);
    expect(heads).toEqual([]);
  });

  test("but for look-ups: one file of it knows one of the provider's, which it loads when one is called", () => {
    const askers = sources.filter(({ file, loads }) => file.startsWith("sdk/") && loads.includes(LOOK_UPS));
    expect(askers.map(({ file }) => file)).toEqual(["sdk/ask-provider.ts"]);
    const dynamic = askers.map(({ text }) => text.split(`import("${LOOK_UPS}")`).length - 1);
    const values = askers.flatMap(({ text }) => text.match(/^import (?!type )[^;]*"\.\.\/provider/gm) ?? []);
    expect({ dynamic, values }).toEqual({ dynamic: [1], values: [] });
  });

  test("the provider knows nothing of Pulumi's SDK, which is not to be loaded in its process", () => {
    const importers = sources.filter(
      ({ file, imports }) =>
        file.startsWith("provider/") && imports.some((name) => name.startsWith("@pulumi/")),
    );
    expect(importers.map(({ file }) => file)).toEqual([]);
  });

  test("Pulumi's contract is the adapter's alone: no other file names what the engine calls", () => {
    const knowing = sources.filter(
      ({ file, text }) => file.startsWith("provider/") && /__provider/.test(text),
    );
    expect(knowing.map(({ file }) => file)).toEqual(["provider/pulumi-adapter.ts"]);
  });

  test("every package that is imported is declared, and every dependency is imported", () => {
    const { dependencies, peerDependencies } = JSON.parse(
      readFileSync(path.join(repository, "package.json"), "utf8"),
    ) as Record<"dependencies" | "peerDependencies", Record<string, string>>;
    const imported = new Set(
      sources
        .flatMap(({ imports }) => imports)
        .filter(isPackage)
        .map(packageOf),
    );
    const declared = Object.keys({ ...dependencies, ...peerDependencies });
    expect([...imported].filter((name) => !declared.includes(name))).toEqual([]);
    expect(Object.keys(dependencies).filter((name) => !imported.has(name))).toEqual([]);
  });
});

interface Source {
  file: string;
  text: string;
  /** All that is named, types included. */
  imports: string[];
  /** What is left of them in the JavaScript. */
  loads: string[];
}

function sourcesIn(folder: string): Source[] {
  return readdirSync(path.join(repository, folder), { recursive: true, encoding: "utf8" })
    .map((name) => path.posix.join(folder, name))
    .filter((file) => file.endsWith(".ts"))
    .toSorted()
    .map((file) => {
      const text = readFileSync(path.join(repository, file), "utf8");
      const options = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.CommonJS };
      const { outputText } = ts.transpileModule(text, { compilerOptions: options });
      return { file, text, imports: namesIn(text), loads: namesIn(outputText) };
    });
}

/** `preProcessFile` finds static and dynamic imports, `require` and import types. */
function namesIn(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
}

const importersOf = (name: string): string[] =>
  sources.filter(({ imports }) => imports.some((each) => packageOf(each) === name)).map(({ file }) => file);

const isPackage = (name: string): boolean => !name.startsWith(".") && !name.startsWith("node:");

const packageOf = (name: string): string =>
  name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
