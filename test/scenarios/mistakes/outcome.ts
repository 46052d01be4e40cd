import { Runner } from "../../engine/runner.ts";
import type { RunResult } from "../../engine/run-result.ts";
import { uniqueName } from "../../sandbox/unique-name.ts";
import { programOf } from "../mistake.ts";
import { environmentOf, programIn } from "../stack.ts";
import { preamble, surroundings } from "./preamble.ts";
import type { MistakeRow } from "./row.ts";
import type { Site } from "./site.ts";

export interface Outcome {
  preview: RunResult;
  /** Not everywhere: see `withUp` in the table's test. */
  up: RunResult | undefined;
}

/** What a preview and an up of a row come to. What the up has made all the same is gone when this resolves. */
export async function outcomeOf(
  row: MistakeRow,
  site: Site,
  { withUp }: { withUp: boolean },
): Promise<Outcome> {
  const bucket = await site.sandbox.minio.createBucket("mistake");
  const before = `${preamble}\n${row.program?.before ?? ""}`;
  const bodyOf = (program: MistakeRow["program"]) => programIn(programOf({ ...program, before }));
  const runner = new Runner({
    stack: uniqueName("dev"),
    program: { files: { "index.js": bodyOf(row.afterAnUp ? {} : row.program) } },
    env: { ...(await environmentOf(site.sandbox, bucket)), ...surroundings(site) },
  });
  try {
    if (row.afterAnUp) {
      const first = await runner.up();
      if (!first.ok) throw new Error(first.text);
      runner.write({ "index.js": bodyOf(row.program) });
    }
    const env = (await row.env?.(site)) ?? {};
    const preview = await runner.preview({ env });
    if (!withUp) return { preview, up: undefined };
    const up = await runner.up({ env });
    const made = up.state.deployment.resources?.some(({ type }) => type.includes("velero:"));
    if (made) await runner.destroy({ env: row.afterAnUp ? {} : env });
    return { preview, up };
  } finally {
    await runner.dispose();
  }
}
