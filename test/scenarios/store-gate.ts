import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import type { Sandbox } from "../sandbox/sandbox.ts";

/** One request to the store, as a gate sees it. */
export interface StoreRequest {
  method: string;
  /** `/bucket/key`, without the query. */
  path: string;
  /** The access key that it is signed with. */
  accessKey: string;
  /** By Velero's plugin; else by the code under test. */
  isVelero: boolean;
  /** By a URL that was signed for whoever has it: nobody's own key is in its headers. */
  isSignedUrl: boolean;
}

/** A store's address that can refuse what the real one would grant: revoked keys, a policy that has changed. */
export interface StoreGate {
  endpoint: string;
  /** The code of S3's refusal; none: MinIO answers. */
  refuse: (request: StoreRequest) => string | undefined;
  /** Called with MinIO's status before its answer goes on. */
  onAnswer: (request: StoreRequest, status: number) => Promise<void>;
}

/** A gate before the sandbox's MinIO, on loopback, until the test ends. Signatures hold: the host stays the gate's. */
export async function storeGate({ minio }: Sandbox): Promise<StoreGate> {
  const gate: StoreGate = { endpoint: "", refuse: () => undefined, onAnswer: async () => undefined };
  const server = createServer((incoming, outgoing) => {
    const asked = describe(incoming);
    const code = gate.refuse(asked);
    if (code === undefined) pass(incoming, outgoing, asked);
    else refuseWith(code, incoming, outgoing);
  });

  function pass(incoming: IncomingMessage, outgoing: ServerResponse, asked: StoreRequest): void {
    const onwards = request(
      minio.endpoint + (incoming.url ?? ""),
      { method: incoming.method, headers: incoming.headers, setHost: false },
      (answer) => void deliver(answer),
    );
    const deliver = async (answer: IncomingMessage): Promise<void> => {
      await gate.onAnswer(asked, answer.statusCode ?? 0);
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
    };
    onwards.on("error", () => outgoing.destroy());
    incoming.pipe(onwards);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  gate.endpoint = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return gate;
}

function describe({ method = "", url = "", headers }: IncomingMessage): StoreRequest {
  return {
    method,
    path: decodeURIComponent(url.split("?")[0] ?? ""),
    accessKey: /Credential=([^/]+)/.exec(headers.authorization ?? "")?.[1] ?? "",
    isVelero: /aws-sdk-go/i.test(headers["user-agent"] ?? ""),
    isSignedUrl: /[?&]X-Amz-Signature=/.test(url),
  };
}

function refuseWith(code: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  incoming.resume();
  outgoing.writeHead(403, { "content-type": "application/xml" });
  outgoing.end(
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>refused by the gate</Message></Error>`,
  );
}
