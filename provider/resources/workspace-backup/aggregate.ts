import type { Health } from "../../lifecycle/check.ts";
import { expectedHealthOf, isScheduled } from "../backup/declaration.ts";
import { type Part, SKIPPED, type WorkspaceBackupOutputs, type WorkspacePhase } from "./parts.ts";

/** Worst first: what is lost, what fails, what may be lost, what is late, what was changed, what cannot be told. */
const SEVERITY: readonly Health[] = [
  "Missing",
  "Failing",
  "Stuck",
  "Suspect",
  "Stale",
  "Expiring",
  "Drifted",
  "Unhealthy",
  "Unknown",
];

const SHOWN = 5;

type Summary = Pick<
  WorkspaceBackupOutputs,
  | "phase"
  | "itemsBackedUp"
  | "warnings"
  | "errors"
  | "lastSuccessfulBackup"
  | "nextRun"
  | "health"
  | "message"
>;

/** What the parts come to, by the rule that WorkspaceBackup's documentation gives. */
export function aggregate(workspace: WorkspaceBackupOutputs): Summary {
  const { byCluster } = workspace;
  const parts = Object.values(byCluster).filter(({ phase }) => phase !== SKIPPED);
  const found = Object.values(byCluster).map(({ health }) => health);
  return {
    phase: isScheduled(workspace)
      ? phaseOfSchedules(parts, workspace.paused === true)
      : phaseOfBackups(parts),
    itemsBackedUp: sumOf(parts.map(({ itemsBackedUp }) => itemsBackedUp)),
    warnings: sumOf(parts.map(({ warnings }) => warnings)),
    errors: sumOf(parts.map(({ errors }) => errors)),
    lastSuccessfulBackup: earliest(parts.map(({ lastSuccessfulBackup }) => lastSuccessfulBackup)),
    nextRun: firstRun(parts),
    health: SEVERITY.find((health) => found.includes(health)) ?? expectedHealthOf(workspace),
    message: wordsOf(byCluster),
  };
}

function phaseOfBackups(parts: readonly Part[]): WorkspacePhase {
  const phases = parts.map(({ phase, unfinished }) => (unfinished === undefined ? phase : undefined));
  if (phases.length > 0 && phases.every((phase) => phase === "Expired")) return "Expired";
  if (phases.length > 0 && phases.every((phase) => phase === "Completed" || phase === "Expired"))
    return "Completed";
  const hasSome = phases.some((phase) => ["Completed", "Expired", "PartiallyFailed"].includes(phase ?? ""));
  return hasSome ? "PartiallyFailed" : "Failed";
}

function phaseOfSchedules(parts: readonly Part[], paused: boolean): WorkspacePhase {
  const isInPlace = ({ scheduleName, phase, unfinished }: Part) =>
    scheduleName !== undefined && unfinished === undefined && (paused || phase === "Enabled");
  if (parts.length > 0 && parts.every(isInPlace)) return paused ? "Paused" : "Enabled";
  return parts.some(isInPlace) ? "PartiallyFailed" : "Failed";
}

const defined = <T>(values: readonly (T | undefined)[]): T[] =>
  values.filter((value): value is T => value !== undefined);

function sumOf(numbers: readonly (number | undefined)[]): number | undefined {
  const known = defined(numbers);
  return known.length === 0 ? undefined : known.reduce((sum, number) => sum + number, 0);
}

const earliest = (times: readonly (string | undefined)[]): string | undefined => defined(times).toSorted()[0];

/** Undefined where any Schedule's next run is not known: it may be the first. */
function firstRun(parts: readonly Part[]): string | undefined {
  const known = parts.filter(
    ({ scheduleName, nextRun }) => scheduleName !== undefined || nextRun !== undefined,
  );
  return known.every(({ nextRun }) => nextRun !== undefined)
    ? earliest(known.map(({ nextRun }) => nextRun))
    : undefined;
}

function wordsOf(byCluster: Record<string, Part>): string | undefined {
  const said = Object.entries(byCluster).flatMap(([key, { message }]) =>
    message === undefined ? [] : [`${key}: ${message}`],
  );
  if (said.length === 0) return undefined;
  return (
    said.slice(0, SHOWN).join("; ") +
    (said.length > SHOWN ? `; and ${said.length - SHOWN} more clusters` : "")
  );
}
