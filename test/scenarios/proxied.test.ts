import { expect, test } from "vitest";
import { proxiedKubeconfig } from "../proxy/proxied-kubeconfig.ts";
import { behindProxies, startProxy } from "../proxy/recording-proxy.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { messagesOf, resourceIn, stackOn, veleroObjects } from "./stack.ts";

describeOnSandbox("A stack behind a proxy", (sandbox) => {
  test("is deployed, refreshed and destroyed through it, store, cluster and watches", async () => {
    const east = sandbox.cluster("east");
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 3 });
    const proxy = await startProxy({ user: "someone", password: "canary:pass@word" });
    const kubeconfig = proxiedKubeconfig(east.kubeconfig);
    const [, cluster = ""] = /server: https:\/\/(\S+)/.exec(kubeconfig) ?? [];
    const store = behindProxies(sandbox.minio.endpoint);
    const stack = await stackOn(
      sandbox,
      `
      const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
      const shop = new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [process.env.SHOP], ttl: "24h" });
      exports.backup = shop.backupName;
      `,
      {
        env: {
          SHOP: shop,
          EAST_KUBECONFIG: kubeconfig,
          MINIO_ENDPOINT: store,
          HTTP_PROXY: proxy.url,
          HTTPS_PROXY: proxy.url,
          NO_PROXY: "localhost,127.0.0.1",
        },
      },
    );
    /** What went through since the last time, and to nobody else. */
    const passed = () => {
      const asked = proxy.asked.splice(0);
      const toCluster = asked.filter((line) => line === `CONNECT ${cluster}`);
      const toStore = asked.filter((line) => line.includes(` ${store}/${stack.bucket}`));
      expect(asked.length, asked.join("\n")).toBe(toCluster.length + toStore.length);
      return { toCluster, toStore };
    };

    let mostAtOnce = 0;
    const watching = setInterval(() => (mostAtOnce = Math.max(mostAtOnce, proxy.tunnels())), 50);
    const up = await stack.up();
    clearInterval(watching);
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(resourceIn(up, "shop").outputs).toMatchObject({ phase: "Completed", health: "Healthy" });
    const backup = String(up.outputs["backup"]);
    const kept = () => sandbox.minio.objectKeys(stack.bucket, `east/backups/${backup}/`);
    expect(await kept()).toContain(`east/backups/${backup}/velero-backup.json`);
    const deployed = passed();
    expect(deployed.toStore.some((line) => line.startsWith("PUT "))).toBe(true);
    expect(mostAtOnce, "a watch has a connection of its own").toBeGreaterThanOrEqual(2);

    const refresh = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(refresh.ok, messagesOf(refresh)).toBe(true);
    expect(passed().toCluster).not.toEqual([]);

    const destroy = await stack.destroy();
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    const removed = passed();
    expect(removed.toCluster).not.toEqual([]);
    expect(removed.toStore).not.toEqual([]);
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toEqual([]);
    expect(await kept()).not.toEqual([]);
    for (const run of [up, refresh, destroy]) {
      expect(JSON.stringify([run.state, run.diagnostics])).not.toMatch(/canary/);
    }
  });
});
