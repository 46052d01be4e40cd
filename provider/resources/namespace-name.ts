/** Kubernetes takes a label of RFC 1123 as a namespace's name. */
export const NAMESPACE_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The same in words, for a message. */
export const NAMESPACE_NAMES = "at most 63 of a-z, 0-9 and, between them, -";
