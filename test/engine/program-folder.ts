import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

/** A small program, written into a folder of its own. */
export interface ProgramFiles {
  /** Path → text; `index.js` or `index.ts` is run, unless a `Pulumi.yaml` among them says otherwise. */
  files: Record<string, string>;
  /** Package name → folder, for packages other than those of this repository. */
  packages?: Record<string, string>;
}

/** A folder with packages of its own, which is used as it is, and stays. */
export interface InstalledProgram {
  installed: string;
}

/** A folder, which is copied, or the files, or a folder in which all is installed. */
export type Program = string | ProgramFiles | InstalledProgram;

/** What a program in a test may import. The fewer the better: the CLI looks through all of them for plugins. */
const INSTALLED = ["@pulumi/pulumi", "@pulumi/kubernetes", "@types/node", "typescript"];

/** A folder in which a program runs, with the packages of this repository and pulumi-velero itself. */
export class ProgramFolder {
  readonly directory: string;
  readonly #isOurs: boolean;

  constructor(program: Program, project: string | undefined) {
    this.#isOurs = typeof program === "string" || !("installed" in program);
    if (typeof program !== "string" && "installed" in program) {
      this.directory = program.installed;
      return;
    }
    this.directory = mkdtempSync(path.join(tmpdir(), "pulumi-program-"));
    const packages = typeof program === "string" ? {} : (program.packages ?? {});
    this.#linkPackages(packages);
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
    if (this.#isOurs) rmSync(this.directory, { recursive: true, force: true });
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

  /** pulumi-velero as an installed package has it: what is published, nothing else of this repository. */
  #linkPackages(packages: Record<string, string>): void {
    const installed = INSTALLED.map((name) => [name, path.join(REPOSITORY, "node_modules", name)] as const);
    for (const [name, target] of [...installed, ...Object.entries(packages)]) {
      if (!existsSync(target)) throw new Error(`no package "${name}" at ${target}`);
      this.#link(name, target);
    }
    if ("pulumi-velero" in packages) return;
    this.#link("pulumi-velero/package.json", path.join(REPOSITORY, "package.json"));
    this.#link("pulumi-velero/dist", path.join(REPOSITORY, "dist"));
  }

  #link(name: string, target: string): void {
    const link = path.join(this.directory, "node_modules", name);
    mkdirSync(path.dirname(link), { recursive: true });
    symlinkSync(target, link);
  }
}
