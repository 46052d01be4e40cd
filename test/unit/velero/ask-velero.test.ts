import { expect, test } from "vitest";
import { connect } from "../../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../../provider/kubernetes/connection.ts";
import { askVelero } from "../../../provider/velero/server.ts";
import { lostAnswer, startFakeApiServer, status } from "../kubernetes/fake-api-server.ts";
import { testSession } from "../session.ts";

const REQUESTS = "/apis/velero.io/v1/namespaces/velero/serverstatusrequests";

test("Velero tells its version, once even where its answer was lost on the way, and the question is taken back", async () => {
  const statusOfNew = { phase: "Processed", serverVersion: "v1.18.3" };
  const server = await startFakeApiServer({ statusOfNew });
  const client = await connect(testSession(), { kubeconfig: server.kubeconfig }, clusterLabel("east"));
  server.next(lostAnswer);
  expect(await askVelero(client, "velero")).toEqual({ version: "v1.18.3" });
  expect(server.requests.slice(0, 2)).toEqual(Array(2).fill(`POST ${REQUESTS}`));
  expect(server.requests.at(-1)).toMatch(new RegExp(`^DELETE ${REQUESTS}/pulumi-velero-[0-9a-f]{12}$`));
  server.next(status(403, "Forbidden"));
  expect(await askVelero(client, "velero")).toBe("forbidden");
});
