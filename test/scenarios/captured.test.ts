import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { createBoundVolume } from "./bound-volume.ts";
import { complaintsIn } from "./complaints.ts";
import { liveObject, passingStack, resourceList } from "./observe.ts";
import { messagesOf, resourceIn, stepsOf } from "./stack.ts";

describeOnSandbox("What a backup captures", (sandbox) => {
  const east = sandbox.cluster("east");

  test("includeClusterResources: unset takes what belongs to it, true everything, false nothing of the cluster's", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const volume = await createBoundVolume(east, shop, "data");
    const role = uniqueName("role");
    await east.kubernetes.create("/apis/rbac.authorization.k8s.io/v1/clusterroles", {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: role },
      rules: [],
    });
    const stack = await passingStack(
      sandbox,
      `
      const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
      const common = { location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "none", ttl: "24h" };
      new velero.ClusterBackup("auto", common);
      new velero.ClusterBackup("always", { ...common, includeClusterResources: true });
      new velero.ClusterBackup("never", { ...common, includeClusterResources: false });
      `,
      { env: { SHOP: shop } },
    );
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const captured = async (name: string) => {
      const backup = resourceIn(up, name).outputs?.["backupName"];
      const { spec } = await liveObject(east, "backups", backup);
      const kinds = await resourceList(sandbox, stack.bucket, "east", backup);
      expect(kinds["v1/ConfigMap"]).toContain(`${shop}/app-1`);
      expect(spec).toMatchObject({ includedNamespaces: [shop], ttl: "24h", snapshotVolumes: false });
      return {
        sent: spec?.["includeClusterResources"],
        volume: kinds["v1/PersistentVolume"]?.includes(volume) ?? false,
        role: kinds["rbac.authorization.k8s.io/v1/ClusterRole"]?.includes(role) ?? false,
      };
    };
    expect(await captured("auto")).toEqual({ sent: undefined, volume: true, role: false });
    expect(await captured("always")).toEqual({ sent: true, volume: true, role: true });
    expect(await captured("never")).toEqual({ sent: false, volume: false, role: false });
  });

  test.each(["snapshot", undefined])(
    "volumes %s: a Completed backup without a volume's data fails and names its claim; none replaces it",
    async (volumes) => {
      const shop = await createNamespace(east, "shop");
      await createBoundVolume(east, shop, "ledger");
      const program = (option: string | undefined) => `
      const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
      new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: ${JSON.stringify(option)} });`;
      const stack = await passingStack(sandbox, program(volumes), { env: { SHOP: shop } });
      const failed = await stack.up();
      expect(failed.ok).toBe(false);
      const [complaint, ...others] = complaintsIn(failed);
      expect(others).toEqual([]);
      expect(complaint).toMatch(
        /^volumes: Backup velero\/\S+ in cluster "east" is Completed, and yet holds no data of 1 of 1 claim: /,
      );
      expect(complaint).toContain(`${shop}/ledger`);
      expect(complaint).toContain('or by volumes: "none"');
      const rejected = resourceIn(failed, "shop").outputs?.["backupName"];
      const { spec } = await liveObject(east, "backups", rejected);
      if (volumes === "snapshot") expect(spec?.["snapshotVolumes"]).toBe(true);

      stack.change(program("none"));
      const up = await stack.up();
      expect(up.ok, messagesOf(up)).toBe(true);
      expect(stepsOf(up)).toContain("create-replacement shop");
      const { outputs } = resourceIn(up, "shop");
      expect(outputs).toMatchObject({ phase: "Completed", health: "Healthy" });
      expect(outputs?.["backupName"]).not.toBe(rejected);
      const none = await liveObject(east, "backups", outputs?.["backupName"]);
      expect(none.spec).toMatchObject({ snapshotVolumes: false, defaultVolumesToFsBackup: false });
    },
  );
});
