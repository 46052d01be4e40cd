import { expect, test, vi } from "vitest";
import { connect } from "../../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../../provider/kubernetes/connection.ts";
import { backups } from "../../../provider/kubernetes/resources.ts";
import { waitFor, WaitTimeout } from "../../../provider/kubernetes/wait.ts";
import type { Backup } from "../../../provider/velero/types.ts";
import { hasten } from "./hasten.ts";
import { type FakeApiServer, reset, startFakeApiServer, status } from "./fake-api-server.ts";
import { testSession } from "../session.ts";

interface Waiting {
  server: FakeApiServer;
  phase: Promise<string>;
  seen: string[];
}

/** Waits for a Backup to be Completed, or to be gone. */
async function wait(before: (server: FakeApiServer) => void, limitMs = 20_000): Promise<Waiting> {
  const server = await startFakeApiServer();
  const client = await connect(testSession(), { kubeconfig: server.kubeconfig }, clusterLabel("east"));
  before(server);
  const seen: string[] = [];
  const phase = waitFor<Backup, string>(
    client,
    { type: backups, name: "b", namespace: "velero" },
    (backup) => {
      const now = backup ? (backup.status?.phase ?? "New") : "gone";
      seen.push(now);
      if (now === "Impossible") throw new Error("that cannot be");
      return ["Completed", "gone"].includes(now) ? now : undefined;
    },
    {
      deadline: { name: "timeouts.create (1s)", signal: AbortSignal.timeout(limitMs) },
      what: "it did not end",
      todo: "Wait.",
    },
  );
  phase.catch(() => undefined);
  return { server, phase, seen };
}

const watched = (server: FakeApiServer) =>
  vi.waitFor(() => expect(server.watches()).toBe(1), { timeout: 5_000, interval: 5 });
const listsOf = ({ requests }: FakeApiServer) =>
  requests.filter((request) => !request.includes("watch=true")).length;

test("what is so already is found by the listing alone", async () => {
  const { server, phase } = await wait((server) => server.put("b", { phase: "Completed" }));
  expect(await phase).toBe("Completed");
  expect(server.requests).toEqual([
    "GET /apis/velero.io/v1/namespaces/velero/backups?fieldSelector=metadata.name%3Db&limit=20",
  ]);
});

test("a change is seen by the watch, not by asking again, and then nothing stays open", async () => {
  const { server, phase, seen } = await wait((server) => server.put("b"));
  await watched(server);
  server.put("b", { phase: "InProgress" });
  server.put("b", { phase: "Completed" });
  expect(await phase).toBe("Completed");
  expect(seen).toEqual(["New", "InProgress", "Completed"]);
  expect(server.requests).toHaveLength(2);
  expect(server.requests[1]).toMatch(/watch=true.*resourceVersion=\d+.*allowWatchBookmarks=true/);
  await vi.waitFor(() => expect(server.watches()).toBe(0));
});

test("an object that is deleted meanwhile is decided on as gone", async () => {
  const { server, phase } = await wait((server) => server.put("b"));
  await watched(server);
  server.remove("b");
  expect(await phase).toBe("gone");
});

test.each([
  ["ends, as every watch does after a while", "end"],
  ["breaks", "destroy"],
] as const)(
  "a watch that %s is begun again from a fresh listing, and nothing in between is missed",
  async (_what, how) => {
    const { server, phase } = await wait((server) => server.put("b"));
    await watched(server);
    server.next(() => {
      server.put("b", { phase: "Completed" });
      return "pass";
    });
    server.dropWatches(how);
    expect(await phase).toBe("Completed");
    expect(listsOf(server)).toBe(2);
  },
);

test("an ERROR event, as 410 for a version that is too old, leads to a fresh listing", async () => {
  const { server, phase, seen } = await wait((server) => server.put("b"));
  await watched(server);
  server.send({ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } });
  await vi.waitFor(() => expect(listsOf(server)).toBe(2));
  await watched(server);
  server.put("b", { phase: "Completed" });
  expect(await phase).toBe("Completed");
  expect(seen).toEqual(["New", "New", "Completed"]);
});

test("a bookmark is not taken for the object", async () => {
  const { server, phase, seen } = await wait((server) => server.put("b"));
  await watched(server);
  server.send({ type: "BOOKMARK", object: { metadata: { resourceVersion: "99" } } });
  server.send({ type: "MODIFIED", object: { metadata: { name: "b" }, status: { phase: "Completed" } } });
  expect(await phase).toBe("Completed");
  expect(seen).toEqual(["New", "Completed"]);
});

test("watches that break at once again and again are slowed down, with jitter", async () => {
  const { server, phase } = await wait((server) => server.put("b"), 1_500);
  const breaking = setInterval(() => server.dropWatches("destroy"), 5);
  await expect(phase).rejects.toThrow(WaitTimeout);
  clearInterval(breaking);
  // 100, 200, 400, 800 ms, each between a half and the whole of it.
  expect(listsOf(server)).toBeGreaterThan(2);
  expect(listsOf(server)).toBeLessThan(9);
});

test("a server that restarts meanwhile does not end the wait", async () => {
  hasten();
  const { server, phase } = await wait((server) => server.put("b"));
  await watched(server);
  server.next(
    ...Array.from({ length: 6 }, (_none, index) => (index % 2 ? reset : status(503, "ServiceUnavailable"))),
  );
  server.dropWatches("destroy");
  await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(8));
  server.put("b", { phase: "Completed" });
  expect(await phase).toBe("Completed");
});

test("at its deadline it says what it waited for, how long, and what it saw last", async () => {
  const { phase } = await wait((server) => server.put("b", { phase: "InProgress" }), 300);
  const error = await phase.catch((thrown: unknown) => thrown as WaitTimeout);
  expect(error).toBeInstanceOf(WaitTimeout);
  expect(error).toMatchObject({
    message: "timeouts: it did not end within timeouts.create (1s). Wait.",
    last: { status: { phase: "InProgress" } },
  });
});

test("what is thrown by the decision ends the wait at once", async () => {
  const { server, phase } = await wait((server) => server.put("b"));
  await watched(server);
  server.put("b", { phase: "Impossible" });
  await expect(phase).rejects.toThrow("that cannot be");
  await vi.waitFor(() => expect(server.watches()).toBe(0));
});

test("a refusal of the listing is told at once", async () => {
  const { server, phase } = await wait((server) => server.next(status(403, "Forbidden")));
  await expect(phase).rejects.toThrow(/forbids GET/);
  expect(server.requests).toHaveLength(1);
});
