import { existsSync } from "node:fs";
import path from "node:path";

/** The CLI on PATH. What npm links into node_modules/.bin only downloads one. */
export function findPulumi(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return (env["PATH"] ?? "")
    .split(path.delimiter)
    .filter((directory) => directory !== "" && !directory.endsWith(path.join("node_modules", ".bin")))
    .map((directory) => path.join(directory, "pulumi"))
    .find(existsSync);
}
