/** What Go's regular expressions do not have, of those that JavaScript takes (Go's `regexp/syntax`). */
const UNLIKE_GO: [RegExp, string][] = [
  [/\(\?(=|!|<=|<!)/, "looks ahead or behind"],
  [/\\[1-9](?![0-7])|\\k</, "refers back to a group"],
  [/\\[eghijlmouyEFGHIJKLMNORTUVXYZc]/, "has an escape that Go does not know"],
];

/** Go's own words, for the check that JavaScript has. */
const TO_JAVASCRIPT: [RegExp, string][] = [
  [/^\(\?[imsU]+\)/, ""],
  [/\(\?[imsU-]+:/g, "(?:"],
  [/\(\?P</g, "(?<"],
  [/\\A/g, "^"],
  [/\\z/g, "$"],
  [/\[\[:\^?[a-z]+:\]/g, "[a"],
  [/\[:\^?[a-z]+:\]/g, "a"],
  [/\\[pP](\{\^?\w+\}|\w)/g, "a"],
  [/\\x\{[\da-fA-F]+\}/g, "a"],
];

/** Tells why Go, and so Velero, would not take a regular expression; undefined where it does. */
export function goPatternProblem(pattern: string): string | undefined {
  // What is between \Q and \E is text.
  const bare = pattern.replace(/\\Q.*?(\\E|$)/gs, "q");
  const escapes = bare.replaceAll("\\\\", "");
  const unlike = UNLIKE_GO.find(([sign]) => sign.test(escapes));
  if (unlike) return `is a regular expression of Go's, and "${pattern}" ${unlike[1]}`;
  const counts = [...bare.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].flatMap(([, least, most]) => [least, most]);
  const many = counts.some((count) => Number(count ?? 0) > 1000);
  if (many) return `is a regular expression of Go's, which repeats nothing over 1000 times`;
  const translated = TO_JAVASCRIPT.reduce((text, [from, to]) => text.replace(from, to), bare);
  try {
    new RegExp(translated);
    return undefined;
  } catch (error) {
    const words = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, "") : "";
    return `is no regular expression: ${words}`;
  }
}
