/** What Kubernetes takes as a namespace's name: a label as RFC 1123 has it. */
export const NAMESPACE_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The same in words, for a message. */
export const NAMESPACE_NAMES = "at most 63 of a-z, 0-9 and, between them, -";
