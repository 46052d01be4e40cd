import { entriesByKey } from "../../lifecycle/canonical.ts";
import type { RestoreOutputs, RestorePart } from "./outputs.ts";

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
 * What the parts come to. Of several clusters: `Completed` if all are, `PartiallyFailed` if some are or ended so,
 * `Failed` if none is.
 */
export function aggregate({ byCluster }: RestoreOutputs): Summary {
  const parts = entriesByKey(byCluster);
  const [only] = parts.length === 1 ? Object.values(byCluster) : [];
  const sum = (of: (part: RestorePart) => number | undefined) => {
    const known = Object.values(byCluster).flatMap((part) => of(part) ?? []);
    return known.length === 0 ? undefined : known.reduce((total, number) => total + number, 0);
  };
  /** If there are several clusters, each entry begins with the cluster's key. */
  const listed = (of: (part: RestorePart) => string[] | undefined) => {
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

function phaseOf(parts: readonly RestorePart[]): RestoreOutputs["phase"] {
  const isDone = ({ settled, phase }: RestorePart) => settled === true && phase === "Completed";
  if (parts.every(isDone)) return "Completed";
  return parts.some(({ phase }) => phase === "Completed" || phase === "PartiallyFailed")
    ? "PartiallyFailed"
    : "Failed";
}
