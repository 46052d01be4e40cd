/**
 * One failure with everything that is needed to fix it: the property, what failed and where, the server's own words,
 * and the remedy. Everything that this provider throws on purpose is a `Problem`.
 */
export class Problem extends Error {
  /** The path of the user's property that caused the failure, if there is one: `storage.minio.endpoint`. */
  readonly property: string | undefined;
  /**
   * The stable code of the failure (`Unreachable`, `NoSuchBucket`, …). Programs can branch on it instead of the text.
   * `wordsOf` adds it to the message, and each code has its section in `docs/troubleshooting.md`.
   */
  readonly code: string;

  constructor(parts: ProblemParts) {
    super(tell(parts), parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = "Problem";
    this.property = parts.property;
    this.code = parts.code;
  }
}

export interface ProblemParts {
  code: string;
  /** The failure and its place, as a clause without a full stop: `cluster "east" does not answer at https://…`. */
  what: string;
  property?: string | undefined;
  /** The own words of Velero, Kubernetes or the vendor. */
  said?: string | undefined;
  /** The remedy, as one or more sentences. */
  todo?: string | undefined;
  cause?: unknown;
}

function tell({ property, what, said, todo }: ProblemParts): string {
  const subject = property ? `${property}: ${what}` : what;
  const words = said
    ?.trim()
    .replace(/\s+/g, " ")
    .replace(/[.\s]+$/, "");
  const end = words && endsInCode(words) ? "" : ".";
  return [words ? `${subject}: ${words}${end}` : `${subject}.`, todo].filter(Boolean).join(" ");
}

/**
 * Returns the message of any thrown value, with those of its causes (fetch hides "ECONNREFUSED" in one). The message of
 * a Problem has its code.
 */
export function wordsOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown instanceof Problem) return withCode(thrown.message, thrown.code);
  const [first] = thrown instanceof AggregateError ? (thrown.errors as unknown[]) : [];
  const inner = first ?? thrown.cause;
  const words = thrown.message || thrown.name;
  if (inner === undefined) return words;
  const cause = wordsOf(inner);
  return words.includes(cause) ? words : `${words} (${cause})`;
}

/** The code of failures that were not thrown on purpose, and are bugs. */
export const UNEXPECTED = "Unexpected";

const CODE = /\[velero:(\w+)\]/g;

/** Returns the message with its code at the end, which `docs/troubleshooting.md` explains. */
export const withCode = (words: string, code: string): string =>
  codesIn(words).includes(code) ? words : `${words} [velero:${code}]`;

/** Adds the code to a message without a code. */
export const withSomeCode = (words: string, code: string): string =>
  codesIn(words).length > 0 ? words : withCode(words, code);

/** Returns the distinct codes in a message. A message about several failures has the code of each. */
export const codesIn = (words: string): string[] => [
  ...new Set([...words.matchAll(CODE)].map(([, code = ""]) => code)),
];

const endsInCode = (words: string): boolean => words.endsWith("]") && codesIn(words).length > 0;

/** Returns the section that explains a code. The page is part of the package. */
export const sectionOf = (code: string): string =>
  `node_modules/pulumi-velero/docs/troubleshooting.md#${code.toLowerCase()}`;
