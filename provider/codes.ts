/** Of what was not thrown on purpose, and is a fault of ours. */
export const UNEXPECTED = "Unexpected";

const CODE = /\[velero:(\w+)\]/g;

/** A failure's words with its code at their end, by which `docs/troubleshooting.md` explains it. */
export const withCode = (words: string, code: string): string =>
  codesIn(words).includes(code) ? words : `${words} [velero:${code}]`;

/** Words that carry no code of their own get this one. */
export const withSomeCode = (words: string, code: string): string =>
  codesIn(words).length > 0 ? words : withCode(words, code);

/** The codes in a message, each once: what tells of several failures has the code of each behind its words. */
export const codesIn = (words: string): string[] => [
  ...new Set([...words.matchAll(CODE)].map(([, code = ""]) => code)),
];

export const endsInCode = (words: string): boolean => words.endsWith("]") && codesIn(words).length > 0;

/** Where a code is explained: the page comes with the package. */
export const sectionOf = (code: string): string =>
  `node_modules/pulumi-velero/docs/troubleshooting.md#${code.toLowerCase()}`;
