import { learnSecret } from "../redact.ts";
import { ProxyError } from "./proxy-error.ts";
import type { Proxy } from "./proxy.ts";

/** The proxy at an address as it was set somewhere; `proxy:3128` is one, too. Its credentials are secret from now on. */
export function parseProxy(address: string, from: string): Proxy {
  const text = address.trim();
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  // The address may hold a password: it is not repeated.
  if (!URL.canParse(whole)) throw notAnAddress(from);
  const url = new URL(whole);
  learnCredentials(url, from);
  if (!/^(https?|socks[45]?[ah]?):$/.test(url.protocol) || !url.hostname) throw notAnAddress(from);
  return { url, from };
}

function learnCredentials({ username, password }: URL, from: string): void {
  try {
    for (const secret of [password, `${username}:${password}`]) {
      learnSecret(secret);
      learnSecret(decodeURIComponent(secret));
    }
  } catch {
    throw notAnAddress(from);
  }
}

const notAnAddress = (from: string): ProxyError =>
  new ProxyError(
    "ERR_PROXY_ADDRESS",
    `the proxy in ${from} is not one that can be used: it is no URL of http:// or https://`,
  );
