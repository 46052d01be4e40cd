import { expect, test } from "vitest";
import { connect } from "../../../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../../../provider/kubernetes/connection.ts";
import { deadlineOf } from "../../../../provider/core/deadline.ts";
import { requestDeletion } from "../../../../provider/kinds/backup/delete-stored.ts";
import type { Backup } from "../../../../provider/velero/types.ts";
import { lostAnswer, startFakeApiServer } from "../../kubernetes/fake-api-server.ts";
import { testSession } from "../../session.ts";

const VELERO = "/apis/velero.io/v1/namespaces/velero";

test("a request whose first answer was lost on the way is not made twice, and is waited for", async () => {
  const server = await startFakeApiServer({ statusOfNew: { phase: "Processed", errors: ["disk is full"] } });
  const client = await connect(testSession(), { kubeconfig: server.kubeconfig }, clusterLabel("east"));
  server.put("b", { phase: "Completed" });
  const doomed = server.at(`${VELERO}/backups/b`) as Backup;
  server.next(lostAnswer);
  const deleting = requestDeletion(client, doomed, "backup b", deadlineOf("delete", { delete: "20s" }));
  await expect(deleting).rejects.toThrow(/backup b could not be deleted: disk is full/);
  const created = server.requests.filter((request) => request.startsWith("POST"));
  expect(created).toEqual(Array(2).fill(`POST ${VELERO}/deletebackuprequests`));
});
