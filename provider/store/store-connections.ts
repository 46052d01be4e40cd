import type { Agent } from "node:http";
import { Arrivals } from "../core/arrivals.ts";
import { type Endpoint, httpAgent } from "./http-agent.ts";
import { DirectHosts } from "./direct-hosts.ts";

/** The connections that the stores of a session share. */
export class StoreConnections {
  readonly arrivals: Arrivals;
  readonly directHosts = new DirectHosts();
  readonly #agents = new Map<string, Agent>();

  constructor(arrivals = new Arrivals()) {
    this.arrivals = arrivals;
  }

  /** Returns the agent for an endpoint. Clients that destroy their agent need one of their own (`httpAgent`). */
  agent(endpoint: Endpoint): Agent {
    const key = `${endpoint.isHttps} ${endpoint.caCertificate ?? ""}`;
    const known = this.#agents.get(key);
    if (known) return known;
    const agent = httpAgent(endpoint);
    this.#agents.set(key, agent);
    return agent;
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }
}
