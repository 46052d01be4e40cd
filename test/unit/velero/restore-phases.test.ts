import { expect, test } from "vitest";
import { restoreStateOf } from "../../../provider/velero/restore-phases.ts";

test.each([
  [undefined, "running"],
  ["New", "running"],
  ["InProgress", "running"],
  ["WaitingForPluginOperations", "running"],
  ["WaitingForPluginOperationsPartiallyFailed", "running"],
  ["Finalizing", "running"],
  ["FinalizingPartiallyFailed", "running"],
  ["SomethingThatALaterVeleroInvents", "running"],
  ["Completed", "completed"],
  ["PartiallyFailed", "partiallyFailed"],
  ["Failed", "failed"],
  ["FailedValidation", "refused"],
])("a restore in phase %s is %s", (phase, state) => {
  const status = phase === undefined ? {} : { status: { phase } };
  expect(restoreStateOf({ metadata: { name: "r" }, spec: {}, ...status })).toBe(state);
});
