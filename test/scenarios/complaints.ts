import type { RunResult } from "../engine/run-result.ts";
import { withoutCodes } from "../without-codes.ts";

/** What Pulumi wraps around a provider's words, or says itself when a run fails. */
const WRAPPERS = [
  /^.* resource '[^']*' has a problem: /,
  /^\d+ errors? occurred:\s*\* /,
  /^(creating|updating|deleting) failed: /,
  /^Running program '[^']*' failed with an unhandled exception:\s*(Error: )?/,
];
const ITS_OWN =
  /^(update|preview|destroy|refresh|creating|updating|deleting)? ?failed$|^(Error: )?(error serializing property "[^"]*": )?(Channel has been shut down|resource \S+ \[\S+\] failed to register)$/;

/** Thrown by the program itself: no provider was asked. */
const THROWN = /^Running program '[^']*' failed/;

/** The different errors of a run in the provider's own words, without stacks, and with their codes left out: it has to have some. */
export function complaintsIn(run: RunResult): string[] {
  const words = run.diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ message }) => ({
      isThrown: THROWN.test(message.trim()),
      text: WRAPPERS.reduce((text, wrapper) => text.replace(wrapper, ""), message.trim())
        .replace(/\n\s+at [\s\S]*$/, "")
        .trim(),
    }))
    .filter(({ text }) => !ITS_OWN.test(text))
    .map(({ isThrown, text }) => (isThrown && !text.includes("[velero:") ? text : withoutCodes(text)));
  return [...new Set(words)];
}

/** The same of one resource alone. */
export const complaintsOf = (run: RunResult, name: string): string[] =>
  complaintsIn({ ...run, diagnostics: run.diagnostics.filter(({ urn }) => urn?.endsWith(`::${name}`)) });
