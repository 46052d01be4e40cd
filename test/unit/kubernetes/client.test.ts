import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { connect } from "../../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../../provider/kubernetes/connection.ts";
import { backups } from "../../../provider/kubernetes/resources.ts";
import { ensure } from "../../../provider/kubernetes/ensure.ts";
import { stampOf } from "../../../provider/core/identity.ts";
import { hasten } from "./hasten.ts";
import { kubeconfigFor, lostAnswer, reset, startFakeApiServer, status } from "./fake-api-server.ts";
import { testSession } from "../session.ts";

const label = clusterLabel("east");
const us = { owner: "us", lineage: "l" };
const target = { type: backups, name: "b", namespace: "velero" };
const object = { metadata: { name: "b", namespace: "velero" } };

async function start() {
  hasten();
  const server = await startFakeApiServer();
  return { server, client: await connect(testSession(), { kubeconfig: server.kubeconfig }, label) };
}

test("sends nothing before the first call", async () => {
  const { server } = await start();
  expect(server.requests).toEqual([]);
});

test("absence is a value: nothing found, nothing patched, nothing deleted", async () => {
  const { client } = await start();
  expect(await client.get(target)).toBeUndefined();
  expect(await client.patch(target, { spec: {} })).toBeUndefined();
  expect(await client.delete(target)).toBe(false);
});

test.each([
  ["503, as from a server that is starting", status(503, "ServiceUnavailable")],
  ["429, as from one that has too much to do", status(429, "TooManyRequests")],
  ["a connection that breaks", reset],
])("tries again after %s", async (_what, fault) => {
  const { server, client } = await start();
  server.put("b");
  server.next(fault, fault);
  expect((await client.get(target))?.metadata.name).toBe("b");
  expect(server.requests).toHaveLength(3);
});

test.each([
  [
    401,
    "Unauthorized",
    /clusters\.east\.kubeconfig: cluster "east" does not accept the kubeconfig's credentials/,
  ],
  [403, "Forbidden", /cluster "east" forbids GET .*: Forbidden by the server\./],
  [422, "Invalid", /cluster "east" refused GET .*: Invalid by the server/],
])("does not try again after %i, which would only be said once more", async (code, reason, message) => {
  const { server, client } = await start();
  server.next(status(code, reason));
  await expect(client.get(target)).rejects.toThrow(message);
  expect(server.requests).toHaveLength(1);
});

test("a create whose answer is lost conflicts with itself, and ensure takes the object for its own", async () => {
  const { server, client } = await start();
  const desired = {
    metadata: { ...object.metadata, ...stampOf({ ...us, incarnation: "1" }) },
    spec: { ttl: "1h" },
  };
  // get: not there; create: done, but the connection breaks before the answer.
  server.next(
    () => "pass",
    (request, response) => {
      response.end = ((): typeof response => {
        request.socket.destroy();
        return response;
      }) as typeof response.end;
      return "pass";
    },
  );
  const { object: made, changed } = await ensure(client, backups, desired, { owners: [us] });
  expect(server.requests.map((request) => request.split(" ")[0])).toEqual(["GET", "POST", "POST", "GET"]);
  expect(made).toMatchObject(desired);
  expect(changed).toBe(false);
});

test("an object that someone else made under the name is refused and left alone", async () => {
  const { server, client } = await start();
  server.put("b");
  const desired = { metadata: { ...object.metadata, ...stampOf({ ...us, incarnation: "1" }) } };
  await expect(ensure(client, backups, desired, { owners: [us] })).rejects.toThrow(
    'Backup velero/b in cluster "east" exists already and was not made by this project',
  );
  expect(server.requests).toHaveLength(1);
});

test("deletes only the very object that was meant, and counts another under its name as gone", async () => {
  const { server, client } = await start();
  server.put("b");
  expect(await client.delete(target, { uid: "another uid" })).toBe(false);
  expect(await client.get(target)).toBeDefined();
  const uid = (await client.get(target))?.metadata.uid;
  expect(await client.delete(target, { uid })).toBe(true);
  expect(await client.get(target)).toBeUndefined();
});

test("a delete whose answer was lost on the way has deleted", async () => {
  const { server, client } = await start();
  server.put("b");
  server.next(lostAnswer);
  expect(await client.delete(target)).toBe(true);
  expect(server.requests).toHaveLength(2);
  expect(await client.delete(target)).toBe(false);
});

test("a server that is not there is told with its address, and what to look at", async () => {
  hasten();
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  const client = await connect(testSession(), { kubeconfig: kubeconfigFor(port) }, label);
  await expect(client.get(target)).rejects.toThrow(
    new RegExp(
      `clusters\\.east\\.kubeconfig: cluster "east" does not answer at http://127\\.0\\.0\\.1:${port}.*ECONNREFUSED`,
    ),
  );
});

test.each([
  ["the path of a file that is not there", "~/canary/.kube/config", "one line, and not the path of a file"],
  ["a kubeconfig in base64", Buffer.from("canary: 1\n").toString("base64"), "not base64 of it"],
  ["text that is no kubeconfig", "hello\nworld\n", "current context"],
  ["YAML that stops in the middle of a token", "users:\n- user: {token: 'canary-of-yaml", "cannot be read"],
  [
    "a kubeconfig without a current context",
    "apiVersion: v1\nkind: Config\nclusters: []\n",
    "current context",
  ],
])("%s is told as such, without a word of what stands in it", async (_what, kubeconfig, message) => {
  const failure = await connect(testSession(), { kubeconfig }, label).catch((error: unknown) =>
    String(error),
  );
  expect(failure).toContain("clusters.east.kubeconfig: ");
  expect(failure).toContain(message);
  expect(failure).not.toContain("canary");
});

test("an exec plugin that fails is told as such and at once, not as a cluster that does not answer", async () => {
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "no-such-plugin",
    interactiveMode: "Never",
  };
  const kubeconfig = JSON.parse(kubeconfigFor(1).replace("http:", "https:")) as { users: object[] };
  kubeconfig.users = [{ name: "fake", user: { exec } }];
  const client = await connect(testSession(), { kubeconfig: JSON.stringify(kubeconfig) }, label);
  await expect(client.get(target)).rejects.toThrow(
    /clusters\.east\.kubeconfig: the kubeconfig of cluster "east" gives no way in: .*no-such-plugin.*run it by hand/,
  );
});

test("a path that leads nowhere is told before the context that is sought there", async () => {
  await expect(
    connect(testSession(), { kubeconfig: "east.kubeconfig", context: "prod" }, label),
  ).rejects.toThrow(
    'clusters.east.kubeconfig: the kubeconfig of cluster "east" is one line, and not the path of a file that is there.',
  );
});

test("a context that the kubeconfig lacks is told with those that it has", async () => {
  await expect(
    connect(testSession(), { kubeconfig: kubeconfigFor(1), context: "prod" }, label),
  ).rejects.toThrow(
    'clusters.east.context: the kubeconfig of cluster "east" has no context "prod". It has: fake.',
  );
});
