import { patiently } from "./patience.ts";
import { StoreRefusal, type StoreFailure } from "./store-failure.ts";

/** Azure's errors: those of the store, those of Entra ID, and Node's. */
export function azureFailureOf(thrown: unknown): StoreFailure {
  if (thrown instanceof StoreRefusal) return thrown.failure;
  const { name, message, code, statusCode, errorResponse, response } = Object(thrown) as Thrown;
  const said = firstLine(String(message || thrown));
  if (/Authentication|CredentialUnavailable/.test(name ?? "")) {
    const words = firstLine(errorResponse?.errorDescription ?? String(message));
    const entra = /AADSTS\d+/.exec(words)?.[0];
    return {
      code: entra ?? errorResponse?.error ?? name ?? "Unknown",
      said: words,
      status: statusCode,
      from: "identity",
    };
  }
  // Told by the client itself, before anybody is asked.
  if (/^Invalid tenant id/i.test(said)) return { code: "InvalidTenantId", said, from: "identity" };
  if (code === "REQUEST_SEND_ERROR" || (code === undefined && statusCode === undefined)) {
    return { code: /\b(E[A-Z]{4,}|ERR_[A-Z_]+)\b/.exec(said)?.[1] ?? name ?? "Unknown", said };
  }
  const isAzure = response?.headers?.get("x-ms-request-id") !== undefined;
  if (!isAzure && statusCode !== undefined && statusCode < 500)
    return { ...notAzure.failure, said: `HTTP ${statusCode}: ${notAzure.failure.said}`, status: statusCode };
  return {
    code: code ?? `Http${statusCode}`,
    said: message ? said : `HTTP ${statusCode}`,
    status: statusCode,
  };
}

interface Thrown {
  name?: string;
  message?: string;
  code?: string;
  statusCode?: number;
  response?: { headers?: { get(name: string): string | undefined } };
  errorResponse?: { error?: string; errorDescription?: string };
}

const notAzure = new StoreRefusal({
  code: "NotAzure",
  said: "the answer is a web page, or another protocol's",
});

/**
 * The answer, if it is Azure's: those are numbered. A web page with status 200 the package takes for an empty answer,
 * or stumbles over what it lacks.
 */
export async function azures<Answer extends { requestId?: string | undefined }>(
  request: Promise<Answer>,
): Promise<Answer> {
  try {
    const answer = await patiently(request);
    if (answer.requestId !== undefined) return answer;
  } catch (thrown) {
    if (!(thrown instanceof TypeError || thrown instanceof RangeError)) throw thrown;
  }
  throw notAzure;
}

/** After it come ids of the request, and of a wrong signature all that was signed. */
const firstLine = (words: string): string =>
  (words.split(/[\r\n]|\s*RequestId:|\s*Trace ID:/)[0] ?? "").slice(0, 400);
