import { execFile } from "node:child_process";
import { appendFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { Runner, type RunOptions } from "../engine/runner.ts";
import type { RunResult } from "../engine/run-result.ts";
import type { Block } from "./readme-blocks.ts";

type Operation = "up" | "refresh" | "destroy";

/** What is typed on the way, and what it comes to where nobody sits at the terminal. */
const operations: Record<string, [Operation, RunOptions]> = {
  "pulumi up": ["up", {}],
  "pulumi refresh --preview-only --expect-no-changes": [
    "refresh",
    { previewOnly: true, expectNoChanges: true },
  ],
  "pulumi destroy": ["destroy", {}],
};

/** `<command> | pulumi config set --secret <key> <value>`, of which the first and the last may be absent. */
export const SETTING = /^(?:(.+) \| )?pulumi config set( --secret)? (\w+)(?: \S+)?$/;

interface Surroundings {
  folder: string;
  env: NodeJS.ProcessEnv;
  /** In place of the package's name, since it is not published yet. */
  tarball: string;
  /** What its reader exports: each variable of the page, with a value of one's own; undefined: the runner's. */
  variables: Record<string, string | undefined>;
  /** What its reader sets by `pulumi config set`, where the page has an example's value, or asks for one. */
  settings: Record<string, string>;
  /** What `kubectl` works on. */
  kubeconfigPath: string;
}

/** Goes the way that a page describes, step by step, in a folder. */
export class ReadmePath {
  /** The variables that the page has told to set so far. */
  readonly exported: string[] = [];
  readonly #steps: (() => Promise<RunResult | undefined>)[];
  readonly #at: Surroundings;
  #runner: Runner | undefined;

  constructor(blocks: Block[], at: Surroundings) {
    this.#at = at;
    this.#steps = blocks.flatMap(({ language, title, text }) => {
      if (language === "text") return [];
      if (title !== undefined) return [async () => this.#write(title, text)];
      if (language !== "sh") throw new Error(`a block that is neither a file nor commands: ${text}`);
      const lines = text.split("\n").map((line) => line.replace(/\s+#.*$/, ""));
      return lines.filter((line) => line !== "").map((line) => () => this.#type(line));
    });
  }

  /** Goes on until the next run of Pulumi has ended, and returns that; undefined at the end of the way. */
  async next(): Promise<RunResult | undefined> {
    for (let step = this.#steps.shift(); step !== undefined; step = this.#steps.shift()) {
      const run = await step();
      if (run !== undefined) return run;
    }
    return undefined;
  }

  /** Leaves nothing of the stack behind, wherever the way has ended. */
  async dispose(): Promise<void> {
    await this.#runner?.destroy();
    await this.#runner?.dispose();
  }

  /** A file that is there goes on. */
  #write(file: string, text: string): undefined {
    appendFileSync(path.join(this.#at.folder, file), text);
  }

  async #type(line: string): Promise<RunResult | undefined> {
    const { folder, env, tarball } = this.#at;
    if (line.startsWith("export ")) {
      this.exported.push(...[...line.matchAll(/\b([A-Z_]+)=/g)].map(([, name = ""]) => name));
      return undefined;
    }
    if (line.startsWith("npm ")) {
      const command = line.replace(/(?<= )pulumi-velero(?= |$)/, `"${tarball}"`);
      await promisify(execFile)("sh", ["-c", command], { cwd: folder, env });
      return undefined;
    }
    const [, stack] = /^pulumi stack init (\S+)$/.exec(line) ?? [];
    if (stack !== undefined) {
      this.#runner = new Runner({ program: { installed: folder }, stack, env: this.#environment() });
      return undefined;
    }
    const setting = SETTING.exec(line);
    if (setting !== null) {
      const [, source, secret, key = ""] = setting;
      await this.#set(key, source, secret !== undefined);
      return undefined;
    }
    const known = operations[line];
    if (known === undefined) throw new Error(`no test can run "${line}"`);
    if (this.#runner === undefined) throw new Error(`there is no stack yet at "${line}"`);
    return this.#runner.start(...known).result;
  }

  /** What is piped in is what the command before it prints; the page's other values are examples. */
  async #set(key: string, source: string | undefined, isSecret: boolean): Promise<void> {
    if (this.#runner === undefined) throw new Error(`there is no stack yet for "${key}"`);
    const value = source === undefined ? this.#at.settings[key] : await this.#print(source);
    if (value === undefined) throw new Error(`nobody knows a value of ${key}`);
    await this.#runner.setConfig(key, isSecret ? { secret: value } : value);
  }

  async #print(command: string): Promise<string> {
    const { folder, env, kubeconfigPath } = this.#at;
    const options = { cwd: folder, env: { ...env, KUBECONFIG: kubeconfigPath } };
    const { stdout } = await promisify(execFile)("sh", ["-c", command], options);
    return stdout;
  }

  /** Of what was exported, and of nothing else. */
  #environment(): Record<string, string> {
    const { variables } = this.#at;
    const pairs = this.exported.map((name) => {
      if (!(name in variables)) throw new Error(`nobody knows a value of ${name}`);
      return [name, variables[name]] as const;
    });
    return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
  }
}
