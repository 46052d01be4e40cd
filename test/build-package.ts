import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Programs in tests run what is published: `dist`, made anew from the sources as they are. */
export default function buildPackage(): void {
  const repository = fileURLToPath(new URL("..", import.meta.url));
  const tsc = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: repository, stdio: "inherit" });
}
