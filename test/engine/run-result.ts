import type { StackState } from "./stack-state.ts";

/** The engine's operations, as the CLI's events name them. */
export type StepOp =
  | "same"
  | "create"
  | "update"
  | "delete"
  | "replace"
  | "create-replacement"
  | "delete-replaced"
  | "read"
  | "read-replacement"
  | "refresh"
  | "discard"
  | "discard-replaced"
  | "remove-pending-replace";

export interface RunStep {
  op: StepOp;
  urn: string;
  name: string;
  type: string;
  /** For a refresh: what it found. */
  drift?: "same" | "update" | "delete";
  /** Top-level keys that changed, where the engine compared the inputs; of the rest it does not know. */
  changedKeys?: string[];
  replaceKeys?: string[];
  failed?: boolean;
}

export interface Diagnostic {
  /** `info` and `info#err` hold what program and provider print. */
  severity: "debug" | "info" | "info#err" | "warning" | "error";
  urn?: string;
  message: string;
}

export interface RunResult {
  ok: boolean;
  /** In the order in which they began. Default providers are left out, as in the CLI's display. */
  steps: RunStep[];
  /** The stack's outputs, secrets unwrapped. After a preview: secrets are `[secret]`, unknowns are `UNKNOWN`. */
  outputs: Record<string, unknown>;
  /** Names of the outputs that are, or contain, secrets. */
  secretOutputs: string[];
  diagnostics: Diagnostic[];
  /** What a person would see: the CLI's output. */
  text: string;
  durationMs: number;
  /** The stack as it is after the run. */
  state: StackState;
}

/** Stands in the outputs of a preview for what is not known yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
