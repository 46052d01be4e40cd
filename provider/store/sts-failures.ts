import { networkVerdicts } from "./network-failures.ts";
import { byCode, type StoreFailure, type Verdict } from "./store-error.ts";

/** Returns what an error of STS or Node means, when the program assumes a role. */
export function stsVerdictOn(failure: StoreFailure): Verdict {
  const known = verdicts[rowOf(failure)];
  if (known) return known;
  const network = networkVerdicts[failure.code];
  if (network) return { ...network, blame: "credentials.sts" };
  return failure.status === 403 ? untrusted : failed;
}

/** Some codes of STS stand for several failures, which its words tell apart. */
function rowOf({ code, said }: StoreFailure): string {
  // MinIO's STS uses this code where its S3 uses SignatureDoesNotMatch or InvalidAccessKeyId.
  if (code === "AccessDenied" && /signature/i.test(said)) return "SignatureDoesNotMatch";
  if (code === "AccessDenied" && /access key/i.test(said)) return "InvalidAccessKeyId";
  if (code === "ValidationError" && /duration/i.test(said)) return "ValidationError:duration";
  if (code === "ValidationError" && /externalId/i.test(said)) return "ValidationError:externalId";
  return code;
}

const untrusted: Verdict = {
  code: "Forbidden",
  blame: "credentials.sts.roleArn",
  todo:
    "The role must exist, its trust policy must name these keys' account or user for sts:AssumeRole with the same " +
    "sts:ExternalId as externalId, and the keys need sts:AssumeRole on the role.",
};

const failed: Verdict = {
  code: "StoreFailed",
  blame: "credentials.sts",
  todo: "Try the same by hand: aws sts assume-role.",
};

const badArn: Verdict = {
  code: "StoreFailed",
  blame: "credentials.sts.roleArn",
  todo: "Copy it from the role, as in arn:aws:iam::123456789012:role/velero.",
};

/** The codes of AWS (docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html), and ours (`NotSts`). */
const verdicts = byCode([
  { ...untrusted, codes: "AccessDenied" },
  { ...badArn, codes: "ValidationError" },
  { ...badArn, codes: "ValidationError:externalId", blame: "credentials.sts.externalId" },
  {
    codes: "ValidationError:duration",
    code: "StoreFailed",
    blame: "credentials.sts.durationSeconds",
    todo: "A role's own maximum (1 hour unless it was raised) limits it, and 1 hour is the most where a role assumes a role.",
  },
  {
    codes: "InvalidClientTokenId InvalidAccessKeyId UnrecognizedClientException",
    code: "WrongCredentials",
    blame: "credentials.sts.source.static.accessKeyId",
    todo: "STS knows no such access key: it was mistyped, deleted or disabled, or belongs to another partition of AWS.",
  },
  {
    codes: "SignatureDoesNotMatch",
    code: "WrongCredentials",
    blame: "credentials.sts.source.static.secretAccessKey",
    todo: "It is not the secret of this access key id: check that it is whole, without a line break at its end.",
  },
  {
    codes: "ExpiredToken ExpiredTokenException",
    code: "WrongCredentials",
    blame: "credentials.sts.source.static.sessionToken",
    todo: "The keys that assume the role have expired: give keys that last, or another source. Velero would stop with them, too.",
  },
  {
    codes: "NotSts",
    code: "Unreachable",
    blame: "credentials.sts",
    todo: "What answers there is no STS: give its address as credentials.sts.endpoint.",
  },
  {
    codes: "RegionDisabledException",
    code: "WrongRegion",
    blame: "region",
    todo: "STS is switched off in that region for the account: switch it on, or choose another region.",
  },
]);
