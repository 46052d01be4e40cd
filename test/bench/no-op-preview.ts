import { Runner } from "../engine/runner.ts";
import { settledStack } from "../engine/many/settled-stack.ts";
import { round, type Statistics, statisticsOf } from "./statistics.ts";

const ROUNDS = 5;

interface NoOpPreview {
  resources: number;
  empty: Statistics;
  full: Statistics;
  /** Median of the full stack's preview over that of the empty one's. */
  ratio: number;
  msPerResource: number;
  method: string;
}

/** A preview in which nothing changes, against one of a stack in which nothing is. */
export async function measureNoOpPreview(
  resources: number,
  progress: (line: string) => void,
): Promise<NoOpPreview> {
  const { runner, dispose } = await settledStack(resources);
  // It loads Pulumi's SDK and our half of the package, too, and declares nothing.
  const empty = new Runner({ program: { files: { "index.js": 'require("pulumi-velero");' } } });
  try {
    await empty.up();
    const times: Record<"empty" | "full", number[]> = { empty: [], full: [] };
    for (let count = 1; count <= ROUNDS; count++) {
      times.empty.push(await previewOf(empty));
      times.full.push(await previewOf(runner));
      progress(`no-op preview: round ${count} of ${ROUNDS}`);
    }
    const [none, all] = [statisticsOf(times.empty), statisticsOf(times.full)];
    return {
      resources,
      empty: none,
      full: all,
      ratio: round(all.median / none.median),
      msPerResource: round((all.median - none.median) / resources),
      method: `preview of a stack that needs nothing done, alternating with an empty one, ${ROUNDS} rounds, wall clock of the whole run`,
    };
  } finally {
    await empty.dispose();
    await dispose();
  }
}

async function previewOf(runner: Runner): Promise<number> {
  const begun = performance.now();
  const preview = await runner.preview({ expectNoChanges: true });
  if (!preview.ok) throw new Error(preview.text);
  return performance.now() - begun;
}
