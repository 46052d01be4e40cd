import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { rbac } from "../../sdk/index.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { passingStack } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { veleroWith } from "./velero-with.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Tokyo's clock is never changed. */
const TOKYO_MS = 9 * HOUR_MS;

const program = `
  const { SHOP, NAMESPACE, SOON, BY_UTC } = process.env;
  const clusters = { east: { ...east, namespace: NAMESPACE } };
  const location = new velero.BackupLocation("primary", { storage, clusters, access: "none" });
  const common = { location, includedNamespaces: [SHOP], volumes: "none" };
  new velero.ClusterBackup("soon", { ...common, cluster: "east", schedule: SOON });
  new velero.WorkspaceBackup("byUtc", { ...common, clusters: ["east"], schedule: BY_UTC });`;

/** Every day at that time of a wall. */
const dailyAt = (wall: Date): string => `${wall.getUTCMinutes()} ${wall.getUTCHours()} * * *`;
const wholeMinute = (instant: number): number => Math.ceil(instant / MINUTE_MS) * MINUTE_MS;

describeOnSandbox("A Velero whose server runs in Tokyo", (sandbox) => {
  const east = sandbox.cluster("east");
  const { kubernetes } = east;

  test("runs schedules by its clock, and neither health nor nextRun take it for one in UTC", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const { namespace } = await veleroWith(sandbox, east, rbac.server(), { env: { TZ: "Asia/Tokyo" } });
    const inNamespace = `/apis/velero.io/v1/namespaces/${namespace}`;
    const soon = wholeMinute(Date.now() + 90_000);
    const dueInUtc = wholeMinute(Date.now() + 25 * MINUTE_MS);
    const env = {
      SHOP: shop,
      NAMESPACE: namespace,
      EAST_KUBECONFIG: east.kubeconfig,
      SOON: dailyAt(new Date(soon + TOKYO_MS)),
      BY_UTC: dailyAt(new Date(dueInUtc)),
    };
    const stack = await passingStack(sandbox, program, { env });
    const found = (run: Awaited<ReturnType<typeof ok>>) =>
      ["soon", "byUtc"].map((name) => {
        const { health, message, nextRun } = outputsOf(run, name);
        return { health, message, nextRun };
      });
    const healthyUntil = (...times: number[]) =>
      times.map((time) => ({ health: "Healthy", message: undefined, nextRun: new Date(time).toISOString() }));
    // What is due by its clock comes around 15 hours after it would be due in UTC.
    const dueInTokyo = dueInUtc - TOKYO_MS + 24 * HOUR_MS;

    const up = await ok(stack.up());
    const made = found(up);

    const { location, scheduleName } = outputsOf(up, "soon");
    const { locationName } = location as { locationName: string };
    const ofSchedule = `${String(scheduleName)}-`;
    const backup = await waitUntil(
      "the server has run the schedule",
      async () => {
        const all = await kubernetes.list(`${inNamespace}/backups`);
        const ours = all.find(({ metadata }) => metadata.name.startsWith(ofSchedule));
        return ours?.status?.["phase"] === "Completed" ? ours : undefined;
      },
      { timeoutMs: soon + 3 * MINUTE_MS - Date.now() },
    );
    const began = Date.parse(String(backup.metadata["creationTimestamp"]));
    expect(began - soon).toBeGreaterThanOrEqual(0);
    expect(began - soon).toBeLessThan(2 * MINUTE_MS);
    // The runs below are an hour ahead, in which nobody has looked at the location.
    await kubernetes.patch(`${inNamespace}/backupstoragelocations/${locationName}`, {
      spec: { validationFrequency: "12h" },
    });
    const anHourLater = {
      NODE_OPTIONS: `--require=${fileURLToPath(new URL("mistakes/clock-ahead.cjs", import.meta.url))}`,
    };
    const byDeployment = found(await ok(stack.refresh({ env: anHourLater })));
    await kubernetes.delete(`/apis/apps/v1/namespaces/${namespace}/deployments/velero`);
    const byItsRun = found(await ok(stack.refresh({ env: anHourLater })));

    const afterIt = healthyUntil(soon + 24 * HOUR_MS, dueInTokyo);
    expect({ made, byDeployment, byItsRun }).toEqual({
      made: healthyUntil(soon, dueInTokyo),
      byDeployment: afterIt,
      byItsRun: afterIt,
    });
  }, 420_000);
});
