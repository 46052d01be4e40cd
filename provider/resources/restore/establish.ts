import { wordsOf } from "../../errors.ts";
import { nameOf } from "../../lifecycle/identity.ts";
import { PartialFailure } from "../../lifecycle/partial-failure.ts";
import { followParts } from "../workspace-backup/follow-parts.ts";
import { aggregate } from "./aggregate.ts";
import { agreeOnMapping } from "./agree-on-mapping.ts";
import { hasWay, targetsOf } from "./inputs.ts";
import { verifies } from "./options.ts";
import type { RestoreOutputs, RestorePart } from "./outputs.ts";
import { isDone } from "./owed-by.ts";
import { partOf } from "./part.ts";
import { restoreInCluster } from "./restore-in-cluster.ts";

/** Restores into all targets side by side, but for those of which nothing is left to do. */
export async function establish(
  aim: RestoreOutputs,
  { id, operation }: { id: string; operation: "create" | "update" },
): Promise<RestoreOutputs> {
  const open = targetsOf(aim.targets).filter(([key]) => !isDone(aim.byCluster[key], aim));
  const progress = followParts(nameOf(aim.owner), open.length);
  const failures: [string, unknown][] = [];
  const mapping = agreeOnMapping(
    aim.namespaceMapping,
    Object.fromEntries(open.map(([key, { cluster }]) => [key, cluster])),
    {
      isBlind: !hasWay(aim),
      hasBegun: Object.values(aim.byCluster).some(({ restoreName }) => restoreName !== undefined),
    },
  );
  const byCluster = Object.fromEntries(
    Object.entries(aim.byCluster).map(([key, part]) => [key, isDone(part, aim) ? asDone(part, aim) : part]),
  );
  try {
    await Promise.all(
      open.map(async ([key]) => {
        try {
          byCluster[key] = await restoreInCluster(partOf(aim, key), {
            operation,
            progress: progress.of(key),
            mapping,
          });
        } catch (error) {
          mapping.failed(key);
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
  // A mapping on which the parts do not agree is one failure, which each of them has.
  const causes = failures.map(([, error]) => causeOf(error));
  const reasons = failures
    .filter((_, index) => causes.indexOf(causes[index]) === index)
    .map(([key, error]) => inCluster(key, aim.targets[key]?.cluster ?? key, wordsOf(error)));
  if (operation === "create" && !Object.values(byCluster).some(hasMade)) throw new Error(reasons.join("\n"));
  throw new PartialFailure(id, outputs, new Error(reasons.join("\n")), reasons);
}

const causeOf = (error: unknown): unknown => (error instanceof PartialFailure ? error.cause : error);

/** Pulumi has nothing to know if nothing was made in any cluster. */
const hasMade = ({ restoreName, modifiersName, drilled = [] }: RestorePart): boolean =>
  restoreName !== undefined || modifiersName !== undefined || drilled.length > 0;

/** A comparison that nobody asks for any more has neither failed nor been made. */
const asDone = (part: RestorePart, aim: RestoreOutputs): RestorePart => ({
  ...part,
  verified: verifies(aim) ? part.verified : undefined,
  health: "Healthy",
  message: undefined,
  unfinished: undefined,
});

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
