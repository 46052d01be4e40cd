import { expect, test } from "vitest";
import { failureIn, isWebPage, regionIn, unescaped } from "../../../provider/store/s3.ts";

const xml =
  "<Error><Code>AccessDenied</Code><Message>It&#39;s &quot;no&quot; &lt;really&gt;</Message></Error>";

test.each([
  ["S3's own words", 403, {}, xml, { code: "AccessDenied", said: `It's "no" <really>` }],
  [
    "the headers of MinIO where there is no body",
    400,
    { "x-minio-error-code": "XMinioBusy", "x-minio-error-desc": "busy" },
    "",
    { code: "XMinioBusy", said: "busy" },
  ],
  [
    "an S3 server that says nothing",
    404,
    { "x-amz-request-id": "1" },
    "",
    { code: "Http404", said: "HTTP 404" },
  ],
  [
    "a proxy in front",
    503,
    {},
    "<html><style>p{}</style><p>try  later</p></html>",
    { code: "Http503", said: "HTTP 503: try later" },
  ],
  [
    "something else",
    404,
    {},
    "<html><title>Console</title></html>",
    { code: "NotS3", said: "HTTP 404: Console" },
  ],
  [
    "an HTTPS port asked in HTTP",
    400,
    {},
    "Client sent an HTTP request to an HTTPS server.\n",
    { code: "HttpToHttps" },
  ],
] as const)("reads in a failed answer %s", (_, status, headers, body, expected) => {
  expect(failureIn({ status, headers }, body)).toMatchObject({ ...expected, status });
});

test("shows no more than the beginning of a page", () => {
  expect(failureIn({ status: 404, headers: {} }, "x".repeat(5000)).said.length).toBeLessThan(250);
});

test.each([
  [{ "x-amz-bucket-region": "eu-west-1" }, "", "eu-west-1"],
  [{}, "the region 'us-east-1' is wrong; expecting 'eu-west-1'", "eu-west-1"],
  [{}, "a non-empty Access Key must be provided", undefined],
])("finds the right region in %j %j", (headers, said, region) => {
  expect(regionIn(headers, said)).toBe(region);
});

test("takes a page for one only where no S3 server signs for it", () => {
  const headers = { "content-type": "text/html; charset=utf-8" };
  expect(isWebPage({ status: 200, headers })).toBe(true);
  expect(isWebPage({ status: 200, headers: { ...headers, "x-amz-request-id": "1" } })).toBe(false);
  expect(isWebPage({ status: 200, headers: { "content-type": "application/xml" } })).toBe(false);
});

test("leaves what is no escape of XML as it is", () => {
  expect(unescaped("a&b &unknown; &amp;lt;")).toBe("a&b &unknown; &lt;");
});
