import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeOnSandbox } from "./describe-on-sandbox.ts";
import {
  ownerOfSandbox,
  runningParts,
  spawnOwner,
  supervisorIn,
  untilNothingIsLeft,
  waitForever,
} from "./sandbox-owner.ts";
import { removeLeftovers } from "./supervisor/remove-leftovers.ts";
import { waitUntil } from "./wait-until.ts";

describeOnSandbox("a sandbox whose owner", () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "owners-"));
  });

  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
  });

  test.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)("gets %s ends with it", async (signal) => {
    const owner = await ownerOfSandbox(root, waitForever);
    expect(await runningParts(root)).toEqual(allParts);

    owner.kill(signal);

    await expectNothingLeft(root);
  });

  test("throws ends with it", async () => {
    await ownerOfSandbox(root, "throw new Error('a test that fails')");
    await expectNothingLeft(root);
  });

  test("forgets to stop it does not wait for it, and it ends", async () => {
    await ownerOfSandbox(root, "");
    await expectNothingLeft(root);
  });

  test("is killed halfway through the start ends as well", async () => {
    const owner = spawnOwner(root, "");
    await waitUntil("etcd runs", async () => (await runningParts(root)).includes("etcd") || undefined, {
      intervalMs: 10,
    });

    owner.kill("SIGKILL");

    await expectNothingLeft(root);
  });

  test("lost its supervisor is cleared away by the next one", async () => {
    const owner = await ownerOfSandbox(root, waitForever);
    process.kill(await supervisorIn(root), "SIGKILL");
    owner.kill("SIGKILL");
    await once(owner, "exit");
    expect(await runningParts(root)).toContain("kube-apiserver");

    await removeLeftovers(root, 0);

    await expectNothingLeft(root);
  });
});

const allParts = ["etcd", "kube-apiserver", "kube-controller-manager", "minio", "node", "velero"];

async function expectNothingLeft(root: string): Promise<void> {
  expect(await untilNothingIsLeft(root)).toBeLessThan(5_000);
}
