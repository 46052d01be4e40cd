import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { promisify } from "node:util";
import { findPulumi } from "../../engine/find-pulumi.ts";
import type { ProcessSpec } from "../supervisor/protocol.ts";
import { withBuildLock } from "./build-lock.ts";
import { cacheDir } from "./cache-dir.ts";
import { cacheKey, goPlatform } from "./cache-key.ts";
import {
  type BinaryName,
  builtName,
  type GoModule,
  goModules,
  kubernetesPlugin,
  linkerFlags,
  type NodeBinaryName,
  nodeModules,
} from "./go-modules.ts";
import { requireGo } from "./go-version.ts";
import { type Progress, startProgress } from "./progress.ts";

const stageSuffix = ".building-";
const abandonedAfterMs = 60 * 60 * 1000;

/** Where each binary lies. */
export type Binaries = Record<BinaryName, string>;

export type NodeBinaries = Record<NodeBinaryName, string>;

/** Runs a command to its end and fails with its output. */
export type RunCommand = (name: string, command: ProcessSpec) => Promise<void>;

/** Builds what the cache does not hold. */
export async function ensureBinaries(run: RunCommand, signal?: AbortSignal): Promise<Binaries> {
  return (await ensureModules(neededModules(), run, signal)) as Binaries;
}

/** Builds what a node runs, which takes about five minutes on two cores. */
export async function ensureNodeBinaries(run: RunCommand, signal?: AbortSignal): Promise<NodeBinaries> {
  return (await ensureModules(nodeModules, run, signal)) as NodeBinaries;
}

async function ensureModules(
  modules: readonly GoModule[],
  run: RunCommand,
  signal?: AbortSignal,
): Promise<Record<string, string>> {
  const paths: Record<string, string> = {};
  for (const module of modules) {
    const dir = await ensureModule(module, run, signal);
    for (const name of Object.keys(module.packages)) paths[name] = join(dir, name);
  }
  return paths;
}

/** Builds Pulumi's Kubernetes plugin, which takes about a quarter of an hour on two cores. */
export async function ensureKubernetesPlugin(run: RunCommand, signal?: AbortSignal): Promise<void> {
  await ensureModule(kubernetesPlugin, run, signal);
}

/** The folder of the Kubernetes plugin, if it was built. */
export async function builtKubernetesPlugin(): Promise<string | undefined> {
  const { dir } = await placeOf(kubernetesPlugin);
  return existsSync(dir) ? dir : undefined;
}

/** Where a binary lies that `ensureBinaries` has built. */
export async function builtBinary(name: BinaryName): Promise<string> {
  const module = goModules.find((each) => name in each.packages);
  if (!module) throw new Error(`No module builds ${name}.`);
  return join((await placeOf(module)).dir, name);
}

/** The modules that the cache does not hold: building them takes minutes. */
export async function modulesToBuild(): Promise<GoModule[]> {
  const modules = neededModules();
  const places = await Promise.all(modules.map(placeOf));
  return modules.filter((_, index) => !existsSync(places[index]?.dir ?? ""));
}

/** Where there is a CLI on PATH, none is built. */
function neededModules(): GoModule[] {
  return goModules.filter(({ name }) => name !== "pulumi" || findPulumi() === undefined);
}

async function placeOf(module: GoModule): Promise<{ dir: string; flags: string }> {
  const sources = await readSources(module.dir);
  const flags = linkerFlags(module, sources["go.mod"] ?? "");
  const further = [...(module.files ?? []), ...(module.cgo ? ["cgo"] : [])];
  const key = cacheKey(sources, goPlatform(), [module.packages, flags, ...further]);
  return { dir: join(cacheDir(), `${module.name}-${key}`), flags };
}

async function ensureModule(module: GoModule, run: RunCommand, signal?: AbortSignal): Promise<string> {
  const { dir, flags } = await placeOf(module);
  if (existsSync(dir)) return dir;

  await requireGo();
  await mkdir(cacheDir(), { recursive: true });
  let waiting: Progress | undefined;
  const buildUnlessBuilt = async () => {
    waiting?.finish("over");
    if (!existsSync(dir)) await build(module, flags, dir, run);
  };
  await withBuildLock(`${dir}.lock`, buildUnlessBuilt, {
    signal,
    onWait: () => (waiting = startProgress(`waiting for another process to build ${module.title}`)),
  });
  return dir;
}

async function build(module: GoModule, flags: string, dir: string, run: RunCommand): Promise<void> {
  await removeAbandonedStages();
  const stage = await mkdtemp(`${dir}${stageSuffix}`);
  const progress = startProgress(`building ${module.title}`);
  const watch = setInterval(() => void showCount(progress, stage, module), 1000);
  try {
    await run(`build-${module.name}`, goBuild(module, flags, stage));
    await giveOurNames(module, stage);
    await copyFiles(module, stage);
    await moveUnlessThere(stage, dir);
    progress.finish("done");
  } catch (error) {
    progress.finish("failed");
    throw error;
  } finally {
    clearInterval(watch);
    await rm(stage, { recursive: true, force: true });
  }
}

/** Half-built binaries of processes that were killed. */
async function removeAbandonedStages(): Promise<void> {
  const names = (await readdir(cacheDir())).filter((name) => name.includes(stageSuffix));
  for (const name of names) {
    const path = join(cacheDir(), name);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > abandonedAfterMs) await rm(path, { recursive: true, force: true });
  }
}

async function moveUnlessThere(stage: string, dir: string): Promise<void> {
  try {
    await rename(stage, dir);
  } catch (error) {
    if (!existsSync(dir)) throw error;
  }
}

/** One `go build` for all binaries of a module: what they share is compiled once, and the cores stay busy. */
function goBuild(module: GoModule, flags: string, stage: string): ProcessSpec {
  const { os, arch } = goPlatform();
  return {
    command: "go",
    args: [
      "build",
      "-mod=readonly",
      "-buildvcs=false",
      "-ldflags",
      flags,
      "-o",
      `${stage}/`,
      ...Object.values(module.packages),
    ],
    cwd: module.dir,
    env: {
      ...process.env,
      GOFLAGS: "",
      GOWORK: "off",
      GOTOOLCHAIN: "local",
      CGO_ENABLED: module.cgo ? "1" : "0",
      GOOS: os,
      GOARCH: arch,
    },
  };
}

async function giveOurNames(module: GoModule, stage: string): Promise<void> {
  for (const [name, goPackage] of Object.entries(module.packages)) {
    if (builtName(goPackage) !== name) await rename(join(stage, builtName(goPackage)), join(stage, name));
  }
}

async function copyFiles({ dir, files = [] }: GoModule, stage: string): Promise<void> {
  for (const { module, file } of files) {
    const list = ["list", "-m", "-f", "{{.Dir}}", module ?? ""];
    const folder =
      module === undefined ? dir : (await promisify(execFile)("go", list, { cwd: dir })).stdout.trim();
    await copyFile(join(folder, file), join(stage, basename(file)));
  }
}

async function showCount(progress: Progress, stage: string, module: GoModule): Promise<void> {
  const finished = await readdir(stage).catch(() => []);
  progress.update(`${finished.length} of ${Object.keys(module.packages).length} finished`);
}

async function readSources(dir: string): Promise<Record<string, string>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = paths.map(async (path) => [relative(dir, path), await readFile(path, "utf8")] as const);
  return Object.fromEntries(await Promise.all(read));
}
