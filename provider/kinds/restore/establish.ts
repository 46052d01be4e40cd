import { wordsOf } from "../../core/errors.ts";
import { followParts } from "../../core/follow-parts.ts";
import { PartialFailure } from "../../core/handler.ts";
import { nameOf } from "../../core/identity.ts";
import { entriesByKey } from "../../core/values.ts";
import { agreeOnMapping } from "./agree-on-mapping.ts";
import { hasWay, type RestoreOutputs, type RestorePartOutputs, targetsOf } from "../../schemas/restore.ts";
import { isDone } from "./conclude.ts";
import { partOf } from "./part.ts";
import { restoreInCluster } from "./restore-in-cluster.ts";
import { verifies } from "../../schemas/restore-options.ts";
import type { Session } from "../../session.ts";

/** Restores into all targets in parallel. Completed targets are left out. */
export async function establish(
  session: Session,
  aim: RestoreOutputs,
  { id, operation }: { id: string; operation: "create" | "update" },
): Promise<RestoreOutputs> {
  const open = targetsOf(aim.targets).filter(([key]) => !isDone(aim.byCluster[key], aim));
  const progress = followParts(session.notices, nameOf(aim.owner), open.length);
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
          byCluster[key] = await restoreInCluster(session, partOf(aim, key), {
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
  // A refused mapping is one failure, which all parts share.
  const causes = failures.map(([, error]) => causeOf(error));
  const reasons = failures
    .filter((_, index) => causes.indexOf(causes[index]) === index)
    .map(([key, error]) => inCluster(key, aim.targets[key]?.cluster ?? key, wordsOf(error)));
  if (operation === "create" && !Object.values(byCluster).some(hasMade)) throw new Error(reasons.join("\n"));
  throw new PartialFailure(id, outputs, new Error(reasons.join("\n")), reasons);
}

const causeOf = (error: unknown): unknown => (error instanceof PartialFailure ? error.cause : error);

/** Returns true if something was created in a cluster. If nothing was, Pulumi need not record the resource. */
const hasMade = ({ restoreName, modifiersName, drilled = [] }: RestorePartOutputs): boolean =>
  restoreName !== undefined || modifiersName !== undefined || drilled.length > 0;

/** Resets a comparison that is not requested any more: it has neither failed nor been made. */
const asDone = (part: RestorePartOutputs, aim: RestoreOutputs): RestorePartOutputs => ({
  ...part,
  verified: verifies(aim) ? part.verified : undefined,
  health: "Healthy",
  message: undefined,
  unfinished: undefined,
});

function failed(known: RestorePartOutputs | undefined, error: unknown): RestorePartOutputs {
  const reached = error instanceof PartialFailure ? (error.outputs as unknown as RestorePartOutputs) : known;
  const message = wordsOf(error);
  return { ...reached, health: "Unhealthy", message, unfinished: message };
}

/** Names the cluster in a message. A property's path stays in front. */
const inCluster = (source: string, target: string, words: string): string =>
  words.includes(`"${target}"`) || words.includes(`"${source}"`)
    ? words
    : words.replace(/^([a-z][\w.]*: )?/, `$1cluster "${target}": `);

type Summary = Pick<
  RestoreOutputs,
  | "phase"
  | "backupName"
  | "restoreName"
  | "startTime"
  | "completionTime"
  | "warnings"
  | "errors"
  | "created"
  | "updated"
  | "skipped"
  | "failed"
  | "verified"
  | "volumesProven"
  | "volumesUnproven"
  | "left"
  | "health"
  | "message"
  | "unfinished"
>;

/**
 * Returns the summary of the parts. For several clusters: `Completed` if all are, `PartiallyFailed` if some are or
 * ended so, `Failed` if none is.
 */
export function aggregate({ byCluster }: RestoreOutputs): Summary {
  const parts = entriesByKey(byCluster);
  const [only] = parts.length === 1 ? Object.values(byCluster) : [];
  const sum = (of: (part: RestorePartOutputs) => number | undefined) => {
    const known = Object.values(byCluster).flatMap((part) => of(part) ?? []);
    return known.length === 0 ? undefined : known.reduce((total, number) => total + number, 0);
  };
  /** For several clusters, each entry begins with the cluster key. */
  const listed = (of: (part: RestorePartOutputs) => string[] | undefined) => {
    const known = parts.flatMap(([key, part]) =>
      of(part) === undefined ? [] : [(of(part) ?? []).map((entry) => (only ? entry : `${key}: ${entry}`))],
    );
    return known.length === 0 ? undefined : known.flat();
  };
  const unfinished = parts.flatMap(([key, { unfinished: why }]) =>
    why === undefined ? [] : [parts.length === 1 ? why : `${key}: ${why}`],
  );
  const message = unfinished.length > 0 ? unfinished.join("; ") : undefined;
  return {
    phase: only ? (only.phase ?? "New") : phaseOf(Object.values(byCluster)),
    backupName: only?.backupName,
    restoreName: only?.restoreName,
    startTime: only?.startTime,
    completionTime: only?.completionTime,
    warnings: sum(({ warnings }) => warnings),
    errors: sum(({ errors }) => errors),
    created: sum(({ created }) => created),
    updated: sum(({ updated }) => updated),
    skipped: sum(({ skipped }) => skipped),
    failed: sum(({ failed }) => failed),
    verified: sum(({ verified }) => verified),
    volumesProven: sum(({ volumesProven }) => volumesProven),
    volumesUnproven: listed(({ volumesUnproven }) => volumesUnproven),
    left: listed(({ left }) => left),
    health: message === undefined ? "Healthy" : "Unhealthy",
    message,
    unfinished: message,
  };
}

function phaseOf(parts: readonly RestorePartOutputs[]): RestoreOutputs["phase"] {
  const isDone = ({ settled, phase }: RestorePartOutputs) => settled === true && phase === "Completed";
  if (parts.every(isDone)) return "Completed";
  return parts.some(({ phase }) => phase === "Completed" || phase === "PartiallyFailed")
    ? "PartiallyFailed"
    : "Failed";
}
