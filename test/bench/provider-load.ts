import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Statistics, statisticsOf } from "./statistics.ts";

const ROUNDS = 9;

/** What every provider process spends on our code before its first check: `require` of the entry point, and a kind. */
export async function measureProviderLoad(
  progress: (line: string) => void,
): Promise<Statistics & { method: string }> {
  const entry = fileURLToPath(new URL("../../dist/provider/index.js", import.meta.url));
  const script = `
    const begun = performance.now();
    require(${JSON.stringify(entry)}).create("ClusterBackup");
    console.log(performance.now() - begun);
  `;
  const measured = Array.from({ length: ROUNDS }, () =>
    Number(execFileSync(process.execPath, ["-e", script], { encoding: "utf8" })),
  );
  progress(`provider load: ${ROUNDS} processes`);
  return {
    ...statisticsOf(measured),
    method: "require of dist/provider and create() in a fresh Node process",
  };
}
