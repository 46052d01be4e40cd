import { StoreRefusal, type StoreFailure } from "./store-failure.ts";

/** Google's errors: those of the store, those of the server that gives out tokens, and Node's. */
export function gcpFailureOf(thrown: unknown): StoreFailure {
  if (thrown instanceof StoreRefusal) return thrown.failure;
  const { message, code, errors, response, cause } = Object(thrown) as Thrown;
  const said = plain(String(message || thrown));
  const { error, error_description } = (Object(response?.data) as TokenRefusal) ?? {};
  if (typeof error === "string") {
    return { code: error, said: error_description ?? said, status: response?.status, from: "identity" };
  }
  const status = typeof code === "number" ? code : (response?.statusCode ?? response?.status);
  const isHtml =
    /^text\/html/i.test(String(response?.headers?.["content-type"] ?? "")) || isPage(String(message));
  if (isHtml && (status ?? 0) < 500) return { code: "NotGcs", said, status };
  const inside = errorIn(String(message));
  if (inside)
    return { code: inside.errors?.[0]?.reason ?? `Http${status}`, said: inside.message ?? said, status };
  if (status !== undefined)
    return { code: errors?.[0]?.reason ?? reasonIn(said) ?? `Http${status}`, said, status };
  const inner = (Object(cause) as Thrown).code;
  return { code: String(code ?? inner ?? codeIn(said) ?? "Unknown"), said };
}

interface Thrown {
  message?: string;
  /** The status, or Node's code. */
  code?: number | string;
  errors?: { reason?: string }[];
  response?: { statusCode?: number; status?: number; data?: unknown; headers?: Record<string, unknown> };
  cause?: unknown;
}

interface TokenRefusal {
  error?: unknown;
  error_description?: string;
}

/** What comes from a console, a login form or a proxy. */
export const isPage = (text: string): boolean => /^\s*<(!doctype html|html)/i.test(text);

/** What was to be downloaded is an error as JSON, which the package takes for words. */
function errorIn(text: string): { message?: string; errors?: { reason?: string }[] } | undefined {
  try {
    return (JSON.parse(text) as { error?: object }).error;
  } catch {
    return undefined;
  }
}

/** Answers to downloads come as XML. */
const reasonIn = (said: string): string | undefined => /<Code>(\w+)<\/Code>/.exec(said)?.[1];

/** What the packages keep of Node's errors are words: "request to http://… failed, reason: connect ECONNREFUSED …". */
const codeIn = (said: string): string | undefined =>
  /Could not load the default credentials/.test(said)
    ? "NoDefaultCredentials"
    : /\b(E[A-Z]{4,}|ERR_[A-Z_]+)\b/.exec(said)?.[1];

function plain(said: string): string {
  return said
    .replace(/<(script|style|head)[\s\S]*?<\/\1>|<[^>]*>/gi, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 400);
}
