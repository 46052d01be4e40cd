import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { liveObject, passingStack, veleroObject } from "./observe.ts";
import { refuseOwned, REFUSAL } from "./refuse-owned.ts";
import { messagesOf, resourceIn, type Stack, veleroObjects, veleroPath } from "./stack.ts";
import { ok } from "./workspace-stack.ts";

const BACKUP = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const backup = new velero.ClusterBackup("shop", {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "none" });`;
const POLICY = `resourcePolicy: { volumePolicies: [
  { conditions: { capacity: "0,1Gi" }, action: { type: "skip" } }] }`;

describeOnSandbox("A create of which the second object is refused", (sandbox) => {
  const east = sandbox.cluster("east");

  async function configMapsOf({ stack }: Stack): Promise<string[]> {
    const all = await east.kubernetes.list("/api/v1/namespaces/velero/configmaps");
    const owners = all.map(ownerIn).filter((owner) => owner.startsWith(`urn:pulumi:${stack}::`));
    return owners.map((owner) => owner.split("::").at(-1)!).toSorted();
  }

  test("keeps its ConfigMap, or the Schedule that it has taken over, in state: the next up goes on with it or removes it", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const stack = await passingStack(sandbox, BACKUP, { env: { SHOP: shop } });
    await ok(stack.up());

    const [location] = await veleroObjects(east, "backupstoragelocations", stack);
    const name = uniqueName("by-hand");
    await east.kubernetes.create(veleroPath("schedules"), {
      apiVersion: "velero.io/v1",
      kind: "Schedule",
      metadata: { name },
      spec: { schedule: "@yearly", template: { storageLocation: location?.metadata.name } },
    });
    const configMaps = await refuseOwned(east, stack, "configmaps");
    stack.change(`${BACKUP}
      new velero.ClusterBackup("adopted", {
        location, cluster: "east", schedule: "@daily", adopt: "${name}", ${POLICY} });`);
    const adopted = await stack.up();
    expect(messagesOf(adopted)).toContain(REFUSAL);
    expect(ownerIn(await liveObject(east, "schedules", name))).toBe(resourceIn(adopted, "adopted").urn);
    await configMaps.lift();

    const restore = `new velero.Restore("restore", { backup, cluster: "east", namespaceMapping: { "*": "*-copy" },
      resourceModifiers: [{ conditions: { groupResource: "configmaps" },
        mergePatches: [{ patchData: JSON.stringify({ data: { greeting: "hello" } }) }] }] });`;
    const schedule = `new velero.ClusterBackup("schedule", { location, cluster: "east", schedule: "@daily", ${POLICY} });`;
    const refused = ["backup", "restore", "schedule", "workspace"];
    const policies = [];
    for (const kind of ["backups", "restores", "schedules"] as const)
      policies.push(await refuseOwned(east, stack, kind));
    stack.change(`${BACKUP} ${restore} ${schedule}
      new velero.ClusterBackup("backup", {
        location, cluster: "east", includedNamespaces: [process.env.SHOP], ${POLICY} });
      new velero.WorkspaceBackup("workspace", { location, clusters: ["east"], schedule: "@daily", ${POLICY} });`);
    const failed = await stack.up({ continueOnError: true });
    expect(failed.ok).toBe(false);
    expect(messagesOf(failed)).toContain("[velero:AdmissionRefused]");
    for (const each of refused) {
      expect(resourceIn(failed, each).outputs, each).toMatchObject({
        unfinished: expect.stringContaining(REFUSAL),
      });
    }
    expect((await configMapsOf(stack)).filter((each) => each !== "adopted")).toEqual(refused);

    // Two of them are removed while they are still refused, with the Schedule that was taken over.
    await Promise.all(policies.slice(1).map((policy) => policy.lift()));
    stack.change(`${BACKUP} ${restore} ${schedule}`);
    const up = await ok(stack.up());
    expect(resourceIn(up, "schedule").outputs).toMatchObject({ phase: "Enabled", health: "Healthy" });
    expect(resourceIn(up, "restore").outputs).toMatchObject({ health: "Healthy" });
    for (const each of ["schedule", "restore"])
      expect(resourceIn(up, each).outputs).not.toHaveProperty("unfinished");
    expect(await configMapsOf(stack)).toEqual(["restore", "schedule"]);
    expect(await veleroObject(east, "schedules", name)).toBeUndefined();
    await ok(stack.up({ expectNoChanges: true }));
    await ok(stack.destroy());
    expect(await configMapsOf(stack)).toEqual([]);
    expect(await veleroObjects(east, "schedules", stack)).toEqual([]);
  }, 300_000);
});

describeOnSandbox("A policy that demands a label", (sandbox) => {
  const east = sandbox.cluster("east");
  const KINDS = ["configmaps", "backups", "schedules", "restores"] as const;
  const program = (tags: object) => `
    const tags = ${JSON.stringify(tags)};
    const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
    const shop = { location, cluster: "east", includedNamespaces: [process.env.SHOP], ...tags };
    const once = new velero.ClusterBackup("once", { ...shop, volumes: "none" });
    new velero.ClusterBackup("daily", { ...shop, schedule: "@daily", skipImmediately: true, ${POLICY} });
    new velero.Restore("copy", { backup: once, cluster: "east", namespaceMapping: { "*": "*-copy" }, ...tags });`;

  test("is told in its words, leaves nothing behind, and is obeyed with labels", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const stack = await passingStack(sandbox, program({}), { env: { SHOP: shop } });
    for (const kind of KINDS) await refuseOwned(east, stack, kind, { unlessLabelled: "team" });
    const made = async () => {
      const all = await Promise.all(
        KINDS.slice(1).map((kind) => east.kubernetes.list(`/apis/velero.io/v1/namespaces/velero/${kind}`)),
      );
      const ours = all.flat().filter((each) => ownerIn(each).startsWith(`urn:pulumi:${stack.stack}::`));
      return ours.map(({ kind }) => kind);
    };

    const refused = await stack.up();
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toContain("[velero:AdmissionRefused]");
    expect(messagesOf(refused)).toContain(REFUSAL);
    expect(await made()).toEqual([]);

    stack.change(program({ labels: { team: "payments" } }));
    const obeyed = await ok(stack.up());
    expect(resourceIn(obeyed, "copy").outputs).toMatchObject({ health: "Healthy" });
    expect((await made()).toSorted()).toEqual(["Backup", "Restore", "Schedule"]);
    await ok(stack.up({ expectNoChanges: true }));
  }, 300_000);
});

const ownerIn = ({ metadata }: KubernetesObject): string =>
  (metadata["annotations"] as Record<string, string> | undefined)?.["pulumi-velero.io/owner-urn"] ?? "";
