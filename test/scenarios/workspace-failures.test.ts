import { expect, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { clusterGate } from "./cluster-gate.ts";
import { complaintsIn } from "./complaints.ts";
import { kubeconfigForPrograms } from "./kubeconfig-for-programs.ts";
import { liveObject } from "./observe.ts";
import { revocableKubeconfig } from "./revocable-kubeconfig.ts";
import { formsOf } from "./secret-forms.ts";
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

const LONG = 400_000;

const UNREACHABLE = /cluster "west" does not answer at https:\/\//;

describeOnSandbox("A WorkspaceBackup of which one cluster fails", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  test(
    "names it and what befell it, keeps what the other has, and goes on with that one alone",
    async () => {
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
    },
    LONG,
  );

  test(
    "catches up there, once it answers, with what was asked for meanwhile, and never shows a kubeconfig",
    async () => {
      const { kubeconfig, shut, open } = await clusterGate(west);
      const among = ["east", "west"]
        .map((key) => `${key}: { kubeconfig: pulumi.secret(process.env.${key.toUpperCase()}_KUBECONFIG) }`)
        .join(", ");
      const now = `${yearly}, runNow: true`;
      const listed = (more: string, clusters: string, namespaces = "process.env.SHOP") =>
        workspace(`${now}, ${more}`, { clusters, among, namespaces });
      const both = '["east", "west"]';
      const stack = await workspaceStack(sandbox, locationOf(among), { WEST_KUBECONFIG: kubeconfig });
      const tokens = [await kubeconfigForPrograms(east), kubeconfig].map(
        (text) => /token: (\S+)/.exec(text)?.[1] ?? expect.fail("a kubeconfig without a token"),
      );
      const withoutSecrets = (run: RunResult): RunResult => {
        const said = [run.text, messagesOf(run), JSON.stringify([run.outputs, run.steps, run.state])].join();
        for (const form of tokens.flatMap(formsOf))
          expect(said.includes(form), `a token as ${form.slice(0, 6)}…`).toBe(false);
        return run;
      };
      const done = async (run: Promise<RunResult>) => withoutSecrets(await ok(run));
      const fails = async (program: string) => {
        await shut();
        stack.change(program);
        const failed = withoutSecrets(await stack.up());
        expect(complaintsIn(failed).join("\n")).toMatch(UNREACHABLE);
        await open();
        return failed;
      };
      await done(stack.up());

      // The other has its schedule and first backup, and the missing ones are made.
      const policy = `resourcePolicy: { volumePolicies: [
      { conditions: { volumeTypes: ["nfs"] }, action: { type: "skip" } }] }`;
      const failed = await fails(listed(`triggers: [1], ${policy}`, both));
      expect(workspaceIn(failed).outputs).toMatchObject({ phase: "PartiallyFailed", health: "Unhealthy" });
      const first = await versionsIn(east, stack);
      expect(first).toHaveLength(2);
      const { outputs, parts } = workspaceIn(await done(stack.up()));
      expect(outputs).toMatchObject({ phase: "Enabled", health: "Healthy" });
      expect(await versionsIn(east, stack)).toEqual(first);
      const schedule = String(parts["west"]?.["scheduleName"]);
      expect(await namesIn(west, "schedules", stack)).toEqual([schedule]);
      expect(await namesIn(west, "backups", stack)).toEqual([parts["west"]?.["backupName"]]);
      const configMaps = "/api/v1/namespaces/velero/configmaps";
      expect(await west.kubernetes.get(`${configMaps}/${schedule}`)).toBeDefined();

      // The backup that was triggered, and the namespaces.
      const wider = (clusters: string) => listed("triggers: [2]", clusters, 'process.env.SHOP, "default"');
      await fails(wider(both));
      const second = await versionsIn(east, stack);
      expect(second).toHaveLength(3);
      expect(await namesIn(west, "backups", stack)).toEqual([parts["west"]?.["backupName"]]);
      await done(stack.refresh());
      const caught = await upWith(stack);
      expect(caught.outputs).toMatchObject({ phase: "Enabled", health: "Healthy" });
      expect(await versionsIn(east, stack)).toEqual(second);
      for (const cluster of [east, west]) {
        const part = caught.parts[cluster.name];
        expect(part?.["resolvedNamespaces"]).toEqual(["default", expect.stringMatching(/^shop-/)]);
        expect(await namesIn(cluster, "backups", stack)).toHaveLength(2);
        const backup = await liveObject(cluster, "backups", part?.["backupName"]);
        expect(backup.status).toMatchObject({ phase: "Completed" });
        expect(backup.spec?.["includedNamespaces"]).toContain("default");
        const { spec } = await liveObject(cluster, "schedules", part?.["scheduleName"]);
        expect(spec?.["template"]).not.toHaveProperty("resourcePolicy");
        expect(
          await cluster.kubernetes.get(`${configMaps}/${String(part?.["scheduleName"])}`),
        ).toBeUndefined();
      }
      await expectNoDrift(stack);

      // A cluster that could not be left is left by the next up.
      const inWest = await versionsIn(west, stack);
      const stuck = await fails(wider('["east"]'));
      expect(workspaceIn(stuck).parts["west"]).toMatchObject({ health: "Unhealthy" });
      expect(await versionsIn(west, stack)).toEqual(inWest);
      await done(stack.refresh());
      const left = workspaceIn(await done(stack.up()));
      expect(Object.keys(left.parts)).toEqual(["east"]);
      expect(await namesIn(west, "schedules", stack)).toEqual([]);
      await done(stack.destroy());
    },
    LONG,
  );
});
