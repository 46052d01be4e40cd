import type { Agent } from "node:http";
import { httpAgent } from "./http-agent.ts";

const agents: Record<string, Agent> = {};

const agentFor = (url: string): Agent => {
  const { protocol } = new URL(url);
  return (agents[protocol] ??= httpAgent({ isHttps: protocol === "https:" }));
};

/**
 * Azure's packages find proxies by rules of their own (HTTPS_PROXY even for http, ALL_PROXY, NO_PROXY without domains,
 * ports and networks), unless a request comes with an agent.
 */
export const azureConnections = (url: string): { agent: Agent } => ({ agent: agentFor(url) });

/** Tokens come from several servers, by http and https. */
export const azureTokenConnections = {
  position: "perCall" as const,
  policy: {
    name: "pulumiVeleroConnections",
    sendRequest<Request extends { url: string; agent?: object | undefined }, Answer>(
      request: Request,
      next: (request: Request) => Promise<Answer>,
    ): Promise<Answer> {
      request.agent ??= agentFor(request.url) as Request["agent"];
      return next(request);
    },
  },
};
