import { rootCertificates } from "node:tls";
import { expect, test } from "vitest";
import { certificateProblem } from "../../../provider/storage/http-agent.ts";

const [first = "", second = ""] = rootCertificates;

test("takes one certificate, several, and text around them", () => {
  expect(certificateProblem(first)).toBeUndefined();
  expect(certificateProblem(`# our root\n${first}\n# the old one\n${second}\n`)).toBeUndefined();
});

test.each([
  ["a path", "/etc/ssl/ca.pem"],
  ["nothing", ""],
  ["base64 of PEM", Buffer.from(first).toString("base64")],
  ["a private key", "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----"],
])("refuses %s, without repeating it", (_, pem) => {
  expect(certificateProblem(pem)).toBe("is not a certificate in PEM form (-----BEGIN CERTIFICATE-----)");
});

test("tells which of several certificates is broken", () => {
  const broken = second.replace("MII", "xxx");
  expect(certificateProblem(`${first}\n${broken}`)).toBe(
    "holds a certificate (number 2) that cannot be read",
  );
});
