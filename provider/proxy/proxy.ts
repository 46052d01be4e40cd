export interface Proxy {
  url: URL;
  /** Where it was set, in the user's words: `HTTPS_PROXY`. */
  from: string;
}

/** For messages: without user and password. */
export const shownProxy = ({ url, from }: Proxy): string =>
  `the proxy ${url.protocol}//${url.host} (${from})`;
