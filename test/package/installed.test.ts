import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { Runner } from "../engine/runner.ts";
import type { StackState } from "../engine/stack-state.ts";
import { recorded } from "../fixtures/stacks/recorded.ts";
import { messagesOf, stepsOf } from "../scenarios/stack.ts";
import { hasOtherNodes, nodeIn, type Project, Workshop } from "./installation.ts";

// Nothing may be in the caches yet.
vi.setConfig({ hookTimeout: 600_000 });

/** Node 24 wherever npm brings it along for this repository's scripts. */
const ours = `Node ${process.versions.node.split(".")[0]}`;

/** Each package manager, kind of module, TypeScript and Node at least once. */
const projects: [string, Project][] = [
  [
    "npm, ESM, TypeScript 6, Node 22",
    { manager: "npm", module: "esm", typescript: "6.0.3", node: "22.23.3" },
  ],
  [`yarn, CommonJS, TypeScript 6, ${ours}`, { manager: "yarn", module: "commonjs", typescript: "6.0.3" }],
  [`pnpm, CommonJS, TypeScript 5.9, ${ours}`, { manager: "pnpm", module: "commonjs", typescript: "5.9.3" }],
];

const fixtures = path.join(import.meta.dirname, "../fixtures/stacks");
/** Releases of which there is a recorded stack. */
const releases = readdirSync(fixtures, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const kindsIn = ({ deployment }: StackState) =>
  new Set(
    (deployment.resources ?? []).flatMap(({ type }) => /velero:(?:index:)?(\w+)$/.exec(type)?.[1] ?? []),
  );
const stateOf = (release: string) =>
  JSON.parse(readFileSync(path.join(fixtures, release, "state.json"), "utf8")) as StackState;

let folder: string;
/** By the project's name, the folder in which it is installed, or why it is not. */
const installed = new Map<string, string | Error>();

/** All of them side by side: they wait for the network more than for this machine. */
beforeAll(async () => {
  // The real path: a program that is reached by a link finds its packages elsewhere.
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "pulumi-velero-installed-")));
  const workshop = await Workshop.in(folder);
  await Promise.all(
    projects.map(async ([name, project], index) => {
      const wished: Project = hasOtherNodes ? project : { ...project, node: undefined };
      const made = workshop.install(`project-${index}`, wished).catch((error: unknown) => error as Error);
      installed.set(name, await made);
    }),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const projectOf = (name: string): string => {
  const found = installed.get(name);
  if (typeof found === "string") return found;
  throw found ?? new Error(`${name} was never begun`);
};

const compiled = new Map<string, Promise<string>>();

/** Compiles a program with the project's own TypeScript, once, and returns what that complains of. */
function compile(project: string, release: string, how: Project): Promise<string> {
  const key = `${project} ${release}`;
  const known = compiled.get(key) ?? compileAnew(project, release, how);
  compiled.set(key, known);
  return known;
}

async function compileAnew(project: string, release: string, { module }: Project): Promise<string> {
  const sources = path.join(project, release);
  mkdirSync(sources, { recursive: true });
  cpSync(path.join(fixtures, release, "index.ts"), path.join(sources, "index.ts"));
  const settings = {
    compilerOptions: {
      target: "es2022",
      // Of CommonJS, TypeScript 5.9 looks for packages as it did before they had exports, and 6 as bundlers do.
      module: module === "esm" ? "nodenext" : "commonjs",
      // Ours are to compile, too.
      skipLibCheck: false,
      strict: true,
      types: ["node"],
      rootDir: ".",
      outDir: "bin",
    },
    files: ["index.ts"],
  };
  writeFileSync(path.join(sources, "tsconfig.json"), JSON.stringify(settings));
  const tsc = path.join(project, "node_modules/typescript/bin/tsc");
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, "-p", sources], (error, stdout) => resolve(error ? stdout : ""));
  });
}

/** Previews what was compiled, on the stack that is given or on none. */
async function preview(installed: string, release: string, node: string | undefined, state?: StackState) {
  const settings = { name: recorded.project, runtime: { name: "nodejs", options: { typescript: false } } };
  // JSON is YAML, too.
  const main = JSON.stringify({ ...settings, main: `${release}/bin/index.js` });
  writeFileSync(path.join(installed, "Pulumi.yaml"), main);
  const runner = new Runner({
    program: { installed },
    ...{ project: recorded.project, stack: recorded.stack, env: recorded.env, node },
  });
  try {
    if (state) await runner.setState(state);
    return await runner.preview({ expectNoChanges: state !== undefined });
  } finally {
    await runner.dispose();
  }
}

const opsIn = (run: RunResult) => new Set(stepsOf(run).map((step) => step.split(" ")[0]));

test("a stack of every kind was recorded of each release", () => {
  expect(releases).toContain("0.1");
  const kinds = ["BackupLocation", "ClusterBackup", "ClusterLocation", "Restore", "WorkspaceBackup"];
  for (const release of releases)
    expect([...kindsIn(stateOf(release))]).toEqual(expect.arrayContaining(kinds));
});

describe.each(projects)("What is published, installed with %s,", (name, project) => {
  const release = releases.at(-1) ?? "";
  const isLeftOut = project.node !== undefined && !hasOtherNodes;
  const node = () => (project.node === undefined || isLeftOut ? undefined : nodeIn(projectOf(name)));

  test(`runs on the Node that is said${isLeftOut ? " (skipped: npm has no other Node for this machine)" : ""}`, async ({
    skip,
  }) => {
    if (isLeftOut) skip();
    const version = await new Promise<string>((resolve) => {
      execFile(node() ?? process.execPath, ["--version"], (_error, stdout) => resolve(stdout.trim()));
    });
    expect(version).toBe(project.node === undefined ? process.version : `v${project.node}`);
    expect(existsSync(path.join(projectOf(name), "node_modules/pulumi-velero/dist/sdk/index.js"))).toBe(true);
  });

  test("type-checks, and previews a stack that is new", async () => {
    expect(await compile(projectOf(name), release, project)).toBe("");
    const run = await preview(projectOf(name), release, node());
    expect(run.ok, messagesOf(run)).toBe(true);
    expect([...opsIn(run)]).toEqual(["create"]);
  });

  test.each(releases)("previews a stack as version %s has left it without a change", async (each) => {
    expect(await compile(projectOf(name), each, project)).toBe("");
    const run = await preview(projectOf(name), each, node(), stateOf(each));
    expect(run.ok, messagesOf(run)).toBe(true);
    expect([...opsIn(run)]).toEqual(["same"]);
  });
});
