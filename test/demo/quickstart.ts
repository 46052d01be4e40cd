import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { ProgramFiles } from "../engine/program-folder.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

/** The stack of the root Pulumi.yaml: that file, and the folder which is its `main`. */
export function quickstart(): ProgramFiles {
  const settings = readFileSync(path.join(REPOSITORY, "Pulumi.yaml"), "utf8");
  const main = /^main:\s*(\S+)/m.exec(settings)?.[1];
  if (main === undefined) throw new Error("the root Pulumi.yaml names no `main`");
  const names = readdirSync(path.join(REPOSITORY, main))
    .map((name) => path.join(main, name))
    .filter((name) => statSync(path.join(REPOSITORY, name)).isFile());
  const files = names.map((name) => [name, readFileSync(path.join(REPOSITORY, name), "utf8")] as const);
  return { files: { "Pulumi.yaml": settings, ...Object.fromEntries(files) } };
}
