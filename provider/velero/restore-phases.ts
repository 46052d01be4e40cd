import type { Restore } from "./types.ts";

/** How far a restore is. A phase that a later Velero invents counts as still running. */
export type RestoreState = "running" | "completed" | "partiallyFailed" | "failed" | "refused";

export function restoreStateOf({ status }: Restore): RestoreState {
  switch (status?.phase) {
    case "Completed":
      return "completed";
    case "PartiallyFailed":
      return "partiallyFailed";
    case "Failed":
      return "failed";
    case "FailedValidation":
      return "refused";
    default:
      return "running";
  }
}
