/** `npm test`: builds, runs every test, and ends with `N passed, N failed, N skipped` alone on the last line. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { readTally } from "./tally.ts";

const repository = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "pulumi-velero-tests-"));
const report = path.join(folder, "report.json");

const vitest = spawn(
  process.execPath,
  [
    path.join(repository, "node_modules/vitest/vitest.mjs"),
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  {
    cwd: repository,
    stdio: "inherit",
    // Programs and provider hosts start a thousand times, and compile the same modules.
    env: { ...process.env, NODE_COMPILE_CACHE: path.join(folder, "compiled") },
  },
);
// Ctrl-C goes to vitest as well, which takes the sandbox down; this waits for it.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => vitest.kill(signal));
const [code] = (await once(vitest, "exit")) as [number | null];

const { passed, failed, skipped, slowest } = readTally(report, code);
rmSync(folder, { recursive: true, force: true });
process.exitCode = failed > 0 ? 1 : 0;
console.log("The slowest files, in seconds:");
for (const { file, seconds } of slowest)
  console.log(`${String(seconds).padStart(6)}  ${path.relative(repository, file)}`);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
