/**
 * As Velero reads them in a restore (gobwas/glob): `*`, `?`, `[a-c]`, `[!a]`, `{a,b}`. Where there is a separator, only
 * `**` passes over it. What is none matches nothing.
 */
export function globToRegExp(glob: string, separator = ""): RegExp {
  const any = separator === "" ? "." : `[^${literally(separator)}]`;
  let depth = 0;
  const source = glob.replace(
    /\\(.)|\[(!?)([^\]]+)\]|\*+|\W/g,
    (token: string, escaped?: string, not?: string, range?: string) => {
      if (escaped !== undefined) return literally(escaped);
      if (range !== undefined) return `[${not ? "^" : ""}${range.replace(/[\\^]/g, "\\$&")}]`;
      switch (token) {
        case "*":
          return `${any}*`;
        case "?":
          return any;
        case "{":
          depth += 1;
          return "(?:";
        case "}":
          depth -= 1;
          return ")";
        case ",":
          return depth > 0 ? "|" : ",";
        default:
          return token.startsWith("*") ? ".*" : literally(token);
      }
    },
  );
  try {
    return new RegExp(`^(?:${source})$`);
  } catch {
    return /(?!)/;
  }
}

const literally = (character: string): string => character.replace(/\W/, "\\$&");

/** Included as far as it is said, and not excluded. */
export function listFilter(
  included: readonly string[] = [],
  excluded: readonly string[] = [],
): (text: string) => boolean {
  const wanted = included.map((glob) => globToRegExp(glob));
  const unwanted = excluded.map((glob) => globToRegExp(glob));
  return (text) =>
    (included.length === 0 || wanted.some((each) => each.test(text))) &&
    !unwanted.some((each) => each.test(text));
}
