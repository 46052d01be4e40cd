import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { clients, fakeS3, fakeWeb, s3Error, secrets } from "./fake-s3.ts";

describe.concurrent.each(clients)("the store on %s's client", (kind, open) => {
  test.each([
    [s3Error(503, "SlowDown")],
    [s3Error(500, "InternalError")],
    [s3Error(409, "ConditionalRequestConflict")],
    [{ status: 502, headers: { "content-type": "text/html" }, body: "<h1>Bad Gateway</h1>" }],
    [{ status: 0, cut: true }],
  ])("tries again after %j", async (first) => {
    const { endpoint, requests } = await fakeS3(() => (requests.length === 1 ? first : { status: 200 }));
    expect(await open(endpoint).put("key", "content")).toBe(true);
    expect(requests.map(({ method, body }) => [method, body])).toEqual([
      ["PUT", "content"],
      ["PUT", "content"],
    ]);
  });

  test("gives up after three tries, with the server's words", async () => {
    const { endpoint, requests } = await fakeS3(() =>
      s3Error(503, "SlowDown", "Please reduce your request rate."),
    );
    await expect(open(endpoint).get("key")).rejects.toMatchObject({
      code: "StoreFailed",
      vendorCode: "SlowDown",
      message: expect.stringMatching(
        /^cannot read "key" in .*: Please reduce your request rate \(SlowDown\)\. /,
      ),
    });
    expect(requests).toHaveLength(3);
  });

  test.each([
    ["AccessDenied", 403],
    ["NoSuchBucket", 404],
    ["SignatureDoesNotMatch", 403],
    ["XMinioStorageFull", 507],
    ["NotImplemented", 501],
  ])("does not try again after %s", async (code, status) => {
    const { endpoint, requests } = await fakeS3(() => s3Error(status, code));
    await expect(open(endpoint).put("key", "content")).rejects.toMatchObject({ vendorCode: code });
    expect(requests).toHaveLength(1);
  });

  test("has an object read again from its beginning where the connection breaks in its middle", async () => {
    const headers = { "content-length": "10", "content-type": "application/octet-stream" };
    const answers = [
      { status: 200, headers, body: "01234", cut: true },
      { status: 200, headers, body: "0123456789" },
    ];
    const { endpoint, requests } = await fakeS3(() => answers[requests.length - 1]!);
    const begun: string[] = [];
    const read = async (parts: AsyncIterable<Uint8Array>) => {
      begun.push("");
      for await (const part of parts) begun[begun.length - 1] += Buffer.from(part).toString();
      return begun.at(-1);
    };
    expect(await open(endpoint).stream("key", read)).toBe("0123456789");
    expect(begun).toEqual(["01234", "0123456789"]);
  });

  test("passes on what the reader of an object says of it, and asks for it once", async () => {
    const { endpoint, requests } = await fakeS3(() => ({ status: 200, body: "wrong" }));
    const read = () => Promise.reject(new Error("it is damaged"));
    await expect(open(endpoint).stream("key", read)).rejects.toThrow("it is damaged");
    const begin = async (parts: AsyncIterable<Uint8Array>) => {
      for await (const part of parts) throw new Error(`damaged after ${part.byteLength} bytes`);
    };
    await expect(open(endpoint).stream("key", begin)).rejects.toThrow("damaged after 5 bytes");
    expect(requests).toHaveLength(1);
  });

  test("takes its own object for its own, when the answer to the first try was lost", async () => {
    let stored: string | undefined;
    const { endpoint } = await fakeS3(({ method, body }) => {
      if (method === "GET") return { status: 200, body: stored ?? "" };
      if (stored !== undefined) return s3Error(412, "PreconditionFailed");
      stored = body;
      return { status: 0, cut: true };
    });
    expect(await open(endpoint).put("key", "mine", { ifAbsent: true })).toBe(true);
  });

  test("takes another's object for another's, when the answer to the first try was lost", async () => {
    let tries = 0;
    const { endpoint } = await fakeS3(({ method }) => {
      if (method === "GET") return { status: 200, body: "theirs" };
      return tries++ === 0 ? { status: 0, cut: true } : s3Error(412, "PreconditionFailed");
    });
    expect(await open(endpoint).put("key", "mine", { ifAbsent: true })).toBe(false);
  });

  test("asks for the condition in every try", async () => {
    const { endpoint, requests } = await fakeS3(() =>
      requests.length < 3 ? s3Error(503, "SlowDown") : { status: 200 },
    );
    await open(endpoint).put("key", "mine", { ifAbsent: true });
    expect(requests.map(({ headers }) => headers["if-none-match"])).toEqual(["*", "*", "*"]);
  });

  test("does not take a truncated listing for a whole one", async () => {
    const page =
      "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a</Key></Contents></ListBucketResult>";
    const { endpoint } = await fakeS3(() => ({ status: 200, body: page }));
    await expect(open(endpoint).children("")).rejects.toMatchObject({ vendorCode: "TruncatedListing" });
  });

  test.each([
    ["text/plain", "404 page not found"],
    ["application/json", '{"error":"not found"}'],
    ["application/xml", "<status>not found</status>"],
    ["text/html", "<h1>Not Found</h1>"],
    ["application/xml", ""],
  ])(
    "does not take an object for absent because something in between says 404 in %s: %s",
    async (type, body) => {
      const { endpoint } = await fakeWeb({ status: 404, headers: { "content-type": type }, body });
      await expect(open(endpoint).get("key")).rejects.toMatchObject({
        vendorCode: "NotS3",
        code: "Unreachable",
        property: `storage.${kind}.endpoint`,
      });
    },
  );

  test("names the region that the server gives away", async () => {
    const moved = {
      ...s3Error(301, "PermanentRedirect"),
      headers: { "x-amz-bucket-region": "eu-central-1" },
    };
    const { endpoint } = await fakeS3(() => moved);
    await expect(open(endpoint).children("")).rejects.toMatchObject({
      code: "WrongRegion",
      property: `storage.${kind}.region`,
      message: expect.stringContaining('set region to "eu-central-1"'),
    });
  });

  test.each([
    ["ExpiredToken", 400, "WrongCredentials", `storage.${kind}.credentials.static.sessionToken`],
    ["InvalidAccessKeyId", 403, "WrongCredentials", `storage.${kind}.credentials.static.accessKeyId`],
    ["RequestTimeTooSkewed", 403, "ClockSkew", undefined],
    ["SomethingNew", 418, "StoreFailed", undefined],
    ["SomethingForbidden", 403, "Forbidden", `storage.${kind}.credentials`],
  ])("tells %s", async (vendorCode, status, code, property) => {
    const { endpoint } = await fakeS3(() => s3Error(status, vendorCode));
    await expect(open(endpoint).remove(["key"])).rejects.toMatchObject({ vendorCode, code, property });
  });

  test("does not know what a store without that feature cannot tell", async () => {
    const { endpoint } = await fakeS3(({ url }) =>
      url.includes("list-type")
        ? { status: 200, body: "<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>" }
        : s3Error(501, "NotImplemented"),
    );
    expect(await open(endpoint).inspect()).toEqual({
      region: "us-east-1",
      versioning: "unknown",
      objectLock: "unknown",
      encryption: "unknown",
      retention: "unknown",
      lifecycle: "unknown",
    });
  });

  test("finds that a store which demands checksums is of no use to Velero", async () => {
    const words =
      "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters";
    const { endpoint } = await fakeS3(() => s3Error(400, "InvalidRequest", words));
    await expect(open(endpoint).put("key", "content")).rejects.toMatchObject({
      vendorCode: "InvalidRequest",
      property: `storage.${kind}.bucket`,
      message: expect.stringContaining("take the default retention away") as string,
    });
  });

  test("says which object of a batch was not deleted, and why", async () => {
    const refused = "<Error><Key>b</Key><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>";
    const { endpoint } = await fakeS3(() => ({
      status: 200,
      body: `<DeleteResult>${refused}</DeleteResult>`,
    }));
    await expect(open(endpoint).remove(["a", "b", "c"])).rejects.toMatchObject({
      code: "Forbidden",
      message: expect.stringMatching(
        /cannot delete "a" and 2 more in .*: b: Access Denied.*allow s3:DeleteObject/,
      ),
    });
  });

  test("checks deletions by MD5, which every S3 knows", async () => {
    const { endpoint, requests } = await fakeS3(() => ({
      status: 200,
      body: "<DeleteResult></DeleteResult>",
    }));
    await open(endpoint).remove(["a"]);
    const names = Object.keys(requests[0]?.headers ?? {});
    expect(names).toContain("content-md5");
    expect(names.filter((name) => name.includes("checksum"))).toEqual([]);
  });

  test("shows no secret, even where the server repeats them", async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = secrets;
    const words = `no ${accessKeyId} ${secretAccessKey} ${sessionToken}`;
    const { endpoint, requests } = await fakeS3(() => s3Error(403, "AccessDenied", words));
    const refusal: unknown = await open(endpoint)
      .get("key")
      .catch((error: unknown) => error);
    const shown = inspect(refusal, { depth: 20, showHidden: true });
    expect(shown).toContain("no [secret] [secret] [secret]");
    for (const secret of Object.values(secrets)) expect(shown).not.toContain(secret);
    expect(requests[0]?.headers["x-amz-security-token"]).toBe(sessionToken);
  });
});
