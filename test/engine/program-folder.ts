import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { ProgramFiles } from "./runner.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

/** A folder in which a program runs, with the packages of this repository and pulumi-velero itself. */
export class ProgramFolder {
  readonly directory: string;

  constructor(program: string | ProgramFiles, project: string | undefined) {
    this.directory = mkdtempSync(path.join(tmpdir(), "pulumi-program-"));
    const packages = typeof program === "string" ? {} : (program.packages ?? {});
    this.#linkPackages({ "pulumi-velero": REPOSITORY, ...packages });
    if (typeof program === "string") this.#copy(program);
    else this.write(program.files);
    if (this.#read("package.json") === undefined)
      this.write({ "package.json": '{ "name": "scenario", "private": true }\n' });
    const existing = this.#read("Pulumi.yaml");
    if (existing === undefined) this.write({ "Pulumi.yaml": this.#settings(project ?? "scenario") });
    else if (project !== undefined) {
      this.write({ "Pulumi.yaml": existing.replace(/^name:.*$/m, `name: ${project}`) });
    }
  }

  get project(): string {
    return /^name:\s*["']?([^"'\s]+)/m.exec(this.#read("Pulumi.yaml") ?? "")?.[1] ?? "scenario";
  }

  /** What is run in the folder. */
  get entryPoint(): string {
    return /^main:\s*["']?([^"'\s]+)/m.exec(this.#read("Pulumi.yaml") ?? "")?.[1] ?? ".";
  }

  get typescript(): boolean {
    const explicit = /typescript:\s*(true|false)/.exec(this.#read("Pulumi.yaml") ?? "")?.[1];
    return explicit === undefined ? this.#hasTypeScript() : explicit === "true";
  }

  write(files: Record<string, string | null>): void {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(this.directory, name);
      if (text === null) {
        rmSync(file, { force: true });
        continue;
      }
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  dispose(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #settings(project: string): string {
    return `name: ${project}\nruntime:\n  name: nodejs\n  options:\n    typescript: ${this.#hasTypeScript()}\n`;
  }

  #hasTypeScript(): boolean {
    return existsSync(path.join(this.directory, "index.ts"));
  }

  #read(name: string): string | undefined {
    const file = path.join(this.directory, name);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  }

  #copy(program: string): void {
    const skipped = /^(node_modules|Pulumi\..+\.yaml)$/;
    cpSync(program, this.directory, {
      recursive: true,
      filter: (source) => source === program || !skipped.test(path.basename(source)),
    });
  }

  /** Scopes become folders of links, so that a test can put a package of its own beside those of the repository. */
  #linkPackages(packages: Record<string, string>): void {
    const modules = path.join(REPOSITORY, "node_modules");
    const links = new Map<string, string>();
    for (const entry of readdirSync(modules)) {
      if (entry.startsWith(".")) continue;
      const names = entry.startsWith("@")
        ? readdirSync(path.join(modules, entry)).map((name) => `${entry}/${name}`)
        : [entry];
      for (const name of names) links.set(name, path.join(modules, name));
    }
    for (const [name, target] of Object.entries(packages)) links.set(name, target);
    for (const [name, target] of links) {
      const link = path.join(this.directory, "node_modules", name);
      mkdirSync(path.dirname(link), { recursive: true });
      symlinkSync(target, link);
    }
  }
}
