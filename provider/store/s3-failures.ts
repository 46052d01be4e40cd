import { endpoint, networkVerdicts } from "./network-failures.ts";
import { byCode, type StoreFailure, type StoreOperation, type Verdict } from "./store-error.ts";

/** Returns what an error of S3 or Node means. */
export function s3VerdictOn(failure: StoreFailure): Verdict {
  // S3 uses the same code for a wrong region and for an invalid access key.
  if (failure.code === "AuthorizationHeaderMalformed") return failure.region ? wrongRegion : badAccessKey;
  if (failure.code === "InvalidRequest" && /Content-MD5|checksum/i.test(failure.said)) return checksumWanted;
  const known = verdicts[failure.code] ?? networkVerdicts[failure.code];
  if (known) return known;
  if (failure.status === 403) return forbidden;
  if (failure.status === 301) return wrongRegion;
  return failed;
}

const checksumWanted: Verdict = {
  code: "StoreFailed",
  blame: "bucket",
  todo:
    "The bucket's default retention makes this store demand a checksum with every object, and Velero's plugin sends none to " +
    "an endpoint: take the default retention away (object lock itself may stay); where the store is AWS, leave `endpoint` out.",
};

const rights: Record<StoreOperation["verb"], string> = {
  inspect: "s3:ListBucket",
  read: "s3:GetObject (and s3:ListBucket, without which a missing object looks forbidden)",
  write: "s3:PutObject",
  list: "s3:ListBucket",
  delete: "s3:DeleteObject",
};

const forbidden: Verdict = {
  code: "Forbidden",
  blame: "credentials",
  todo: ({ operation: { verb }, place: { bucket } }) => {
    const resource = verb === "list" || verb === "inspect" ? bucket : `${bucket}/*`;
    return (
      `The keys are right, but have no right to this: allow ${rights[verb]} on arn:aws:s3:::${resource}, ` +
      "and look for a Deny in the bucket's own policy. A bucket of that name may also be somebody else's."
    );
  },
};

const wrongRegion: Verdict = {
  code: "WrongRegion",
  blame: "region",
  todo: ({ failure: { region } }) =>
    region
      ? `The bucket is in ${region}: set region to "${region}".`
      : "Set region to the one that the bucket is in.",
};

const badAccessKey: Verdict = {
  code: "WrongCredentials",
  blame: "credentials.static.accessKeyId",
  todo: "It is empty or holds a character that no access key id has; a line break at its end is a common one.",
};

const failed: Verdict = {
  code: "StoreFailed",
  blame: undefined,
  todo: "Look for these words in the store's own log.",
};

/**
 * The codes of AWS (docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html), of MinIO (cmd/api-errors.go: `XMinio…`,
 * `SlowDownRead`), of Ceph (`QuotaExceeded`), of Node, and ours (`NotS3`).
 */
const verdicts = byCode([
  { ...forbidden, codes: "AccessDenied AccountProblem AllAccessDisabled" },
  { ...badAccessKey, codes: "ERR_INVALID_CHAR" },
  { ...wrongRegion, codes: "PermanentRedirect IllegalLocationConstraintException InvalidRegion" },
  {
    // AWS returns ConditionalRequestConflict for two conditional writes of one key at the same time.
    codes:
      "SlowDown SlowDownRead SlowDownWrite ServiceUnavailable InternalError RequestTimeout OperationAborted " +
      "TemporaryRedirect XMinioServerNotInitialized ConditionalRequestConflict " +
      "Http408 Http429 Http499 Http500 Http502 Http503 Http504 Http520",
    code: "StoreFailed",
    blame: undefined,
    todo: "The store is overloaded or just starting: run again in a minute; if it lasts, look at the store's own health.",
    isPassing: true,
  },
  {
    codes: "SignatureDoesNotMatch",
    code: "WrongCredentials",
    blame: "credentials.static.secretAccessKey",
    todo:
      "It is not the secret of this access key id: check that it is whole, without a line break at its end. " +
      "If it is right, a proxy in between may be rewriting requests.",
  },
  {
    codes: "InvalidAccessKeyId XMinioAccessKeyDisabled",
    code: "WrongCredentials",
    blame: "credentials.static.accessKeyId",
    todo: "The store knows no such access key: it was mistyped, deleted or disabled, or belongs to another store.",
  },
  {
    codes: "InvalidToken InvalidTokenId",
    code: "WrongCredentials",
    blame: "credentials.static.sessionToken",
    todo: "Give the session token that was issued together with this access key; a permanent key has none.",
  },
  {
    codes: "ExpiredToken TokenRefreshRequired",
    code: "WrongCredentials",
    blame: "credentials.static.sessionToken",
    todo: "These temporary keys have expired: fetch new ones. Velero, too, needs keys that outlive its backups.",
  },
  {
    codes: "NoSuchBucket",
    code: "NoSuchBucket",
    blame: "bucket",
    todo: "Create the bucket first, or correct its name.",
  },
  {
    codes: "InvalidBucketName",
    code: "BadSetting",
    blame: "bucket",
    todo: "Bucket names have 3 to 63 lower-case letters, digits, dots and hyphens, and no slash: a folder belongs into prefix.",
  },
  {
    codes: "NotS3",
    code: "Unreachable",
    blame: endpoint,
    todo: "What answers there is no S3 server: give the address of the S3 API (MinIO: port 9000, not the console's 9001), with nothing after the port.",
  },
  {
    codes: "RequestTimeTooSkewed",
    code: "ClockSkew",
    blame: undefined,
    todo: "Set the clock of this machine (or the store's): S3 refuses requests that are more than 15 minutes off.",
    // AWS's client corrects its own clock by such a response.
    isPassing: true,
  },
  {
    codes: "XMinioStorageFull XMinioAdminBucketQuotaExceeded QuotaExceeded",
    code: "StoreFailed",
    blame: "",
    todo: "The store has no room left: free some or raise its quota. Backups fail for the same reason.",
    isPassing: false,
  },
  {
    codes: "InvalidObjectState",
    code: "StoreFailed",
    blame: "bucket",
    todo: "The object was moved to an archive class by a lifecycle rule: restore it there, and exempt Velero's prefix from the rule.",
  },
  {
    codes: "KMS.NotFoundException KMS.DisabledException KMS.KMSInvalidStateException",
    code: "StoreFailed",
    blame: "kmsKeyId",
    todo: "The KMS key must exist in the bucket's region and be enabled, and these credentials need kms:GenerateDataKey and kms:Decrypt on it.",
  },
  {
    codes: "NotImplemented",
    code: "StoreFailed",
    blame: "",
    todo: "The store lacks this: take out options that it does not know (kmsKeyId, serverSideEncryption, tagging).",
    isPassing: false,
  },
]);
