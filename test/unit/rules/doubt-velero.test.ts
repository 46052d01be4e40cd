import { expect, test } from "vitest";
import { connect } from "../../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../../provider/kubernetes/connection.ts";
import { staleReasonOf } from "../../../provider/rules/velero-alive.ts";
import type { BackupStorageLocation } from "../../../provider/velero/types.ts";
import { startFakeApiServer, status } from "../kubernetes/fake-api-server.ts";
import { testSession } from "../session.ts";

const NOW = new Date("2026-11-23T12:00:00Z");

const location = (name: string, spec: object = {}): BackupStorageLocation => ({
  metadata: { name, namespace: "velero" },
  spec: { provider: "aws", objectStorage: { bucket: "backups" }, ...spec },
  status: {
    phase: "Available",
    lastValidationTime: "2026-11-23T11:00:00Z",
    lastSyncedTime: "2026-11-23T11:10:00Z",
  },
});

async function velero() {
  const server = await startFakeApiServer({ statusOfNew: { phase: "Processed", serverVersion: "v1.18.3" } });
  const client = await connect(testSession(), { kubeconfig: server.kubeconfig }, clusterLabel("east"));
  return {
    server,
    doubt: (place: BackupStorageLocation) => staleReasonOf(client, place, [place], NOW),
    questions: () => server.requests.filter((request) => request.startsWith("POST")),
  };
}

test("A Velero that gives no sign at its locations is asked once, for all of them", async () => {
  const { doubt, questions } = await velero();
  expect(await Promise.all([doubt(location("one")), doubt(location("two"))])).toEqual([undefined, undefined]);
  expect(await doubt(location("three"))).toBeUndefined();
  expect(questions()).toHaveLength(1);
});

test("A Velero that has not validated a location as often as it says is not asked", async () => {
  const { doubt, questions } = await velero();
  expect(await doubt(location("own", { validationFrequency: "1m" }))).toBe(
    'BackupStorageLocation velero/own in cluster "east" was not validated since 2026-11-23T11:00:00Z: is Velero\'s server ' +
      "still running?",
  );
  expect(questions()).toEqual([]);
});

test("A Velero that gives no sign, and that may not be asked, is in doubt", async () => {
  const { server, doubt } = await velero();
  server.next(status(403, "Forbidden"));
  expect(await doubt(location("own"))).toBe(
    'BackupStorageLocation velero/own in cluster "east" was not validated since 2026-11-23T11:00:00Z, no location there ' +
      "was validated or synced since 2026-11-23T11:10:00Z, and these credentials may not ask Velero's server (create " +
      "serverstatusrequests): is it still running?",
  );
});
