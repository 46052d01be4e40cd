/**
 * One failure, told so that it can be mended at three in the morning: which property, what failed and where, the
 * server's own words, and what to do. Everything that this provider throws on purpose is a `Problem`.
 */
export class Problem extends Error {
  /** Path of the user's property that is to blame, `storage.minio.endpoint`, where one is. */
  readonly property: string | undefined;
  /**
   * Stable word for what happened (`Unreachable`, `NoSuchBucket`, …), to branch on instead of the text, and to look up:
   * `wordsOf` puts it behind the message, and each has its section in `docs/troubleshooting.md`.
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
  /** What failed and where, a clause without a full stop: `cluster "east" does not answer at https://…`. */
  what: string;
  property?: string | undefined;
  /** Velero's, Kubernetes' or the vendor's own words. */
  said?: string | undefined;
  /** What to do next, one or more sentences. */
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

/** The words of whatever was thrown, down its chain of causes (fetch hides "ECONNREFUSED" in one); of a Problem with its code. */
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

const endsInCode = (words: string): boolean => words.endsWith("]") && codesIn(words).length > 0;

/** Where a code is explained: the page comes with the package. */
export const sectionOf = (code: string): string =>
  `node_modules/pulumi-velero/docs/troubleshooting.md#${code.toLowerCase()}`;
