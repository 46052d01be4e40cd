import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { clusterGate } from "./cluster-gate.ts";
import { complaintsIn } from "./complaints.ts";
import { liveObject } from "./observe.ts";
import { revocableKubeconfig } from "./revocable-kubeconfig.ts";
import { messagesOf, stepsOf, veleroObjects, veleroPath } from "./stack.ts";
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

const UNREACHABLE = /cluster "west" does not answer at https:\/\//;

describeOnSandbox("A WorkspaceBackup of which one cluster fails", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  async function beginWith(program: string) {
    const { kubeconfig, shut: happen, open: pass } = await clusterGate(west);
    const stack = await workspaceStack(sandbox, program, { WEST_KUBECONFIG: kubeconfig });
    await ok(stack.up());
    return { stack, words: UNREACHABLE, happen, pass };
  }

  test("names it and what befell it, keeps what the other has, and goes on with that one alone", async () => {
    const { kubeconfig, revoke, grant } = await revocableKubeconfig(west);
    const gate = await clusterGate({ ...west, kubeconfig });
    const program = (names: string[], options?: string) => `
      ${locationOf(undefined, options)}
      for (const name of ${JSON.stringify(names)}) new velero.WorkspaceBackup(name, {
        location, clusters: "all", includedNamespaces: [process.env.SHOP], volumes: "none",
      });`;
    const stack = await workspaceStack(sandbox, program([]), { WEST_KUBECONFIG: gate.kubeconfig });
    await ok(stack.up());
    const [location] = await veleroObjects(west, "backupstoragelocations", stack);
    const path = veleroPath("backupstoragelocations", location?.metadata.name);
    const setAccessMode = (accessMode: string) => west.kubernetes.patch(path, { spec: { accessMode } });

    const forbidden = /cluster "west" forbids GET \/api\/v1\//;
    const readOnly = /BackupStorageLocation velero\/\S+ in cluster "west" is read-only/;
    const mishaps = [
      { name: "forbidden", words: forbidden, happen: revoke, pass: grant },
      {
        name: "read-only",
        words: readOnly,
        happen: () => setAccessMode("ReadOnly"),
        pass: () => setAccessMode("ReadWrite"),
      },
    ];
    const names: string[] = [];
    for (const { name, words, happen, pass } of mishaps) {
      const earlier = await namesIn(west, "backups", stack);
      await happen();
      names.push(name);
      stack.change(program(names));
      const failed = await stack.up();
      expect(failed.ok).toBe(false);
      const complaints = complaintsIn(failed).join("\n");
      expect(complaints).toMatch(words);
      expect(complaints).toContain("1 of 2 clusters failed (west)");
      const { outputs, parts } = workspaceIn(failed, name);
      expect(outputs).toMatchObject({ phase: "PartiallyFailed", health: "Unhealthy" });
      expect(outputs["message"]).toMatch(words);
      expect(parts["east"]).toMatchObject({ phase: "Completed", health: "Healthy" });
      expect(parts["west"]).toMatchObject({ health: "Unhealthy", message: expect.stringMatching(words) });
      const before = await versionsIn(east, stack);
      expect(before).toHaveLength(names.length);
      expect(await namesIn(east, "backups", stack)).toContain(parts["east"]?.["backupName"]);
      expect(await foldersIn(sandbox, stack, "east")).toContain(parts["east"]?.["backupName"]);
      expect(await namesIn(west, "backups", stack)).toEqual(earlier);

      await pass();
      const mended = await ok(stack.up());
      expect(stepsOf(mended)).toContain(`update ${name}`);
      const now = workspaceIn(mended, name);
      expect(now.outputs).toMatchObject({ phase: "Completed", health: "Healthy" });
      expect(now.outputs).not.toHaveProperty("message");
      expect(now.parts["east"]).toEqual(parts["east"]);
      expect(await versionsIn(east, stack)).toEqual(before);
      const taken = [...earlier, now.parts["west"]?.["backupName"]].toSorted();
      expect(await namesIn(west, "backups", stack)).toEqual(taken);
      expect((await foldersIn(sandbox, stack, "west")).toSorted()).toEqual(taken);
    }

    // With `onUnhealthy: "skip"` the cluster is passed over, and finished by the next up.
    const skipping = 'onUnhealthy: "skip"';
    stack.change(program(names, skipping));
    await ok(stack.up());
    await gate.shut();
    stack.change(program([...names, "skipped"], skipping));
    const skipped = await ok(stack.up());
    const { outputs, parts } = workspaceIn(skipped, "skipped");
    expect(outputs).toMatchObject({ phase: "PartiallyFailed", health: "Unhealthy" });
    expect(parts["west"]).toMatchObject({
      health: "Unhealthy",
      message: expect.stringMatching(UNREACHABLE),
    });
    expect(messagesOf(skipped)).toMatch(/skipped in cluster "west": warning: skipped/);
    const before = await versionsIn(east, stack);

    await gate.open();
    const done = await ok(stack.up());
    expect(stepsOf(done)).toContain("update skipped");
    expect(workspaceIn(done, "skipped")).toMatchObject({
      outputs: { phase: "Completed", health: "Healthy" },
      parts: { west: { phase: "Completed", health: "Healthy" } },
    });
    expect(await versionsIn(east, stack)).toEqual(before);
    expect(await namesIn(west, "backups", stack)).toHaveLength(3);
    await expectNoDrift(stack);
  }, 400_000);

  test("has the other's schedule and its first backup, and makes the missing ones as soon as it can", async () => {
    const { stack, words, happen, pass } = await beginWith(locationOf());
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
    const { stack, words, happen, pass } = await beginWith(begun);
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
});
