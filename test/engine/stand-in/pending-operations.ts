import type { Snapshot } from "./resource-state.ts";

/** What the engine says when the last run was killed: what it was about is not known. */
export function pendingOperationsWarning({ pendingOperations }: Snapshot): string {
  const lines = pendingOperations.map(
    ({ resource, type }) => `  * ${resource.urn}, interrupted while ${type}`,
  );
  return [
    `Attempting to deploy or update resources with ${lines.length} pending operations from previous deployment.`,
    ...lines,
  ].join("\n");
}
