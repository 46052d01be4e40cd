/**
 * Whether a location's message says that Velero did not get through to the store, in the words of Go's network
 * packages, rather than that the store refused it, or that there is something wrong with what lies there.
 */
export const cannotReachStore = (message: string | undefined): boolean =>
  /\bdial tcp\b|connection (refused|reset)|no such host|i\/o timeout|network is unreachable|no route to host|context deadline exceeded|Client\.Timeout|TLS handshake timeout|\bEOF\b/.test(
    message ?? "",
  );
