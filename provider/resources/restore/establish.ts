import { wordsOf } from "../../errors.ts";
import { nameOf } from "../../lifecycle/identity.ts";
import { PartialFailure } from "../../lifecycle/partial-failure.ts";
import { followParts } from "../workspace-backup/follow-parts.ts";
import { aggregate } from "./aggregate.ts";
import { targetsOf } from "./inputs.ts";
import type { RestoreOutputs, RestorePart } from "./outputs.ts";
import { partOf } from "./part.ts";
import { restoreInCluster } from "./restore-in-cluster.ts";

/** Restores into all targets side by side, but for those that are done. */
export async function establish(
  aim: RestoreOutputs,
  { id, operation }: { id: string; operation: "create" | "update" },
): Promise<RestoreOutputs> {
  const open = targetsOf(aim.targets).filter(([key]) => aim.byCluster[key]?.settled !== true);
  const progress = followParts(nameOf(aim.owner), open.length);
  const failures: [string, unknown][] = [];
  const byCluster: Record<string, RestorePart> = { ...aim.byCluster };
  try {
    await Promise.all(
      open.map(async ([key]) => {
        try {
          byCluster[key] = await restoreInCluster(partOf(aim, key), {
            operation,
            progress: progress.of(key),
          });
        } catch (error) {
          failures.push([key, error]);
          byCluster[key] = failed(aim.byCluster[key], error);
        }
        progress.done(key);
      }),
    );
  } finally {
    progress.stop();
  }
  const reached = { ...aim, byCluster };
  const outputs: RestoreOutputs = { ...reached, ...aggregate(reached) };
  if (failures.length === 0) return outputs;
  const reasons = failures.map(([key, error]) =>
    inCluster(key, aim.targets[key]?.cluster ?? key, wordsOf(error)),
  );
  if (operation === "create" && !Object.values(byCluster).some(hasMade)) throw new Error(reasons.join("\n"));
  throw new PartialFailure(id, outputs, new Error(reasons.join("\n")), reasons);
}

/** Where nothing was made in any cluster, there is nothing for Pulumi to know. */
const hasMade = ({ restoreName, modifiersName }: RestorePart): boolean =>
  restoreName !== undefined || modifiersName !== undefined;

function failed(known: RestorePart | undefined, error: unknown): RestorePart {
  const reached = error instanceof PartialFailure ? (error.outputs as unknown as RestorePart) : known;
  const message = wordsOf(error);
  return { ...reached, health: "Unhealthy", message, unfinished: message };
}

/** A property's path stays in front. */
const inCluster = (source: string, target: string, words: string): string =>
  words.includes(`"${target}"`) || words.includes(`"${source}"`)
    ? words
    : words.replace(/^([a-z][\w.]*: )?/, `$1cluster "${target}": `);
