import type { UserEntry } from "./kubeconfig-fields.ts";

/**
 * The headers by which a request acts as another user (k8s.io/client-go v0.33 transport/round_trippers.go). A header of
 * several values is sent several times: joined by commas, two groups would be one of a strange name.
 */
export function impersonationOf(user: UserEntry): Record<string, string[]> {
  if (user.as === undefined) return {};
  const extra = Object.entries(user["as-user-extra"] ?? {}).map(([name, values]): [string, string[]] => [
    `impersonate-extra-${escaped(name)}`,
    values.map(asBytes),
  ]);
  return {
    "impersonate-user": [asBytes(user.as)],
    ...(user["as-uid"] === undefined ? {} : { "impersonate-uid": [asBytes(user["as-uid"])] }),
    ...(user["as-groups"]?.length ? { "impersonate-group": user["as-groups"].map(asBytes) } : {}),
    ...Object.fromEntries(extra.filter(([, values]) => values.length > 0)),
  };
}

/** What may not stand in a header's name is percent-encoded, and the percent sign, too (headerKeyEscape). */
const escaped = (name: string): string =>
  [...Buffer.from(name)]
    .map((byte) => {
      const letter = String.fromCodePoint(byte);
      return /[!#$&'*+\-.^_`|~0-9A-Za-z]/.test(letter)
        ? letter
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");

/** Go sends UTF-8; each of its bytes is one letter to Node. */
const asBytes = (value: string): string => Buffer.from(value).toString("latin1");
