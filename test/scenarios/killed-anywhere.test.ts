import { afterAll, beforeAll, expect, test } from "vitest";
import type { Operation } from "../engine/runner.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { type ApiGate, apiGate } from "./api-gate.ts";
import { objectsIn } from "./leftovers.ts";
import { messagesOf, resourceIn, type Stack, stackOn, veleroPath } from "./stack.ts";
import { type StoreGate, storeGate } from "./store-gate.ts";
import { ok } from "./workspace-stack.ts";

const program = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east }, deletionPolicy: "delete" });
  new velero.ClusterBackup("shop", {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "none",
    schedule: "0 3 29 2 *", skipImmediately: true, runNow: true,
  });
`;

// A sandbox of their own: every object in Velero's namespace is theirs.
describeOnSandbox("A run that is killed after each of its writes in turn", () => {
  let sandbox: Sandbox;
  let shop: string;

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ["east"] });
    shop = await createNamespace(sandbox.cluster("east"), "shop");
    await seedNamespace(sandbox.cluster("east"), shop, { objects: 3 });
  });

  afterAll(() => sandbox.stop());

  /** Runs it, and kills the provider as soon as a write is done that `seen` does not have. Adds it there, or ends well. */
  async function killAtNew(
    seen: string[],
    stack: Stack,
    operation: Operation,
    { api, store }: { api: ApiGate; store: StoreGate },
  ): Promise<boolean> {
    let killed: Promise<void> | undefined;
    const run = stack.start(operation);
    const note = async (write: string) => {
      // What is random in names is one and the same write.
      const kind = write.replaceAll(/(?<=[-/])(?=[a-z]*\d)[0-9a-z]{5,}/g, "*");
      if (killed === undefined && !seen.includes(kind)) {
        seen.push(kind);
        killed = run.killProvider();
      }
      // What is done then is not told any more.
      await killed;
    };
    api.onAnswer = async ({ method, path }) => {
      const isOurs = method !== "GET" && !/serverstatusrequests|selfsubject/.test(path);
      if (isOurs) await note(`${method} ${path.split("?")[0]}`);
    };
    store.onAnswer = async ({ method, path, isVelero }) => {
      if (!isVelero && ["PUT", "DELETE", "POST"].includes(method)) await note(`${method} ${path}`);
    };
    const result = await run.result;
    api.onAnswer = async () => undefined;
    store.onAnswer = async () => undefined;
    expect(result.ok, `after ${seen.join(", ")}: ${messagesOf(result)}`).toBe(killed === undefined);
    return killed !== undefined;
  }

  test("converges: there is one of each object after the last up, the first that was made, and nothing after the last destroy", async () => {
    const east = sandbox.cluster("east");
    const gates = { api: await apiGate(east), store: await storeGate(sandbox) };
    const env = { SHOP: shop, EAST_KUBECONFIG: gates.api.kubeconfig, MINIO_ENDPOINT: gates.store.endpoint };
    const stack = await stackOn(sandbox, program, { env });
    const uids = async () => {
      const kinds = ["backupstoragelocations", "schedules"] as const;
      const all = await Promise.all(kinds.map((kind) => east.kubernetes.list(veleroPath(kind))));
      return all.flat().map(({ metadata }) => metadata.uid);
    };
    const written: string[] = [];
    const made = new Set<unknown>();
    while (await killAtNew(written, stack, "up", gates)) for (const uid of await uids()) made.add(uid);
    // The probe's object and the claim in the store; Secret, location, Schedule, Backup and its label in the cluster.
    expect(written.length, written.join("\n")).toBeGreaterThanOrEqual(7);
    expect(written).toContainEqual(expect.stringMatching(/^PATCH .*\/backups\//));
    const up = await ok(stack.up({ expectNoChanges: true }));
    // Behind the last write a create is done, and nobody knows (take-backup.ts, isUntold): another backup is taken.
    expect((await objectsIn(sandbox)).map((line) => line.split(" ")[1])).toEqual([
      "secrets",
      "backupstoragelocations",
      "schedules",
      "backups",
      "backups",
    ]);
    expect(await uids()).toEqual([...made]);
    expect(resourceIn(up, "shop").outputs).toMatchObject({ phase: "Enabled", health: "Healthy" });

    const deleted: string[] = [];
    while (await killAtNew(deleted, stack, "destroy", gates));
    // Schedule, location, Secret, the request to delete, and what is left in the store with the claim.
    expect(deleted.length, deleted.join("\n")).toBeGreaterThanOrEqual(5);
    expect(await objectsIn(sandbox)).toEqual([]);
    expect(await sandbox.minio.objectKeys(stack.bucket)).toEqual([]);
  }, 400_000);
});
