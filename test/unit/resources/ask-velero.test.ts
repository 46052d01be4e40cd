import { expect, test } from "vitest";
import { connect } from "../../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../../provider/kubernetes/connection.ts";
import { askVelero } from "../../../provider/resources/ask-velero.ts";
import { lostAnswer, startFakeApiServer, status } from "../kubernetes/fake-api-server.ts";

const REQUESTS = "/apis/velero.io/v1/namespaces/velero/serverstatusrequests";

async function velero() {
  const statusOfNew = { phase: "Processed", serverVersion: "v1.18.3" };
  const server = await startFakeApiServer({ statusOfNew });
  const client = await connect({ kubeconfig: server.kubeconfig }, clusterLabel("east"));
  return { server, ask: () => askVelero(client, "velero") };
}

test("Velero tells its version, and the question is taken back", async () => {
  const { server, ask } = await velero();
  expect(await ask()).toEqual({ version: "v1.18.3" });
  expect(server.requests.at(-1)).toMatch(new RegExp(`^DELETE ${REQUESTS}/pulumi-velero-[0-9a-f]{12}$`));
});

test("a question whose first answer was lost on the way is not asked twice", async () => {
  const { server, ask } = await velero();
  server.next(lostAnswer);
  expect(await ask()).toEqual({ version: "v1.18.3" });
  expect(server.requests.slice(0, 2)).toEqual(Array(2).fill(`POST ${REQUESTS}`));
});

test("those who may not ask are told so", async () => {
  const { server, ask } = await velero();
  server.next(status(403, "Forbidden"));
  expect(await ask()).toBe("forbidden");
});
