import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { complaintsIn } from "./complaints.ts";
import { dataKeys } from "./observe.ts";
import { namespaceIn, ok, outputsOf, restoresOf } from "./restore-stack.ts";
import { stackOn, stepsOf, veleroObjects } from "./stack.ts";

const program = (more: string) => `
  const place = { storage, clusters: { east, west: { ...west, reads: ["east"] } } };
  const shop = new velero.ProtectedCluster("shop", {
    location: place,
    cluster: "east",
    includedNamespaces: [process.env.SHOP],
    volumes: "none",
    ${more}
  });
  exports.health = shop.health;`;

describeOnSandbox("A protected cluster", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  test("has a backup that was restored in a drill when its first up has ended, and is left alone by the next", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    // A custom resource, which a controller of the drill's cluster would act upon.
    await east.kubernetes.create(`/apis/velero.io/v1/namespaces/${shop}/volumesnapshotlocations`, {
      apiVersion: "velero.io/v1",
      kind: "VolumeSnapshotLocation",
      metadata: { name: "app" },
      spec: { provider: "aws", config: { region: "nowhere" } },
    });
    const schedulesIn = async () =>
      (await veleroObjects(east, "schedules", stack)).map(({ spec }) => {
        const { ttl, includedNamespaces } = (spec?.["template"] ?? {}) as Record<string, unknown>;
        return [spec?.["schedule"], ttl, includedNamespaces];
      });
    // Not by the hour: an hour may begin while this runs.
    const tiers = `hourly: { schedule: "0 3 29 2 *", skipImmediately: true }`;
    const stack = await stackOn(
      sandbox,
      program(`drill: { cluster: "west", triggers: ["November"] }, tiers: { ${tiers} }`),
      { env: { SHOP: shop } },
    );
    const up = await ok(stack.up());
    expect(stepsOf(up).filter((step) => !step.startsWith("create "))).toEqual([]);

    expect((await schedulesIn()).toSorted()).toEqual([
      ["0 3 29 2 *", "24h", [shop]],
      ["20 2 * * *", "720h", [shop]],
      ["40 3 * * 0", "8760h", [shop]],
    ]);
    const backups = await veleroObjects(east, "backups", stack);
    expect(backups.map(({ metadata, status }) => [metadata.name, status?.["phase"]])).toEqual([
      [outputsOf(up, "shop-daily")["backupName"], "Completed"],
    ]);
    expect(backups[0]?.spec).toMatchObject({ ttl: "720h" });
    const drill = outputsOf(up, "shop-drill");
    // Four seeds and the namespace, with what a cluster puts into one, and not the custom resource.
    expect(drill).toMatchObject({
      phase: "Completed",
      backupName: backups[0]?.metadata.name,
      failed: 0,
      health: "Healthy",
    });
    expect(drill["verified"]).toBeGreaterThanOrEqual(5);
    const [restore] = await restoresOf(west, stack);
    expect(restore?.metadata.name).toBe(drill["restoreName"]);
    expect(restore?.status).toMatchObject({ phase: "Completed" });
    const { includedResources, namespaceMapping } = restore?.spec ?? {};
    expect(namespaceMapping).toEqual({ [shop]: `${shop}-drill` });
    expect(includedResources).not.toContain("volumesnapshotlocations.velero.io");
    expect(await namespaceIn(west, `${shop}-drill`)).toBeUndefined();
    expect(up.outputs["health"]).toEqual({
      location: "Healthy",
      backups: { hourly: "Healthy", daily: "Healthy", weekly: "Healthy" },
      drill: "Healthy",
    });

    await ok(stack.up({ refresh: true, expectNoChanges: true }));
    expect(await restoresOf(west, stack)).toHaveLength(1);

    // Another month, in the cluster itself; and the tier that has no backup yet cannot be drilled.
    stack.change(
      program(`drill: { triggers: ["December"] }, tiers: { ${tiers}, weekly: false, daily: { ttl: "48h" } }`),
    );
    const changed = await ok(stack.up());
    expect(
      stepsOf(changed)
        .filter((step) => !step.startsWith("same "))
        .toSorted(),
    ).toEqual([
      "create-replacement shop-drill",
      "delete shop-weekly",
      "delete-replaced shop-drill",
      "replace shop-drill",
      "update shop-daily",
      // It tells of the tier that is left out.
      "update shop-hourly",
    ]);
    expect(outputsOf(changed, "shop-drill")).toMatchObject({
      phase: "Completed",
      verified: drill["verified"],
      backupName: backups[0]?.metadata.name,
    });
    expect(await namespaceIn(east, `${shop}-drill`)).toBeUndefined();
    expect(await namespaceIn(east, shop)).toMatchObject({ status: { phase: "Active" } });

    stack.change(program(`drill: { tier: "hourly" }, tiers: { ${tiers} }`));
    const early = await stack.up();
    expect(early.ok).toBe(false);
    expect(complaintsIn(early)).toEqual([
      expect.stringContaining('there is no good backup of cluster "east"'),
    ]);

    await ok(stack.destroy());
    expect(await schedulesIn()).toEqual([]);
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toEqual([]);
    expect(await restoresOf(east, stack)).toEqual([]);
    expect(await dataKeys(sandbox, stack.bucket, "east/backups/")).not.toEqual([]);
  }, 300_000);
});
