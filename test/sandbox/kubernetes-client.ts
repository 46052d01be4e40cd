import { Agent, request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { text } from "node:stream/consumers";

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    labels?: Record<string, string>;
    [field: string]: unknown;
  };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  [field: string]: unknown;
}

/** What is sent: the name may be left to the server. */
export type NewKubernetesObject = Omit<KubernetesObject, "metadata"> & {
  metadata: { name?: string; generateName?: string; namespace?: string; [field: string]: unknown };
};

export interface KubernetesAccess {
  server: string;
  token: string;
  /** PEM. */
  certificateAuthority: string;
}

export class KubernetesError extends Error {
  override readonly name = "KubernetesError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * The few calls that the sandbox and its tests need, by path:
 * `/api/v1/namespaces/shop/configmaps/prices`. Small on purpose, and apart from the client that the library uses.
 */
export class KubernetesClient {
  readonly #access: KubernetesAccess;
  readonly #agent: Agent;

  constructor(access: KubernetesAccess) {
    this.#access = access;
    this.#agent = new Agent({ keepAlive: true, ca: access.certificateAuthority });
  }

  /** Undefined when there is no such object. */
  async get(path: string): Promise<KubernetesObject | undefined> {
    try {
      return (await this.#send("GET", path)) as KubernetesObject;
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 404) return undefined;
      throw error;
    }
  }

  async list(path: string): Promise<KubernetesObject[]> {
    const { items } = (await this.#send("GET", path)) as { items: KubernetesObject[] };
    return items;
  }

  async create(path: string, object: NewKubernetesObject): Promise<KubernetesObject> {
    return (await this.#send("POST", path, object)) as KubernetesObject;
  }

  /** A merge patch. */
  async patch(path: string, change: Record<string, unknown>): Promise<KubernetesObject> {
    return (await this.#send("PATCH", path, change)) as KubernetesObject;
  }

  /** Deleting what is not there succeeds. */
  async delete(path: string): Promise<void> {
    try {
      await this.#send("DELETE", path);
    } catch (error) {
      if (!(error instanceof KubernetesError && error.status === 404)) throw error;
    }
  }

  /** Whether the API server says that it is ready. */
  async isReady(): Promise<boolean> {
    await this.#send("GET", "/readyz");
    return true;
  }

  async #send(method: string, path: string, body?: unknown): Promise<unknown> {
    let { status, content } = await this.#exchange(method, path, body && JSON.stringify(body));
    // A server that has just been started says so of one kind after another: "storage is (re)initializing".
    for (let tries = 1; status === 429 && tries < 30; tries++) {
      await sleep(500);
      ({ status, content } = await this.#exchange(method, path, body && JSON.stringify(body)));
    }
    const answer = parse(content);
    if (status >= 400) {
      const message = (answer as { message?: string } | undefined)?.message ?? content;
      throw new KubernetesError(status, `${method} ${path}: ${status} ${message}`);
    }
    return answer;
  }

  #exchange(method: string, path: string, body?: unknown): Promise<{ status: number; content: string }> {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    return new Promise((resolve, reject) => {
      const call = request(
        `${this.#access.server}${path}`,
        {
          method,
          agent: this.#agent,
          timeout: 30_000,
          headers: {
            authorization: `Bearer ${this.#access.token}`,
            ...(body ? { "content-type": type } : {}),
          },
        },
        (response) => {
          text(response).then((content) => resolve({ status: response.statusCode ?? 0, content }), reject);
        },
      );
      call.once("timeout", () => call.destroy(new Error(`${method} ${path}: no answer for 30 s`)));
      call.once("error", reject);
      call.end(body);
    });
  }
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
