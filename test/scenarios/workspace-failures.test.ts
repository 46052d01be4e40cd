import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { clusterGate } from "./cluster-gate.ts";
import { complaintsIn } from "./complaints.ts";
import { liveObject } from "./observe.ts";
import { revocableKubeconfig } from "./revocable-kubeconfig.ts";
import { type Stack, stepsOf, veleroObjects, veleroPath } from "./stack.ts";
import {
  expectNoDrift,
  foldersIn,
  locationOf,
  namesIn,
  ok,
  upWith,
  versionsIn,
  workspace,
  workspaceIn,
  workspaceStack,
  yearly,
} from "./workspace-stack.ts";

describeOnSandbox("A WorkspaceBackup of which one cluster fails", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  /** What may befall west's part while east's is fine, and the words for it. */
  const mishaps: Record<string, () => Promise<Mishap>> = {
    "does not answer": async () => {
      const { kubeconfig, shut, open } = await clusterGate(west);
      return { kubeconfig, happen: shut, pass: open, words: /cluster "west" does not answer at https:\/\// };
    },
    "does not let the program in any more": async () => {
      const { kubeconfig, revoke, grant } = await revocableKubeconfig(west);
      return { kubeconfig, happen: revoke, pass: grant, words: /cluster "west" forbids GET \/api\/v1\// };
    },
    "has a location that nothing can be written to": async () => ({
      kubeconfig: west.kubeconfig,
      happen: (stack) => setAccessMode(stack, "ReadOnly"),
      pass: (stack) => setAccessMode(stack, "ReadWrite"),
      words: /BackupStorageLocation velero\/\S+ in cluster "west" is read-only/,
    }),
  };

  interface Mishap {
    kubeconfig: string;
    happen(stack: Stack): Promise<void>;
    pass(stack: Stack): Promise<void>;
    words: RegExp;
  }

  async function setAccessMode(stack: Stack, accessMode: string): Promise<void> {
    const [location] = await veleroObjects(west, "backupstoragelocations", stack);
    const path = veleroPath("backupstoragelocations", location?.metadata.name);
    await west.kubernetes.patch(path, { spec: { accessMode } });
  }

  async function beginWith(mishap: string, program: string) {
    const { kubeconfig, happen, pass, words } = await mishaps[mishap]!();
    const stack = await workspaceStack(sandbox, program, { WEST_KUBECONFIG: kubeconfig });
    await ok(stack.up());
    return { stack, words, happen: () => happen(stack), pass: () => pass(stack) };
  }

  test.each(["does not let the program in any more", "has a location that nothing can be written to"])(
    "since it %s, names it, keeps what the other has, and goes on with that one alone",
    async (mishap) => {
      const { stack, words, happen, pass } = await beginWith(mishap, locationOf());
      await happen();
      stack.change(workspace());
      const failed = await stack.up();
      expect(failed.ok).toBe(false);
      const complaints = complaintsIn(failed).join("\n");
      expect(complaints).toMatch(words);
      expect(complaints).toContain("1 of 2 clusters failed (west)");
      const { outputs, parts } = workspaceIn(failed);
      expect(outputs).toMatchObject({ phase: "PartiallyFailed", health: "Unhealthy" });
      expect(outputs["message"]).toMatch(words);
      expect(parts["east"]).toMatchObject({ phase: "Completed", health: "Healthy" });
      expect(parts["west"]).toMatchObject({ health: "Unhealthy", message: expect.stringMatching(words) });
      expect(await namesIn(east, "backups", stack)).toEqual([parts["east"]?.["backupName"]]);
      expect(await foldersIn(sandbox, stack, "east")).toEqual([parts["east"]?.["backupName"]]);
      const before = await versionsIn(east, stack);

      await pass();
      const mended = await upWith(stack);
      expect(stepsOf(mended.up)).toContain("update payments");
      expect(mended.outputs).toMatchObject({ phase: "Completed", health: "Healthy" });
      expect(mended.outputs).not.toHaveProperty("message");
      expect(mended.parts["east"]).toEqual(parts["east"]);
      expect(await versionsIn(east, stack)).toEqual(before);
      expect(await namesIn(west, "backups", stack)).toEqual([mended.parts["west"]?.["backupName"]]);
      expect(await foldersIn(sandbox, stack, "west")).toEqual([mended.parts["west"]?.["backupName"]]);
      await expectNoDrift(stack);
    },
  );

  test("has the other's schedule and its first backup, and makes the missing ones as soon as it can", async () => {
    const { stack, words, happen, pass } = await beginWith("does not answer", locationOf());
    await happen();
    stack.change(workspace(`${yearly}, runNow: true`));
    const failed = await stack.up();
    expect(complaintsIn(failed).join("\n")).toMatch(words);
    expect(workspaceIn(failed).outputs).toMatchObject({ phase: "PartiallyFailed", health: "Unhealthy" });
    const before = await versionsIn(east, stack);
    expect(before).toHaveLength(2);

    await pass();
    const { outputs, parts } = await upWith(stack);
    expect(outputs).toMatchObject({ phase: "Enabled", health: "Healthy" });
    expect(await versionsIn(east, stack)).toEqual(before);
    expect(await namesIn(west, "schedules", stack)).toEqual([parts["west"]?.["scheduleName"]]);
    expect(await namesIn(west, "backups", stack)).toEqual([parts["west"]?.["backupName"]]);
    await expectNoDrift(stack);
  });

  test("does there, once it can, what was asked for when it could not: the backup now, and the namespaces", async () => {
    const two = { namespaces: 'process.env.SHOP, "default"' };
    const policy = (type: string) =>
      `resourcePolicy: { volumePolicies: [{ conditions: { volumeTypes: ["nfs"] }, action: { type: "${type}" } }] }`;
    const begun = workspace(`${yearly}, triggers: [1], ${policy("skip")}`);
    const { stack, words, happen, pass } = await beginWith("does not answer", begun);
    const configMaps = "/api/v1/namespaces/velero/configmaps";
    const [schedule] = await namesIn(west, "schedules", stack);
    expect(await west.kubernetes.get(`${configMaps}/${schedule}`)).toBeDefined();
    await happen();
    stack.change(workspace(`${yearly}, triggers: [2]`, two));
    expect(complaintsIn(await stack.up()).join("\n")).toMatch(words);
    const before = await versionsIn(east, stack);
    expect(before).toHaveLength(2);
    expect(await namesIn(west, "backups", stack)).toEqual([]);

    await pass();
    await ok(stack.refresh());
    const { outputs, parts } = await upWith(stack);
    expect(outputs).toMatchObject({ phase: "Enabled", health: "Healthy" });
    expect(await versionsIn(east, stack)).toEqual(before);
    const namespaces = ["default", outputs["includedNamespaces"]].flat().toSorted();
    for (const cluster of [east, west]) {
      const part = parts[cluster.name];
      expect(part?.["resolvedNamespaces"]).toEqual([...new Set(namespaces)]);
      const [backup] = await veleroObjects(cluster, "backups", stack);
      expect(backup?.metadata.name).toBe(part?.["backupName"]);
      expect(backup?.status).toMatchObject({ phase: "Completed" });
      expect((await liveObject(cluster, "schedules", part?.["scheduleName"])).spec?.["template"]).toEqual(
        expect.not.objectContaining({ resourcePolicy: expect.anything() }),
      );
      expect(await cluster.kubernetes.get(`${configMaps}/${String(part?.["scheduleName"])}`)).toBeUndefined();
    }
    await expectNoDrift(stack);
  });

  test('is passed over where the location says onUnhealthy: "skip", and finished by the next up', async () => {
    const skip = { options: 'onUnhealthy: "skip"' };
    const { stack, words, happen, pass } = await beginWith(
      "does not answer",
      locationOf(undefined, skip.options),
    );
    await happen();
    const skipped = await upWith(stack, workspace("", skip));
    expect(skipped.outputs).toMatchObject({ phase: "PartiallyFailed", health: "Unhealthy" });
    expect(skipped.parts["west"]).toMatchObject({
      health: "Unhealthy",
      message: expect.stringMatching(words),
    });
    expect(skipped.up.diagnostics.map(({ message }) => message).join("\n")).toMatch(
      /payments in cluster "west": warning: skipped/,
    );
    const before = await versionsIn(east, stack);
    expect((await stack.preview({ expectNoChanges: true })).ok).toBe(false);

    await pass();
    const done = await upWith(stack);
    expect(done.outputs).toMatchObject({ phase: "Completed", health: "Healthy" });
    expect(done.parts["west"]).toMatchObject({ phase: "Completed", health: "Healthy" });
    expect(await versionsIn(east, stack)).toEqual(before);
    expect(await namesIn(west, "backups", stack)).toHaveLength(1);
    await expectNoDrift(stack);
  });
});
