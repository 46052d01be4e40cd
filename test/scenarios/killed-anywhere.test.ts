import { afterAll, beforeAll, expect, test } from "vitest";
import type { Operation } from "../engine/runner.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { type ApiGate, apiGate } from "./api-gate.ts";
import { objectsIn } from "./leftovers.ts";
import { messagesOf, resourceIn, type Stack, stackOn } from "./stack.ts";
import { type StoreGate, storeGate } from "./store-gate.ts";

const program = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east }, deletionPolicy: "delete" });
  new velero.ClusterBackup("shop", {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "none",
    schedule: "0 3 29 2 *", skipImmediately: true, runNow: true,
  });
`;

// A sandbox of their own: every object in Velero's namespace is theirs.
describeOnSandbox("A run that is killed after any one write", () => {
  let sandbox: Sandbox;
  let shop: string;

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ["east"] });
    shop = await createNamespace(sandbox.cluster("east"), "shop");
    await seedNamespace(sandbox.cluster("east"), shop, { objects: 3 });
  });

  afterAll(() => sandbox.stop());

  /** Runs it, and kills the provider as soon as the write of that number is done. Returns that write, if it came to that. */
  async function killAt(
    number: number,
    stack: Stack,
    operation: Operation,
    { api, store }: { api: ApiGate; store: StoreGate },
  ): Promise<string | undefined> {
    let writes = 0;
    let last: string | undefined;
    let killed: Promise<void> | undefined;
    const run = stack.start(operation);
    const count = async (write: string) => {
      writes += 1;
      if (writes === number) {
        last = write;
        killed = run.killProvider();
      }
      // What is done then is not told any more.
      if (writes >= number) await killed;
    };
    api.onAnswer = async ({ method, path }) => {
      const isOurs = method !== "GET" && !/serverstatusrequests|selfsubject/.test(path);
      if (isOurs) await count(`${method} ${path}`);
    };
    store.onAnswer = async ({ method, isVelero }) => {
      if (!isVelero && ["PUT", "DELETE", "POST"].includes(method)) await count(method);
    };
    const { ok } = await run.result;
    api.onAnswer = async () => undefined;
    store.onAnswer = async () => undefined;
    if (killed) expect(ok).toBe(false);
    return last;
  }

  test("converges by a plain run of the same: one of each object after an up, and nothing after a destroy", async () => {
    const east = sandbox.cluster("east");
    const gates = { api: await apiGate(east), store: await storeGate(sandbox) };
    const env = { SHOP: shop, EAST_KUBECONFIG: gates.api.kubeconfig, MINIO_ENDPOINT: gates.store.endpoint };
    const reached: Record<string, number> = { up: 0, destroy: 0 };
    // Behind this write a create is done, and nobody knows (take-backup.ts, isUntold): another backup is taken.
    const isSettling = /^PATCH .*\/backups\//;
    for (let number = 1, more = true; more; number++) {
      const stack = await stackOn(sandbox, program, { env });
      const wasKilledUp = await killAt(number, stack, "up", gates);
      const up = await stack.up();
      expect(up.ok, `after write ${number}: ${messagesOf(up)}`).toBe(true);
      const again = await stack.up({ expectNoChanges: true });
      expect(again.ok, `after write ${number}: ${messagesOf(again)}`).toBe(true);
      const kinds = (await objectsIn(sandbox)).map((line) => line.split(" ")[1]);
      expect(kinds, `after write ${number}`).toEqual([
        "secrets",
        "backupstoragelocations",
        "schedules",
        "backups",
        ...(isSettling.test(wasKilledUp ?? "") ? ["backups"] : []),
      ]);
      const { outputs } = resourceIn(again, "shop");
      expect(outputs).toMatchObject({ phase: "Enabled", health: "Healthy" });

      const wasKilledDown = await killAt(number, stack, "destroy", gates);
      const destroy = await stack.destroy();
      expect(destroy.ok, `after write ${number}: ${messagesOf(destroy)}`).toBe(true);
      expect(await objectsIn(sandbox), `after write ${number}`).toEqual([]);
      expect(await sandbox.minio.objectKeys(stack.bucket), `after write ${number}`).toEqual([]);
      if (wasKilledUp) reached["up"] = number;
      if (wasKilledDown) reached["destroy"] = number;
      more = [wasKilledUp, wasKilledDown].some((write) => write !== undefined);
    }
    // The probe's object and the claim in the store; Secret, location, Schedule, Backup and its label in the cluster.
    expect(reached["up"]).toBeGreaterThanOrEqual(7);
    // Schedule, location, Secret, the request to delete, and what is left in the store with the claim.
    expect(reached["destroy"]).toBeGreaterThanOrEqual(5);
  }, 900_000);
});
