/**
 * The process that runs a sandbox's servers, for as long as the process that started it keeps a pipe to it open.
 * The pipe closes however that process ends, `kill -9` included; then every server is killed and the folder removed.
 * Meanwhile any process that knows address and token may stop and start single servers over HTTP.
 */
import { rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { removeWorlds } from "../node/world.ts";
import { ProcessTable } from "./process-table.ts";
import type { ProcessSpec, StopSignal, SupervisorHello } from "./protocol.ts";

// The terminal's signals are for the owner, whose end is noticed by the pipe.
process.on("SIGINT", () => undefined);
process.on("SIGHUP", () => undefined);

const dir = process.argv[2] ?? "";
const token = process.env["SANDBOX_TOKEN"];
const processes = new ProcessTable(dir);
let shutdown: Promise<void> | undefined;

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    reply(response, 500, { message: error instanceof Error ? error.message : String(error) });
  });
});
server.listen(0, "127.0.0.1", () => {
  const hello: SupervisorHello = { port: (server.address() as AddressInfo).port };
  process.stdout.write(`${JSON.stringify(hello)}\n`);
});

process.stdin.resume().on("close", () => void end());
process.on("SIGTERM", () => void end());

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://supervisor");
  const [, resource, name = "", verb = "status"] = url.pathname.split("/");

  // Google's token endpoint for fake service accounts: public, as their keys name it without our token.
  if (resource === "token") {
    return reply(response, 200, { access_token: "sandbox", token_type: "Bearer", expires_in: 3600 });
  }
  if (request.headers.authorization !== `Bearer ${token}`)
    return reply(response, 401, { message: "wrong token" });

  if (resource === "processes") {
    const body = await text(request);
    await act(name, verb, body, url.searchParams.get("signal") as StopSignal | null);
    return reply(response, 200, processes.status(name) ?? { message: `There is no process ${name}.` });
  }
  if (resource === "shutdown") {
    reply(response, 200, {});
    return end();
  }
  reply(response, 404, { message: `There is no ${url.pathname}.` });
}

async function act(name: string, verb: string, body: string, signal: StopSignal | null): Promise<void> {
  if (verb === "status") return;
  if (verb === "stop" || verb === "restart") await processes.stop(name, signal ?? undefined);
  if (verb === "start" || verb === "restart") {
    await processes.start(name, body ? (JSON.parse(body) as ProcessSpec) : undefined);
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function end(): Promise<void> {
  shutdown ??= (async () => {
    await processes.close();
    await removeWorlds(dir).catch((error: unknown) => console.error(error));
    await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    process.exit(0);
  })();
  return shutdown;
}
