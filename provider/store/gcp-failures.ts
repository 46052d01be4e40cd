import { endpoint, networkVerdicts } from "./network-failures.ts";
import { byCode, type StoreFailure, type StoreOperation, StoreRefusal, type Verdict } from "./store-error.ts";

/**
 * Returns what an error of Google or Node means. `isAmbient` is true if the program uses credentials of its
 * environment.
 */
export function gcpVerdictOn(failure: StoreFailure, isAmbient: boolean): Verdict {
  const verdict = verdictOn(failure);
  return isAmbient && verdict.code === "WrongCredentials" ? ambient : verdict;
}

function verdictOn({ code, status, from }: StoreFailure): Verdict {
  if (from === "identity") return identityVerdicts[code] ?? badKey;
  const known = verdicts[code] ?? networkVerdicts[code];
  if (known) return known;
  if (status === 401) return badKey;
  if (status === 403) return forbidden;
  if (status === 404) return noBucket;
  if (status === 408 || status === 429) return overloaded;
  return failed;
}

const rights: Record<StoreOperation["verb"], string> = {
  inspect: "storage.objects.list",
  read: "storage.objects.get",
  write: "storage.objects.create (and storage.objects.delete, without which nothing can be overwritten)",
  list: "storage.objects.list",
  delete: "storage.objects.delete",
};

const forbidden: Verdict = {
  code: "Forbidden",
  blame: "credentials",
  todo: ({ operation: { verb }, place: { bucket } }) =>
    `The service account lacks ${rights[verb]}: grant it roles/storage.objectAdmin on gs://${bucket}. ` +
    "A bucket of that name may also be somebody else's, or guarded by VPC Service Controls.",
};

const noBucket: Verdict = {
  code: "NoSuchBucket",
  blame: "bucket",
  todo: "Create the bucket first, or correct its name.",
};

const PROPERTY = "credentials.serviceAccountKey";

const badKey: Verdict = {
  code: "WrongCredentials",
  blame: PROPERTY,
  todo: "Google does not take this key: create a new one of the service account, and see that the account is enabled.",
};

const ambient: Verdict = {
  code: "NoOwnCredentials",
  blame: "credentials",
  todo:
    "The program comes with credentials of its own to this store, and Google's client finds none here that are valid: run " +
    "`gcloud auth application-default login`, set GOOGLE_APPLICATION_CREDENTIALS, or say by `access` how the program is to come there.",
};

const identityVerdicts = byCode([
  {
    codes: "invalid_grant",
    code: "WrongCredentials",
    blame: PROPERTY,
    todo:
      "The key was deleted or has expired, its service account is gone or disabled, or this machine's clock is wrong: " +
      "gcloud iam service-accounts keys list tells.",
  },
]);

const overloaded: Verdict = {
  code: "StoreFailed",
  blame: undefined,
  todo: "Google asks for patience: run again in a minute.",
  isPassing: true,
};

const failed: Verdict = {
  code: "StoreFailed",
  blame: undefined,
  todo: "Look for these words in Google Cloud's logs and status page.",
};

/** The reasons of Google (cloud.google.com/storage/docs/json_api/v1/status-codes), codes of OpenSSL and ours (`NotGcs`). */
const verdicts = byCode([
  { ...ambient, codes: "NoDefaultCredentials" },
  // The private key is not in PEM form.
  { ...badKey, codes: "ERR_OSSL_UNSUPPORTED ERR_OSSL_PEM_NO_START_LINE ERR_CRYPTO_INVALID_KEYTYPE" },
  { ...overloaded, codes: "rateLimitExceeded userRateLimitExceeded" },
  {
    codes: "userProjectMissing",
    code: "StoreFailed",
    blame: "bucket",
    todo: "The bucket makes its requesters pay, which Velero cannot: switch that off.",
  },
  {
    codes: "retentionPolicyNotMet",
    code: "StoreFailed",
    blame: "bucket",
    todo: "A retention policy keeps objects from being overwritten and deleted, and Velero does both: remove it.",
  },
  {
    codes: "kmsKeyNotFound",
    code: "StoreFailed",
    blame: "kmsKeyName",
    todo: "The key must exist in the bucket's location.",
  },
  {
    codes: "invalidBucketName",
    code: "BadSetting",
    blame: "bucket",
    todo: "Bucket names have 3 to 63 lower-case letters, digits, dots, hyphens and underscores: a folder belongs into prefix.",
  },
  {
    codes: "NotGcs",
    code: "Unreachable",
    blame: endpoint,
    todo: "What answers there is not the API of Google Cloud Storage: correct the endpoint.",
  },
]);

/** Reads errors of the store, of the token server and of Node. */
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
  /** The HTTP status, or Node's code. */
  code?: number | string;
  errors?: { reason?: string }[];
  response?: { statusCode?: number; status?: number; data?: unknown; headers?: Record<string, unknown> };
  cause?: unknown;
}

interface TokenRefusal {
  error?: unknown;
  error_description?: string;
}

/** Returns true for a web page: a console, a login form or a proxy. */
export const isPage = (text: string): boolean => /^\s*<(!doctype html|html)/i.test(text);

/** Reads the error in a JSON response to a download. The package returns it as text. */
function errorIn(text: string): { message?: string; errors?: { reason?: string }[] } | undefined {
  try {
    return (JSON.parse(text) as { error?: object }).error;
  } catch {
    return undefined;
  }
}

/** Responses to downloads are XML. */
const reasonIn = (said: string): string | undefined => /<Code>(\w+)<\/Code>/.exec(said)?.[1];

/**
 * The packages keep only the message of Node's errors: "request to http://… failed, reason: connect ECONNREFUSED …".
 */
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
