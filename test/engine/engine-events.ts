import type { Diagnostic, RunStep, StepOp } from "./run-result.ts";
import { isSecret } from "./secret-value.ts";

interface StepMetadata {
  op: string;
  urn: string;
  type: string;
  new: { outputs?: Record<string, unknown> } | null;
  keys?: string[] | null;
  diffs?: string[] | null;
  detailedDiff?: unknown;
}

interface EngineEvent {
  resourcePreEvent?: { metadata: StepMetadata };
  resOutputsEvent?: { metadata: StepMetadata };
  resOpFailedEvent?: { metadata: StepMetadata };
  diagnosticEvent?: { urn?: string; message: string; severity: string; ephemeral?: boolean };
}

/** What the CLI says of a plugin on PATH, which the sandbox builds from a Go module whose version is no release's. */
const KUBERNETES_PLUGIN =
  /^(using pulumi-resource-kubernetes from \$PATH|resource plugin kubernetes is expected to have version)/;

export interface EventSummary {
  steps: RunStep[];
  diagnostics: Diagnostic[];
  /** The stack's outputs as the run announced them. */
  outputs: Record<string, unknown>;
  secretOutputs: string[];
}

/** What the CLI's event log (`--event-log`) says of a run. A log that was cut off counts as far as it goes. */
export function summarizeEvents(log: string): EventSummary {
  const summary: EventSummary = { steps: [], diagnostics: [], outputs: {}, secretOutputs: [] };
  for (const event of parseLines(log)) {
    if (event.resourcePreEvent !== undefined) addStep(summary.steps, event.resourcePreEvent.metadata);
    if (event.resOutputsEvent !== undefined) addOutputs(summary, event.resOutputsEvent.metadata);
    if (event.resOpFailedEvent !== undefined) {
      const failed = lastStep(summary.steps, event.resOpFailedEvent.metadata);
      if (failed !== undefined) failed.failed = true;
    }
    const diagnostic = event.diagnosticEvent;
    if (diagnostic === undefined || diagnostic.severity === "debug" || diagnostic.ephemeral) continue;
    if (KUBERNETES_PLUGIN.test(diagnostic.message)) continue;
    summary.diagnostics.push({
      severity: diagnostic.severity as Diagnostic["severity"],
      message: diagnostic.message.replaceAll(/<\{%[^%]*%\}>/g, "").trimEnd(),
      ...(diagnostic.urn === undefined ? {} : { urn: diagnostic.urn }),
    });
  }
  return summary;
}

function parseLines(log: string): EngineEvent[] {
  return log.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as EngineEvent];
    } catch {
      return [];
    }
  });
}

function addStep(steps: RunStep[], metadata: StepMetadata): void {
  const { op, urn, type } = metadata;
  const name = urn.slice(urn.indexOf("::", urn.indexOf("::", urn.indexOf("::") + 2) + 2) + 2);
  if (type.startsWith("pulumi:providers:") && /^default($|_)/.test(name)) return;
  const step: RunStep = { op: op as StepOp, urn, name, type };
  addKeys(step, metadata);
  steps.push(step);
}

function addKeys(step: RunStep, { diffs, keys }: StepMetadata): void {
  if (diffs != null && diffs.length > 0) step.changedKeys = diffs;
  if (keys != null && keys.length > 0) step.replaceKeys = keys;
}

/** A refresh announces itself as such, and ends as what it found. */
function addOutputs(summary: EventSummary, metadata: StepMetadata): void {
  const step = lastStep(summary.steps, metadata);
  if (step?.op === "refresh" && step.drift === undefined) {
    step.drift = driftOf(metadata);
    addKeys(step, metadata);
  }
  if (metadata.type !== "pulumi:pulumi:Stack" || metadata.new === null) return;
  const outputs = metadata.new.outputs ?? {};
  summary.secretOutputs = Object.keys(outputs).filter((key) => isSecret(outputs[key]));
  summary.outputs = hideSecrets(outputs) as Record<string, unknown>;
}

/** In `up --refresh` the event does not say what the refresh found, but how the state differs. */
function driftOf({ op, new: state, diffs, detailedDiff }: StepMetadata): "same" | "update" | "delete" {
  if (op !== "refresh") return op as "same" | "update" | "delete";
  if (state === null) return "delete";
  return (diffs ?? []).length > 0 || detailedDiff != null ? "update" : "same";
}

function lastStep(steps: RunStep[], { urn }: StepMetadata): RunStep | undefined {
  return steps.findLast((step) => step.urn === urn && step.op !== "replace");
}

function hideSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideSecrets);
  if (typeof value !== "object" || value === null) return value;
  if ("4dabf18193072939515e22adb298388d" in value) return "[secret]";
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, hideSecrets(part)]));
}
