import { beforeEach, expect, test, vi } from "vitest";
import { create } from "../../../provider/index.ts";
import { connect } from "../../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../../provider/kubernetes/connection.ts";
import { backups, locations } from "../../../provider/kubernetes/resources.ts";
import type { Captured } from "../../../provider/velero/backup-contents.ts";
import { startFakeApiServer } from "../kubernetes/fake-api-server.ts";
import { hasten } from "../kubernetes/hasten.ts";
import { servedDocuments } from "../kubernetes/served.ts";
import type { Inputs } from "../kinds/arbitrary-inputs.ts";
import { declared } from "../kinds/declared.ts";
import { captured } from "../kinds/restore/captured.ts";
import { opened, setStage, stageSession } from "../kinds/restore/stage.ts";
import { SOURCE } from "../kinds/restore/state.ts";

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const session = stageSession();
const provider = create("Restore", session);
const { east } = declared.Restore["targets"] as Record<"east", Inputs>;

/** A target with these objects, behind a line of so many bytes a second. */
async function target(items: readonly Captured[], bytesPerSecond: number) {
  const stage = await setStage({ items });
  const server = await startFakeApiServer();
  for (const [path, document] of Object.entries(servedDocuments)) server.serve(path, document);
  for (const type of [locations, backups])
    for (const object of stage.all(type))
      server.putAt(`/apis/${type.apiVersion}/namespaces/velero/${type.plural}`, object);
  server.putAt("/api/v1/namespaces", { metadata: { name: "shop" } });
  for (const { object } of items) server.putAt("/api/v1/namespaces/shop/secrets", object);
  const client = await connect(session, { kubeconfig: server.kubeconfig }, clusterLabel("west"));
  opened.cluster = { ...stage, client };
  server.throttle(bytesPerSecond);
}

async function plan(changes: Inputs = {}) {
  const { inputs } = await provider.check(
    {},
    {
      ...declared.Restore,
      source: { owner: SOURCE, scheduled: true },
      targets: { east: { ...east, sees: "primary-west-east", source: {} } },
      preflight: "on",
      dryRun: true,
      ...changes,
    },
  );
  return { plan: inputs?.["plan"], notices: inputs?.["notices"] };
}

// 60 Secrets of 90 kB behind 800 kB/s, and a quarter of the patience: as 900 kB behind 2 MB/s.
test("Many large objects behind a slow line are planned, although that takes longer than any silence may", async () => {
  const secrets = Array.from({ length: 60 }, (_, index) =>
    captured("secrets", `shop/large-${index}`, { apiVersion: "v1", data: { text: "x".repeat(90_000) } }),
  );
  await target(secrets, 800_000);
  hasten(4);
  const since = performance.now();
  expect(await plan({ existingResourcePolicy: "update" })).toEqual({
    plan: { create: 0, exists: 61, update: 0, notRestorable: 0, missingKinds: [] },
    notices: [],
  });
  expect(performance.now() - since).toBeGreaterThan(20_000 / 4);
}, 60_000);
