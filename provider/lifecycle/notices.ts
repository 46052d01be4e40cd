import { redact } from "../redact.ts";

const told = new Set<string>();

/**
 * Warnings have no channel of their own in a dynamic provider: each is printed once (it shows up under the stack's
 * diagnostics) and stands in the computed input `notices`, which the preview shows at the resource.
 */
export function tell(resource: string, notice: string): void {
  const line = redact(`${resource}: ${notice}`);
  if (told.has(line)) return;
  told.add(line);
  console.log(line);
}

/** Prints a line, however often it was printed before. */
export function say(resource: string, words: string): void {
  console.log(redact(`${resource}: ${words}`));
}
