import { endpoint, networkVerdicts } from "./network-failures.ts";
import { patiently } from "./batches.ts";
import { byCode, type StoreFailure, type StoreOperation, StoreRefusal, type Verdict } from "./store-error.ts";

/** Returns what an error of Azure or Node means for a program with these credentials. */
export function azureVerdictOn(
  failure: StoreFailure,
  kind: "storageAccountKey" | "servicePrincipal" | "ambient",
): Verdict {
  const verdict = verdictOn(failure);
  if (verdict.code !== "WrongCredentials") return verdict;
  if (kind === "ambient") return ambient;
  return verdict === refused && kind === "storageAccountKey" ? wrongKey : verdict;
}

function verdictOn({ code, status, from, said }: StoreFailure): Verdict {
  if (from === "identity") return identityVerdicts[code] ?? unasked(code) ?? noToken;
  // The emulator uses this code where Azure uses AuthenticationFailed.
  if (code === "AuthorizationFailure" && /signature/i.test(said)) return refused;
  const known = verdicts[code] ?? networkVerdicts[code];
  if (known) return known;
  if (status === 401) return refused;
  if (status === 403) return forbidden;
  return failed;
}

const rights: Record<StoreOperation["verb"], string> = {
  inspect: "to list blobs",
  read: "to read blobs",
  write: "to write blobs",
  list: "to list blobs",
  delete: "to delete blobs",
};

const forbidden: Verdict = {
  code: "Forbidden",
  blame: "credentials",
  todo: ({ operation: { verb }, place: { bucket } }) =>
    `The identity has no right ${rights[verb]}: assign it the role Storage Blob Data Contributor on container "${bucket}" ` +
    "(Owner and Contributor do not include it), and wait some minutes until it holds.",
};

const wrongKey: Verdict = {
  code: "WrongCredentials",
  blame: "credentials.storageAccountKey",
  todo: "It is not one of the account's two access keys: copy it whole, and see whether it was rotated. A clock that is wrong by 15 minutes looks the same.",
};

const refused: Verdict = {
  code: "WrongCredentials",
  blame: "credentials",
  todo: "The account does not take the token: is the identity of the tenant that the account's subscription belongs to?",
};

const ambient: Verdict = {
  code: "NoOwnCredentials",
  blame: "credentials",
  todo:
    "The program comes with credentials of its own to this store, and Azure's client finds none here that are valid: run " +
    "`az login`, set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or say by `access` how the program is to come there.",
};

const PRINCIPAL = "credentials.servicePrincipal";

const noToken: Verdict = {
  code: "WrongCredentials",
  blame: PRINCIPAL,
  todo: "Try the same by hand: az login --service-principal.",
};

/** Returns the failure of a request for a token that got no answer. It says nothing about the credentials. */
function unasked(code: string): Verdict | undefined {
  const known = networkVerdicts[code];
  return known && { ...noEntraId, code: known.code, isPassing: known.isPassing ?? false };
}

const noEntraId: Verdict = {
  code: "Unreachable",
  blame: undefined,
  todo:
    "Entra ID, which hands out the tokens, was not reached: check this machine's way (DNS, firewall, proxy) to " +
    "login.microsoftonline.com, or to that of your `cloud`. A proxy that reads along has an authority of its own: name its " +
    "certificate in NODE_EXTRA_CA_CERTS.",
};

const identityVerdicts = byCode([
  {
    codes: "AADSTS7000215 AADSTS7000222",
    code: "WrongCredentials",
    blame: `${PRINCIPAL}.clientSecret`,
    todo: "Give the secret's value (its id, which stands beside it, is another thing), and see that it has not expired.",
  },
  {
    codes: "AADSTS700016",
    code: "WrongCredentials",
    blame: `${PRINCIPAL}.clientId`,
    todo: "The tenant knows no application of this id: copy its application (client) id, not its object id.",
  },
  {
    codes: "AADSTS90002 AADSTS900023 AADSTS50034 InvalidTenantId",
    code: "WrongCredentials",
    blame: `${PRINCIPAL}.tenantId`,
    todo: "There is no such tenant in this cloud: copy its id from Entra ID, and check `cloud`.",
  },
  { ...noEntraId, codes: "NotEntraId" },
]);

const failed: Verdict = {
  code: "StoreFailed",
  blame: undefined,
  todo: "Look for these words in the storage account's own diagnostics.",
};

/** The codes of Azure (learn.microsoft.com/rest/api/storageservices/blob-service-error-codes), and ours (`NotAzure`). */
const verdicts = byCode([
  { ...refused, codes: "AuthenticationFailed InvalidAuthenticationInfo NoAuthenticationInformation" },
  { ...forbidden, codes: "AuthorizationPermissionMismatch InsufficientAccountPermissions" },
  {
    codes: "AuthorizationFailure AuthorizationSourceIPMismatch AuthorizationProtocolMismatch",
    code: "Forbidden",
    blame: "storageAccount",
    todo: "The account's firewall keeps this machine out: allow its network, or run where the account can be reached. The clusters need it, too.",
  },
  {
    codes: "KeyBasedAuthenticationNotPermitted",
    code: "Forbidden",
    blame: "credentials.storageAccountKey",
    todo: "The account does not allow access keys: use servicePrincipal or workloadIdentity.",
  },
  {
    codes: "ContainerNotFound ContainerDisabled",
    code: "NoSuchBucket",
    blame: "container",
    todo: "Create the container first, or correct its name.",
  },
  {
    codes: "ContainerBeingDeleted",
    code: "NoSuchBucket",
    blame: "container",
    todo: "The container is being deleted: wait some minutes, and create it anew.",
  },
  {
    codes: "InvalidResourceName OutOfRangeInput",
    code: "BadSetting",
    blame: "container",
    todo: "Container names have 3 to 63 lower-case letters, digits and hyphens, and no slash: a folder belongs into prefix.",
  },
  {
    codes: "AccountIsDisabled",
    code: "Forbidden",
    blame: "storageAccount",
    todo: "The storage account is disabled: is its subscription paid?",
  },
  {
    codes: "AccountRequiresHttps",
    code: "Unreachable",
    blame: endpoint,
    todo: "Begin the endpoint with https://.",
  },
  {
    codes: "BlobImmutableDueToPolicy SnapshotsPresent",
    code: "StoreFailed",
    blame: "container",
    todo: "The container's immutability policy or legal hold keeps blobs from being changed and deleted, and Velero does both.",
  },
  {
    codes: "BlobArchived",
    code: "StoreFailed",
    blame: "container",
    todo: "The blob was moved to the archive tier by a lifecycle rule: rehydrate it, and exempt Velero's prefix from the rule.",
  },
  {
    codes: "ServerBusy OperationTimedOut InternalError",
    code: "StoreFailed",
    blame: undefined,
    todo: "The account is overloaded: run again in a minute.",
    isPassing: true,
  },
  {
    codes: "NotAzure",
    code: "Unreachable",
    blame: endpoint,
    todo: "What answers there is not the API of Azure Blob Storage: correct the endpoint, or look for a proxy in between.",
  },
  {
    codes: "InvalidHeaderValue",
    code: "StoreFailed",
    blame: "endpoint",
    todo: "The server is too old for this client's version of the API.",
  },
]);

/** Reads errors of the store, of Entra ID and of Node. */
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
  // The client itself reports this before it sends a request.
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
 * Returns the response if it is Azure's: Azure's responses have a request id. The package reads a web page with status
 * 200 as an empty response, or fails on the missing parts.
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

/** The ids of the request follow the first line. For a wrong signature, the signed text follows as well. */
const firstLine = (words: string): string =>
  (words.split(/[\r\n]|\s*RequestId:|\s*Trace ID:/)[0] ?? "").slice(0, 400);
