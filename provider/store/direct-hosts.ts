import { proxyFor } from "../proxy/proxy-for.ts";

type Requests<R> = { [K in keyof R]: (...args: never[]) => Promise<unknown> };

/**
 * Google's package makes direct requests only to hosts that NO_PROXY names one by one, and reads it from the
 * environment for each request. The environment belongs to the whole process, and in a look-up to the user's program.
 * So NO_PROXY names them during these requests, and is restored as soon as the last of them ends.
 */
export class DirectHosts {
  /** The number of open requests to each host that NO_PROXY has to name. */
  readonly #open = new Map<string, number>();
  /** The original value of NO_PROXY, and the value during these requests. */
  #before: { NO_PROXY: string | undefined } | undefined;
  #meanwhile = "";

  /** Returns the same requests, which go to `url` directly if our rules say so. */
  directly<R extends Requests<R>>(url: string, requests: R): R {
    return Object.fromEntries(
      Object.entries<(...args: never[]) => Promise<unknown>>(requests).map(([name, send]) => [
        name,
        (...args: never[]) => this.#whileNamed(url, () => send(...args)),
      ]),
    ) as R;
  }

  async #whileNamed<T>(url: string, work: () => Promise<T>): Promise<T> {
    const { hostname } = new URL(url);
    if (proxyFor(url) || !isProxied()) return work();
    this.#open.set(hostname, (this.#open.get(hostname) ?? 0) + 1);
    this.#nameHosts();
    try {
      return await work();
    } finally {
      const left = (this.#open.get(hostname) ?? 1) - 1;
      if (left > 0) this.#open.set(hostname, left);
      else this.#open.delete(hostname);
      this.#nameHosts();
    }
  }

  #nameHosts(env: NodeJS.ProcessEnv = process.env): void {
    // A value that other code has set since then is kept.
    if (this.#before && env["NO_PROXY"] !== this.#meanwhile) this.#before = undefined;
    this.#before ??= { NO_PROXY: env["NO_PROXY"] };
    if (this.#open.size === 0) {
      if (this.#before.NO_PROXY === undefined) delete env["NO_PROXY"];
      else env["NO_PROXY"] = this.#before.NO_PROXY;
      this.#before = undefined;
      return;
    }
    this.#meanwhile = [this.#before.NO_PROXY || env["no_proxy"], ...this.#open.keys()]
      .filter(Boolean)
      .join(",");
    env["NO_PROXY"] = this.#meanwhile;
  }
}

const isProxied = (): boolean =>
  ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].some((name) => process.env[name]);
