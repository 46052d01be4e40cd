import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { npmEnvironment } from "./npm-environment.ts";
import { packTarball } from "./pack-tarball.ts";

const exec = promisify(execFile);

/** The package managers that are looked at, of npm the one that is there. */
const VERSIONS = { yarn: "1.22.22", pnpm: "12.21.0" };

export type Manager = "npm" | keyof typeof VERSIONS;

export interface Project {
  manager: Manager;
  module: "commonjs" | "esm";
  typescript: string;
  /** Version of Node that is installed with it; absent for that of the tests. */
  node?: string | undefined;
}

/** The tarball that would be published, and the package managers that install it, in a folder of their own. */
export class Workshop {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #tarball: string;

  private constructor(folder: string, env: NodeJS.ProcessEnv, tarball: string) {
    this.#folder = folder;
    this.#env = env;
    this.#tarball = tarball;
  }

  static async in(folder: string): Promise<Workshop> {
    const env = await npmEnvironment();
    const managers = Object.entries(VERSIONS).map(([name, version]) => `${name}@${version}`);
    writeFileSync(path.join(folder, "package.json"), '{ "name": "managers", "private": true }\n');
    await exec("npm", ["install", ...QUIET, ...managers], { cwd: folder, env });
    return new Workshop(folder, env, await packTarball(folder, env));
  }

  /** A project in which the tarball is installed, as its user would. Returns its folder. */
  async install(name: string, { manager, module, typescript, node }: Project): Promise<string> {
    const project = path.join(this.#folder, name);
    mkdirSync(project);
    const manifest = {
      name,
      version: "1.0.0",
      private: true,
      type: module === "esm" ? "module" : "commonjs",
      dependencies: {
        "@aws-sdk/client-s3": "^3.1169.0",
        "@pulumi/pulumi": "^3.270.0",
        "pulumi-velero": `file:${this.#tarball}`,
      },
      devDependencies: {
        "@types/node": "^24.0.0",
        typescript,
        ...(node !== undefined && { [nodePackage]: node }),
      },
    };
    writeFileSync(path.join(project, "package.json"), JSON.stringify(manifest, null, 2));
    const [command, ...args] = this.#installer(manager);
    await exec(command, args, { cwd: project, env: this.#env });
    return project;
  }

  #installer(manager: Manager): [string, ...string[]] {
    const bin = (file: string) => path.join(this.#folder, "node_modules", file);
    switch (manager) {
      case "npm":
        return ["npm", "install", ...QUIET];
      case "yarn": {
        const quiet = ["--silent", "--non-interactive", "--prefer-offline", "--ignore-scripts"];
        return [process.execPath, bin("yarn/bin/yarn.js"), "install", ...quiet];
      }
      case "pnpm": {
        const quiet = ["--silent", "--prefer-offline", "--ignore-scripts"];
        return [process.execPath, bin("pnpm/bin/pnpm.mjs"), "install", ...quiet];
      }
      default:
        throw new Error(`nothing installs with ${String(manager satisfies never)}`);
    }
  }
}

const QUIET = ["--silent", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts"];

/** Node itself, as npm has it for Linux. */
const nodePackage = `node-linux-${process.arch}`;
export const nodeIn = (project: string): string =>
  path.join(project, "node_modules", nodePackage, "bin/node");
export const hasOtherNodes = process.platform === "linux" && ["x64", "arm64"].includes(process.arch);
