import type { TokenCredential } from "@azure/identity" with { "resolution-mode": "import" };
import type { Agent } from "node:http";
import { isProxyCode } from "../proxy/proxy-error.ts";
import { azureFailureOf } from "./azure-failure.ts";
import { httpAgent } from "./http-agent.ts";
import { type StoreFailure, StoreRefusal } from "./store-failure.ts";

const agents: Record<string, Agent> = {};

const agentFor = (url: string): Agent => {
  const { protocol } = new URL(url);
  return (agents[protocol] ??= httpAgent({ isHttps: protocol === "https:" }));
};

/**
 * Azure's packages find proxies by rules of their own (HTTPS_PROXY even for http, ALL_PROXY, NO_PROXY without domains,
 * ports and networks), unless a request comes with an agent.
 */
export const azureConnections = (url: string) => ({ agent: agentFor(url), ...unusedProxy });

/** Without one, the packages read HTTPS_PROXY whatever they come with, and stumble over `proxy:3128`. Agents come first. */
const unusedProxy = { proxyOptions: { host: "http://127.0.0.1", port: 9 } };

interface Sent {
  url: string;
  agent?: object | undefined;
}

interface Answered {
  status: number;
  headers: { get(name: string): string | undefined };
}

interface TokenConnections {
  /** What a credential sends its requests by: tokens come from several servers, by http and https. */
  options: typeof unusedProxy & {
    additionalPolicies: { position: "perCall"; policy: TokenPolicy }[];
  };
  /** The credential, made to tell what kept it from asking: MSAL calls that, too, "authentication required". */
  telling(credential: TokenCredential): TokenCredential;
}

interface TokenPolicy {
  name: string;
  sendRequest<Request extends Sent, Answer extends Answered>(
    request: Request,
    next: (request: Request) => Promise<Answer>,
  ): Promise<Answer>;
}

/** For one credential. `isEntraId`: that alone is asked; others go on to the next where they come to none. */
export function azureTokenConnections({ isEntraId }: { isEntraId: boolean }): TokenConnections {
  let unanswered: StoreFailure | undefined;
  const policy: TokenPolicy = {
    name: "pulumiVeleroConnections",
    async sendRequest<Request extends Sent, Answer extends Answered>(
      request: Request,
      next: (request: Request) => Promise<Answer>,
    ) {
      // Azure's own proxy policy was here before.
      request.agent = agentFor(request.url) as Request["agent"];
      try {
        const answer = await next(request);
        unanswered = isEntraId ? notEntraId(answer) : undefined;
        return answer;
      } catch (error) {
        const failure = azureFailureOf(error);
        const code = failure.code === "NotAzure" ? "NotEntraId" : failure.code;
        unanswered = { ...failure, code, from: "identity" };
        throw error;
      }
    },
  };
  return {
    options: { ...unusedProxy, additionalPolicies: [{ position: "perCall", policy }] },
    telling: (credential) => ({
      async getToken(...asked) {
        try {
          return await credential.getToken(...asked);
        } catch (thrown) {
          if (unanswered && (isEntraId || isProxyCode(unanswered.code))) throw new StoreRefusal(unanswered);
          throw thrown;
        }
      },
    }),
  };
}

/** It answers in JSON whatever it is asked: a page comes from what stands in between. */
function notEntraId({ status, headers }: Answered): StoreFailure | undefined {
  const type = headers.get("content-type") ?? "nothing";
  if (/\bjson\b/i.test(type)) return undefined;
  const said = `the answer is HTTP ${status} with ${type} instead of JSON`;
  return { code: "NotEntraId", said, status, from: "identity" };
}
