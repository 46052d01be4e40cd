import type { AwsAccess } from "./aws-credentials.ts";
import { networkVerdicts } from "./network-verdicts.ts";
import { s3VerdictOn } from "./s3-verdicts.ts";
import type { StoreFailure } from "./store-failure.ts";
import type { Verdict } from "./verdict.ts";

/** What a refusal means where S3 is reached in this way: only with an access key of one's own can that be wrong. */
export function awsVerdictOn(access: AwsAccess, failure: StoreFailure): Verdict {
  if (failure.from === "identity") return stsVerdictOn(failure);
  if (failure.code === "CredentialsProviderError") return nothingAmbient;
  const verdict = s3VerdictOn(failure);
  if ("keys" in access && !("role" in access)) return verdict;
  return verdict.code === "WrongCredentials"
    ? { ...verdict, ...("ambient" in access ? wrongAmbient : wrongRole) }
    : verdict;
}

const nothingAmbient: Verdict = {
  code: "NoOwnCredentials",
  blame: "credentials",
  todo:
    "The program comes with credentials of its own to this store, and AWS's SDK finds none here: log in (aws sso login), " +
    "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or say by `access` how the program is to come there.",
};

const wrongAmbient = {
  code: "NoOwnCredentials",
  blame: "credentials",
  todo:
    "The program comes with credentials of its own to this store, and AWS refuses those: log in anew (aws sso login), " +
    "look at AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN, or say by `access` how the program is to come there.",
} satisfies Verdict;

const wrongRole = {
  blame: "credentials.sts",
  todo: "The store does not take the temporary keys that STS gave out: are both of the same AWS partition, or of the same server?",
};

function stsVerdictOn(failure: StoreFailure): Verdict {
  const known = stsVerdicts[failure.code];
  if (known) return typeof known === "function" ? known(failure) : known;
  const network = networkVerdicts[failure.code];
  if (network) return { ...network, blame: "credentials.sts" };
  if (failure.status === 403) return untrusted;
  return failed;
}

const untrusted: Verdict = {
  code: "Forbidden",
  blame: "credentials.sts.roleArn",
  todo:
    "The role must exist, its trust policy must name these keys' account or user for sts:AssumeRole with the same " +
    "sts:ExternalId as externalId, and the keys need sts:AssumeRole on the role.",
};

const unknownKey: Verdict = {
  code: "WrongCredentials",
  blame: "credentials.sts.source.static.accessKeyId",
  todo: "STS knows no such access key: it was mistyped, deleted or disabled, or belongs to another partition of AWS.",
};

const wrongSecret: Verdict = {
  code: "WrongCredentials",
  blame: "credentials.sts.source.static.secretAccessKey",
  todo: "It is not the secret of this access key id: check that it is whole, without a line break at its end.",
};

const expired: Verdict = {
  code: "WrongCredentials",
  blame: "credentials.sts.source.static.sessionToken",
  todo: "The keys that assume the role have expired: give keys that last, or another source. Velero would stop with them, too.",
};

const failed: Verdict = {
  code: "StoreFailed",
  blame: "credentials.sts",
  todo: "Try the same by hand: aws sts assume-role.",
};

const stsVerdicts: Record<string, Verdict | ((failure: StoreFailure) => Verdict)> = {
  // MinIO's STS calls by this what its S3 calls SignatureDoesNotMatch or InvalidAccessKeyId.
  AccessDenied: ({ said }) =>
    /signature/i.test(said) ? wrongSecret : /access key/i.test(said) ? unknownKey : untrusted,
  InvalidClientTokenId: unknownKey,
  InvalidAccessKeyId: unknownKey,
  UnrecognizedClientException: unknownKey,
  SignatureDoesNotMatch: wrongSecret,
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  ValidationError: ({ said }) => ({
    code: "StoreFailed",
    blame: /duration/i.test(said)
      ? "credentials.sts.durationSeconds"
      : /externalId/i.test(said)
        ? "credentials.sts.externalId"
        : "credentials.sts.roleArn",
    todo: /duration/i.test(said)
      ? "A role's own maximum (1 hour unless it was raised) limits it, and 1 hour is the most where a role assumes a role."
      : "Copy it from the role, as in arn:aws:iam::123456789012:role/velero.",
  }),
  NotSts: {
    code: "Unreachable",
    blame: "credentials.sts",
    todo: "What answers there is no STS: give its address as credentials.sts.endpoint.",
  },
  RegionDisabledException: {
    code: "WrongRegion",
    blame: "region",
    todo: "STS is switched off in that region for the account: switch it on, or choose another region.",
  },
};
