import { once } from "node:events";
import { request } from "node:http";
import { rootCertificates } from "node:tls";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { certificateProblem, httpAgent } from "../../../provider/store/store-connections.ts";

const [first = "", second = ""] = rootCertificates;

test("takes one certificate, several, and text around them", () => {
  expect(certificateProblem(first)).toBeUndefined();
  expect(certificateProblem(`# our root\n${first}\n# the old one\n${second}\n`)).toBeUndefined();
});

test.each([
  ["/etc/ssl/ca.pem"],
  [""],
  [Buffer.from(first).toString("base64")],
  ["-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----"],
])("refuses %j, without repeating it", (pem) => {
  expect(certificateProblem(pem)).toBe("is not a certificate in PEM form (-----BEGIN CERTIFICATE-----)");
});

test("tells which of several certificates is broken", () => {
  const broken = second.replace("MII", "xxx");
  expect(certificateProblem(`${first}\n${broken}`)).toBe(
    "holds a certificate (number 2) that cannot be read",
  );
});

test("holds it against no server that this process itself was busy for longer than a connection may take", async () => {
  const server = new Worker(
    `const { parentPort } = require("node:worker_threads");
     const server = require("node:http").createServer((_request, response) => response.end("here"));
     server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`,
    { eval: true },
  );
  const agent = httpAgent({ isHttps: false });
  onTestFinished(async () => {
    agent.destroy();
    await server.terminate();
  });
  const [port] = (await once(server, "message")) as [number];
  const asked = request({ host: "127.0.0.1", port, agent }).end();
  const answered = once(asked, "response");
  await once(asked, "socket");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_200);
  const [{ statusCode }] = (await answered) as [{ statusCode: number }];
  expect(statusCode).toBe(200);
});
