import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { createBoundVolume } from "./bound-volume.ts";
import { complaintsIn } from "./complaints.ts";
import { liveObject, passingStack, resourceList } from "./observe.ts";
import { ok, outputsOf, upAll } from "./restore-stack.ts";
import { stepsOf } from "./stack.ts";

/** Backups of the same namespace one after another: Velero leaves those that come together waiting for a minute. */
const program = (volumes: string) => `
  const { SHOP, SAID, UNSAID } = process.env;
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const backup = (name, args, dependsOn) => new velero.ClusterBackup(name, { location, cluster: "east", ...args }, { dependsOn });
  const shop = { includedNamespaces: [SHOP], volumes: "none", ttl: "24h" };
  const auto = backup("auto", shop);
  const always = backup("always", { ...shop, includeClusterResources: true }, auto);
  backup("never", { ...shop, includeClusterResources: false }, always);
  backup("said", { includedNamespaces: [SAID], volumes: "snapshot" });
  backup("unsaid", { includedNamespaces: [UNSAID], ${volumes} });`;

describeOnSandbox("What a backup captures", (sandbox) => {
  const east = sandbox.cluster("east");

  test("includeClusterResources: unset takes what belongs to it, true everything, false nothing of the cluster's; volumes: a Completed backup without a volume's data fails and names its claim, and none replaces it", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const volume = await createBoundVolume(east, shop, "data");
    const [said, unsaid] = [await createNamespace(east, "said"), await createNamespace(east, "unsaid")];
    for (const namespace of [said, unsaid]) await createBoundVolume(east, namespace, "ledger");
    const role = uniqueName("role");
    await east.kubernetes.create("/apis/rbac.authorization.k8s.io/v1/clusterroles", {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: role },
      rules: [],
    });
    const stack = await passingStack(sandbox, program(""), {
      env: { SHOP: shop, SAID: said, UNSAID: unsaid },
    });
    const up = await upAll(stack);
    const captured = async (name: string) => {
      const backup = outputsOf(up, name)["backupName"];
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

    const complaints = complaintsIn(up);
    expect(complaints).toHaveLength(2);
    for (const namespace of [said, unsaid])
      expect(complaints).toContainEqual(
        expect.stringMatching(
          new RegExp(
            String.raw`^volumes: Backup velero/\S+ in cluster "east" is Completed, and yet holds no data of 1 of 1 claim: .*` +
              `${namespace}/ledger.*or by volumes: "none"`,
          ),
        ),
      );
    const ofSaid = await liveObject(east, "backups", outputsOf(up, "said")["backupName"]);
    expect(ofSaid.spec?.["snapshotVolumes"]).toBe(true);

    stack.change(program('volumes: "none"').replace(/^ *backup\("said".*$/m, ""));
    const mended = await ok(stack.up());
    expect(stepsOf(mended)).toContain("create-replacement unsaid");
    const { backupName, ...outputs } = outputsOf(mended, "unsaid");
    expect(outputs).toMatchObject({ phase: "Completed", health: "Healthy" });
    expect(backupName).not.toBe(outputsOf(up, "unsaid")["backupName"]);
    const none = await liveObject(east, "backups", backupName);
    expect(none.spec).toMatchObject({ snapshotVolumes: false, defaultVolumesToFsBackup: false });
  }, 240_000);
});
