import { expect, test } from "vitest";
import { s3VerdictOn } from "../../../provider/store/s3-failures.ts";
import {
  explainFailure,
  isPassing,
  type StoreFailure,
  type StoreOperation,
} from "../../../provider/store/store-error.ts";

const read: StoreOperation = { verb: "read", subject: "key" };
const place = {
  property: "storage.aws",
  declaredAs: (path: string) => path,
  address: "S3",
  bucket: "backups",
  hasEndpoint: true,
  hostFrom: "region",
};
const explain = (
  code: string,
  more: { status?: number; region?: string } = {},
  at = place,
  operation = read,
) => {
  const failure: StoreFailure = { code, said: "", ...more };
  return explainFailure(s3VerdictOn(failure), failure, operation, at);
};

test.each([
  ["SignatureDoesNotMatch", "WrongCredentials", "storage.aws.credentials.static.secretAccessKey"],
  ["InvalidAccessKeyId", "WrongCredentials", "storage.aws.credentials.static.accessKeyId"],
  ["ExpiredToken", "WrongCredentials", "storage.aws.credentials.static.sessionToken"],
  ["AccessDenied", "Forbidden", "storage.aws.credentials"],
  ["NoSuchBucket", "NoSuchBucket", "storage.aws.bucket"],
  ["PermanentRedirect", "WrongRegion", "storage.aws.region"],
  ["IllegalLocationConstraintException", "WrongRegion", "storage.aws.region"],
  ["ECONNREFUSED", "Unreachable", "storage.aws.endpoint"],
  ["ENOTFOUND", "Unreachable", "storage.aws.endpoint"],
  ["ETIMEDOUT", "Unreachable", "storage.aws.endpoint"],
  ["EPROTO", "Unreachable", "storage.aws.endpoint"],
  ["HttpToHttps", "Unreachable", "storage.aws.endpoint"],
  ["NotS3", "Unreachable", "storage.aws.endpoint"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "UntrustedCertificate", "storage.aws.endpoint"],
  ["CERT_HAS_EXPIRED", "UntrustedCertificate", "storage.aws.endpoint"],
  ["KMS.NotFoundException", "StoreFailed", "storage.aws.kmsKeyId"],
  ["XMinioStorageFull", "StoreFailed", "storage.aws"],
  ["RequestTimeTooSkewed", "ClockSkew", undefined],
  ["NeverHeardOf", "StoreFailed", undefined],
])("blames for %s", (vendorCode, code, property) => {
  expect(explain(vendorCode)).toMatchObject({ code, property });
  expect(explain(vendorCode).todo).toMatch(/\.$/);
});

test("takes a malformed authorization for a wrong region only where the right one is told", () => {
  expect(explain("AuthorizationHeaderMalformed", { region: "eu-west-1" })).toMatchObject({
    code: "WrongRegion",
  });
  expect(explain("AuthorizationHeaderMalformed")).toMatchObject({
    code: "WrongCredentials",
    property: "storage.aws.credentials.static.accessKeyId",
  });
});

test("blames the region for a host that AWS does not have", () => {
  expect(explain("ENOTFOUND", {}, { ...place, hasEndpoint: false }).property).toBe("storage.aws.region");
});

test("blames nothing smaller than the store where AWS itself is out of reach", () => {
  expect(explain("ECONNREFUSED", {}, { ...place, hasEndpoint: false }).property).toBe("storage.aws");
});

test("goes by the status where the code is news", () => {
  expect(explain("NeverHeardOf", { status: 403 }).code).toBe("Forbidden");
  expect(explain("NeverHeardOf", { status: 301 }).code).toBe("WrongRegion");
});

test.each([
  ["write", "s3:PutObject on arn:aws:s3:::backups/*,"],
  ["list", "s3:ListBucket on arn:aws:s3:::backups,"],
  ["delete", "s3:DeleteObject on arn:aws:s3:::backups/*,"],
] as const)("names the right to %s", (verb, words) => {
  expect(explain("AccessDenied", {}, place, { verb }).todo).toContain(words);
});

test("tries again only what may pass", () => {
  const passing = (code: string, status?: number) => {
    const failure: StoreFailure = { code, said: "", status };
    return isPassing(s3VerdictOn(failure), failure);
  };
  expect(passing("SlowDown", 503)).toBe(true);
  expect(passing("ECONNRESET")).toBe(true);
  expect(passing("ECONNREFUSED")).toBe(true);
  expect(passing("NeverHeardOf", 500)).toBe(true);
  expect(passing("NeverHeardOf", 400)).toBe(false);
  expect(passing("ETIMEDOUT")).toBe(false);
  expect(passing("NotImplemented", 501)).toBe(false);
});
