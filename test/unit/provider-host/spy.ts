import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** What provider processes did: which modules they loaded, and where they connected to. */
export interface Spy {
  env: { NODE_OPTIONS: string; SPY_FILE: string };
  processes(): number;
  /** Files of modules, with who asked for them. */
  modules(): { module: string; from: string | undefined }[];
  network(): string[];
  forget(): void;
}

type Entry = { process?: number; module?: string; from?: string; network?: string };

export function startSpy(): Spy {
  const folder = mkdtempSync(path.join(tmpdir(), "provider-spy-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "entries.jsonl");
  const hook = fileURLToPath(new URL("spy.cjs", import.meta.url));
  const entries = (): Entry[] =>
    existsSync(file)
      ? readFileSync(file, "utf8")
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line) as Entry)
      : [];
  return {
    env: { NODE_OPTIONS: `--require=${hook}`, SPY_FILE: file },
    processes: () => entries().filter((entry) => entry.process !== undefined).length,
    modules: () => entries().flatMap(({ module, from }) => (module === undefined ? [] : [{ module, from }])),
    network: () => entries().flatMap(({ network }) => network ?? []),
    forget: () => rmSync(file, { force: true }),
  };
}
