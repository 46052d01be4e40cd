import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { liveObject, passingStack, veleroObject } from "./observe.ts";
import { refuseOwned, REFUSAL } from "./refuse-owned.ts";
import { ok } from "./restore-stack.ts";
import { messagesOf, resourceIn, type Stack, veleroObjects, veleroPath } from "./stack.ts";

const LOCATION = `const location = new velero.BackupLocation("primary", { storage, clusters: { east } });`;
const BACKUP = `${LOCATION}
  const backup = new velero.ClusterBackup("shop", {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "none" });`;
const POLICY = `resourcePolicy: { volumePolicies: [
  { conditions: { capacity: "0,1Gi" }, action: { type: "skip" } }] }`;

describeOnSandbox("A create of which the second object is refused", (sandbox) => {
  const east = sandbox.cluster("east");

  async function begin(program: string): Promise<Stack> {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const stack = await passingStack(sandbox, program, { env: { SHOP: shop } });
    await ok(stack.up());
    return stack;
  }

  async function configMapsOf({ stack }: Stack): Promise<string[]> {
    const all = await east.kubernetes.list("/api/v1/namespaces/velero/configmaps");
    return all.filter((map) => ownerIn(map).startsWith(`urn:pulumi:${stack}::`)).map(ownerIn);
  }

  test.each([
    [
      "a Schedule",
      "schedules",
      LOCATION,
      `new velero.ClusterBackup("refused", { location, cluster: "east", schedule: "@daily", ${POLICY} });`,
    ],
    [
      "a single Backup",
      "backups",
      LOCATION,
      `new velero.ClusterBackup("refused", {
         location, cluster: "east", includedNamespaces: [process.env.SHOP], ${POLICY} });`,
    ],
    [
      "a Schedule of a workspace",
      "schedules",
      LOCATION,
      `new velero.WorkspaceBackup("refused", { location, clusters: ["east"], schedule: "@daily", ${POLICY} });`,
    ],
    [
      "a Restore",
      "restores",
      BACKUP,
      `new velero.Restore("refused", { backup, cluster: "east", namespaceMapping: { "*": "*-copy" },
         resourceModifiers: [{ conditions: { groupResource: "configmaps" },
           mergePatches: [{ patchData: JSON.stringify({ data: { greeting: "hello" } }) }] }] });`,
    ],
  ] as const)(
    "keeps its ConfigMap in state, where %s is refused after it, and a destroy removes it",
    async (_what, plural, base, refused) => {
      const stack = await begin(base);
      await refuseOwned(east, stack, plural);
      stack.change(base + refused);
      const up = await stack.up();
      expect(up.ok).toBe(false);
      expect(messagesOf(up)).toContain(REFUSAL);
      expect(messagesOf(up)).toContain("[velero:AdmissionRefused]");
      expect(await configMapsOf(stack)).toEqual([resourceIn(up, "refused").urn]);
      expect(resourceIn(up, "refused").outputs).toMatchObject({
        unfinished: expect.stringContaining(REFUSAL),
      });

      await ok(stack.destroy());
      expect(await configMapsOf(stack)).toEqual([]);
    },
  );

  test("goes on in the next up, once it is refused no more", async () => {
    const stack = await begin(LOCATION);
    const { lift } = await refuseOwned(east, stack, "schedules");
    stack.change(`${LOCATION}
      new velero.ClusterBackup("refused", { location, cluster: "east", schedule: "@daily", ${POLICY} });`);
    expect((await stack.up()).ok).toBe(false);
    await lift();
    const up = await ok(stack.up());
    expect(resourceIn(up, "refused").outputs).toMatchObject({ phase: "Enabled", health: "Healthy" });
    expect(resourceIn(up, "refused").outputs).not.toHaveProperty("unfinished");
    await ok(stack.up({ expectNoChanges: true }));
    await ok(stack.destroy());
    expect(await configMapsOf(stack)).toEqual([]);
    expect(await veleroObjects(east, "schedules", stack)).toEqual([]);
  });

  test("keeps a Schedule that it has taken over in state", async () => {
    const stack = await begin(LOCATION);
    const [location] = await veleroObjects(east, "backupstoragelocations", stack);
    const name = uniqueName("by-hand");
    await east.kubernetes.create(veleroPath("schedules"), {
      apiVersion: "velero.io/v1",
      kind: "Schedule",
      metadata: { name },
      spec: { schedule: "@yearly", template: { storageLocation: location?.metadata.name } },
    });
    await refuseOwned(east, stack, "configmaps");
    stack.change(`${LOCATION}
      new velero.ClusterBackup("refused", {
        location, cluster: "east", schedule: "@daily", adopt: "${name}", ${POLICY} });`);
    const up = await stack.up();
    expect(messagesOf(up)).toContain(REFUSAL);
    const { urn } = resourceIn(up, "refused");
    expect(ownerIn(await liveObject(east, "schedules", name))).toBe(urn);
    await ok(stack.destroy());
    expect(await veleroObject(east, "schedules", name)).toBeUndefined();
  });
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
  });
});

const ownerIn = ({ metadata }: KubernetesObject): string =>
  (metadata["annotations"] as Record<string, string> | undefined)?.["pulumi-velero.io/owner-urn"] ?? "";
