import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { openAws } from "../../../provider/store/aws.ts";
import { openMinio } from "../../../provider/store/minio.ts";
import type { ObjectStore } from "../../../provider/store/object-store.ts";

export interface FakeAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  /** The request is taken, and the connection cut before an answer, or after so much of its body. */
  cut?: boolean;
}

/** A server that knows nothing of S3, and so names no request. */
export const fakeWeb = (answer: FakeAnswer) => fakeS3(() => answer, {});

export type FakeRequest = Pick<IncomingMessage, "headers"> & { method: string; url: string; body: string };

/** A server for what a real one does too seldom: it answers each request with what `answer` gives. */
export async function fakeS3(
  answer: (request: FakeRequest) => FakeAnswer,
  usual: Record<string, string> = { "x-amz-request-id": "1", "content-type": "application/xml" },
): Promise<{ endpoint: string; requests: FakeRequest[]; connections(): Promise<number> }> {
  const requests: FakeRequest[] = [];
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method = "", url = "", headers } = incoming;
    const request = { method, url, headers, body: await text(incoming) };
    requests.push(request);
    const { status, headers: own = {}, body = "", cut = false } = answer(request);
    if (cut && body === "") return outgoing.destroy();
    if (cut) return outgoing.writeHead(status, { ...usual, ...own }).write(body, () => outgoing.destroy());
    return outgoing.writeHead(status, { ...usual, ...own }).end(body);
  };
  const server = createServer((incoming, outgoing) => void handle(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // It ends with the test process; tests run side by side, where onTestFinished cannot know which one it is.
  server.unref();
  const connections = () =>
    new Promise<number>((resolve, reject) =>
      server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, connections };
}

export function s3Error(
  status: number,
  code: string,
  message = "words of the server",
  more = "",
): FakeAnswer {
  return {
    status,
    body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`,
  };
}

/** The store of S3, and its preset for MinIO. Most that a server can do to them they must take in the same way. */
export const clients: [string, (endpoint: string) => ObjectStore][] = [
  ["minio", (endpoint) => openMinio({ bucket: "bucket", endpoint, credentials: { static: secrets } })],
  ["aws", (endpoint) => openAws({ bucket: "bucket", endpoint, credentials: { static: secrets } })],
];

export const secrets = {
  accessKeyId: "CANARYACCESSKEYID",
  secretAccessKey: "canary/secret+access=key",
  sessionToken: "canary-session-token",
};
