import { endpoint, networkVerdicts } from "./network-verdicts.ts";
import type { StoreFailure } from "./store-failure.ts";
import type { StoreOperation, Verdict } from "./verdict.ts";

/** What one of Google's (or Node's) errors means to a user; `isAmbient`: the program came with its own credentials. */
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

const identityVerdicts: Record<string, Verdict> = {
  invalid_grant: {
    code: "WrongCredentials",
    blame: PROPERTY,
    todo:
      "The key was deleted or has expired, its service account is gone or disabled, or this machine's clock is wrong: " +
      "gcloud iam service-accounts keys list tells.",
  },
};

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

const verdicts: Record<string, Verdict> = {
  NoDefaultCredentials: ambient,
  // The private key is no PEM.
  ERR_OSSL_UNSUPPORTED: badKey,
  ERR_OSSL_PEM_NO_START_LINE: badKey,
  ERR_CRYPTO_INVALID_KEYTYPE: badKey,
  userProjectMissing: {
    code: "StoreFailed",
    blame: "bucket",
    todo: "The bucket makes its requesters pay, which Velero cannot: switch that off.",
  },
  retentionPolicyNotMet: {
    code: "StoreFailed",
    blame: "bucket",
    todo: "A retention policy keeps objects from being overwritten and deleted, and Velero does both: remove it.",
  },
  kmsKeyNotFound: {
    code: "StoreFailed",
    blame: "kmsKeyName",
    todo: "The key must exist in the bucket's location.",
  },
  invalidBucketName: {
    code: "BadSetting",
    blame: "bucket",
    todo: "Bucket names have 3 to 63 lower-case letters, digits, dots, hyphens and underscores: a folder belongs into prefix.",
  },
  rateLimitExceeded: overloaded,
  userRateLimitExceeded: overloaded,
  NotGcs: {
    code: "Unreachable",
    blame: endpoint,
    todo: "What answers there is not the API of Google Cloud Storage: correct the endpoint.",
  },
};
