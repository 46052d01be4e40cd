import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { beforeAll, expect, test, vi } from "vitest";

vi.setConfig({ hookTimeout: 300_000 });

const repository = path.join(import.meta.dirname, "../..");
const pages = [
  "",
  "docs",
  "docs/contributing",
  "docs/design",
  "examples",
  ...readdirSync(path.join(repository, "examples")).map((name) => `examples/${name}`),
]
  .flatMap((folder) => pagesIn(folder))
  .map((page) => ({ page, text: readFileSync(path.join(repository, page), "utf8") }));

/** Of the repository's root only what people are to read. */
function pagesIn(folder: string): string[] {
  if (folder === "") return ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"];
  return ts.sys
    .readDirectory(path.join(repository, folder), [".md"], undefined, ["*"])
    .map((page) => path.relative(repository, page));
}

/** Each program of each page stands for itself, as whoever copies it takes it; a file that a block goes on with is one. */
const programs = pages.flatMap(({ page, text }) => {
  const blocks = [...text.matchAll(/^```ts(?: title="(.+)")?\n([^]*?)^```$/gm)];
  const begun = new Map<string, string>();
  for (const [index, [, title = `${index + 1}`, code = ""]] of blocks.entries())
    begun.set(title, (begun.get(title) ?? "") + code);
  return [...begun].map(([title, code]) => ({
    name: `${page}, program ${title}`,
    file: path.join(repository, `${page.replace(/\W/g, "-")}-${title.replace(/\.ts$/, "")}.ts`),
    code: code.replaceAll('from "pulumi-velero"', 'from "./sdk/index.ts"'),
  }));
});

const complaints = new Map<string, string[]>();

beforeAll(() => {
  const settings = ts.readConfigFile(path.join(repository, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(settings.config, ts.sys, repository);
  // Of the packages that the pages use and this repository does not have.
  const packages = readFileSync(path.join(repository, "test/fixtures/cloud-packages.txt"), "utf8");
  const sources = new Map<string, string>([
    [path.join(repository, "cloud-packages.d.ts"), packages],
    ...programs.map(({ file, code }): [string, string] => [file, code]),
  ]);
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.getSourceFile = (name, ...rest) => {
    const source = sources.get(name);
    return source === undefined ? getSourceFile(name, ...rest) : ts.createSourceFile(name, source, rest[0]);
  };
  host.fileExists = (name) => sources.has(name) || fileExists(name);
  const program = ts.createProgram([...sources.keys()], { ...options, noUnusedLocals: false }, host);
  for (const file of sources.keys()) {
    const compiled = program.getSourceFile(file);
    complaints.set(
      file,
      [...program.getSyntacticDiagnostics(compiled), ...program.getSemanticDiagnostics(compiled)].map(
        ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "),
      ),
    );
  }
});

test.each(programs.map(({ name, file }) => [name, file]))("%s compiles", (_name, file) => {
  expect(complaints.get(file)).toEqual([]);
});

test("there are programs on the pages", () => {
  expect(programs.length).toBeGreaterThan(15);
});

test.each(pages.map(({ page, text }) => [page, text]))(
  "%s links to nothing that is not there",
  (page, text) => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)[^)]*\)/g)].map(([, link = ""]) => link);
    const folder = path.dirname(path.join(repository, page));
    const broken = links.filter((link) => !ts.sys.fileExists(path.join(folder, link)));
    expect(broken).toEqual([]);
  },
);

/** As GitHub makes them of headings; others are written down. */
const placesIn = (text: string): string[] => [
  ...[...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  ),
  ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = ""]) => id),
];

test.each(pages.map(({ page, text }) => [page, text]))(
  "%s links to no place on a page that is not there",
  (page, text) => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)#([^)]+)\)/g)];
    const broken = links.filter(([, file, place = ""]) => {
      const target = file ? path.join(path.dirname(page), file) : page;
      return !placesIn(pages.find((other) => other.page === target)?.text ?? "").includes(place);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  },
);

test("what troubleshooting quotes are the provider's words", () => {
  const { text } = pages.find(({ page }) => page === "docs/troubleshooting.md") ?? { text: "" };
  const quoted = text
    .split("\n")
    .filter((line) => line.startsWith("| <a id="))
    .flatMap((line) =>
      [...(line.split(" | ")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, words = ""]) => words),
    );
  const sources = ["model", "provider", "sdk"]
    .flatMap((folder) => ts.sys.readDirectory(path.join(repository, folder), [".ts"]))
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
  expect(quoted.length).toBeGreaterThan(80);
  expect(quoted.filter((words) => !sources.includes(words))).toEqual([]);
});

test.each([
  ["backups", "model/health.ts", "BackupHealth"],
  ["locations", "model/health.ts", "ClusterLocationHealth"],
  ["restores", "model/health.ts", "RestoreHealth"],
])("the health page explains each value for %s", (subject, file, type) => {
  const source = readFileSync(path.join(repository, file), "utf8");
  const [, union = ""] = new RegExp(`^export type ${type} =([^;]+);`, "m").exec(source) ?? [];
  const values = [...union.matchAll(/"(\w+)"/g)].map(([, value = ""]) => value);
  const { text } = pages.find(({ page }) => page === "docs/health.md") ?? { text: "" };
  const [, section = ""] = new RegExp(`^## Health of ${subject}\n([^]*?)(?=^## )`, "m").exec(text) ?? [];
  expect(values.length).toBeGreaterThan(1);
  expect(values.filter((value) => !section.includes(`\`${value}\``))).toEqual([]);
});

test("contributors are led to files that are there", () => {
  const led = pages.filter(({ page }) => /^(CONTRIBUTING|docs\/(contributing|design))/.test(page));
  const named = led.flatMap(({ page, text }) =>
    [...text.matchAll(/`((?:sdk|provider|test|docs|examples|\.ci)\/[\w./-]*)`/g)].map(([, file = ""]) => ({
      page,
      file,
    })),
  );
  const isThere = (file: string) =>
    // Built by `npm run docs`.
    file === "docs/api" || existsSync(path.join(repository, file));
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter(({ file }) => !isThere(file))).toEqual([]);
});

/** A source file names a page of `docs/`, with a heading where the page is one of `docs/design/`. */
const citations = ["model", "provider", "sdk", "test"]
  .flatMap((folder) => ts.sys.readDirectory(path.join(repository, folder), [".ts", ".cjs", ".go"]))
  .filter((file) => file !== import.meta.filename && !file.includes("/node_modules/"))
  .flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/(?<![\w/-])(docs\/[\w/-]+\.md)(?:#([\w-]+))?/g)].map(
      ([, page = "", place]) => ({ file: path.relative(repository, file), page, place }),
    ),
  );

test("source files cite pages that are there", () => {
  const broken = citations.filter(({ page }) => !ts.sys.fileExists(path.join(repository, page)));
  expect(broken).toEqual([]);
});

test("source files cite design pages by a heading that is there", () => {
  const ofDesign = citations.filter(({ page }) => page.startsWith("docs/design/"));
  const broken = ofDesign.filter(
    ({ page, place = "" }) =>
      !placesIn(pages.find((other) => other.page === page)?.text ?? "").includes(place),
  );
  expect(ofDesign.length).toBeGreaterThan(40);
  expect(broken).toEqual([]);
});

test.each(pages.map(({ page, text }) => [page, text]))("%s has no two equal headings", (_page, text) => {
  const places = placesIn(text.replace(/^```[^]*?^```$/gm, ""));
  expect(places.filter((place, index) => places.indexOf(place) !== index)).toEqual([]);
});
