import type { RunResult } from "../engine/run-result.ts";

/** What Pulumi wraps around a provider's words, or says itself when a run fails. */
const WRAPPERS = [
  /^.* resource '[^']*' has a problem: /,
  /^\d+ errors? occurred:\s*\* /,
  /^(creating|updating|deleting) failed: /,
  /^Running program '[^']*' failed with an unhandled exception:\s*(Error: )?/,
];
const ITS_OWN =
  /^(update|preview|destroy|refresh|creating|updating|deleting)? ?failed$|^(Error: )?Channel has been shut down$/;

/** The different errors of a run in the provider's own words, without stacks. */
export function complaintsIn(run: RunResult): string[] {
  const words = run.diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ message }) => WRAPPERS.reduce((text, wrapper) => text.replace(wrapper, ""), message.trim()))
    .map((text) => text.replace(/\n\s+at [\s\S]*$/, "").trim())
    .filter((text) => !ITS_OWN.test(text));
  return [...new Set(words)];
}
