import { readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";

const page = readFileSync(path.join(import.meta.dirname, "../docs/troubleshooting.md"), "utf8");
/** The sections that links lead to. */
export const anchors: readonly string[] = [...page.matchAll(/<a id="([^"]+)"><\/a>/g)].map(
  ([, id = ""]) => id,
);

/** The words of a failure, after a look at its codes: there is one at least, and each is explained. */
export function withoutCodes(words: string): string {
  const codes = [...words.matchAll(/ \[velero:(\w+)\]/g)].map(([, code = ""]) => code);
  expect(codes, words).not.toEqual([]);
  expect(
    codes.filter((code) => !anchors.includes(code.toLowerCase())),
    words,
  ).toEqual([]);
  return words.replace(/ \[velero:\w+\]/g, "");
}
