import { expect, test } from "vitest";
import { describeOnNodes } from "../sandbox/describe-on-nodes.ts";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import { passingStack } from "../scenarios/observe.ts";
import { namespaceIn, ok, outputsOf } from "../scenarios/restore-stack.ts";
import { createShop, dataOf } from "./shop.ts";

const kinds = {
  copied: 'volumes: "fileCopy"',
  snapshotted: 'volumes: "snapshot"',
  moved: 'volumes: "moveData"',
};
type Kind = keyof typeof kinds;
const names = Object.keys(kinds) as Kind[];

const backups = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const backups = {};
  ${names
    .map(
      (name) => `
  backups.${name} = new velero.ClusterBackup("${name}", {
    location, cluster: "east", includedNamespaces: [process.env.${name}], ${kinds[name]},
  });`,
    )
    .join("")}`;

const drills = `${backups}
  for (const [name, backup] of Object.entries(backups)) {
    const drill = (kind, args) => new velero.Restore(name + "-" + kind, {
      backup, cluster: "east", namespaceMapping: { "*": "*-" + kind }, timeouts: { create: "4m" }, ...args,
    });
    drill("kept", { drill: { keep: true } });
    drill("drill", { drill: true });
  }`;

await describeOnNodes("A drill on a real node", ["east"], (sandbox) => {
  test.each(["first-consumer", "retained"])(
    "proves the data of each method, runs no workload, and leaves nothing: storage class %s",
    async (storageClass) => {
      const east = sandbox().cluster("east");
      const shops = await Promise.all(names.map(() => createShop(east, { storageClass })));
      const originals = await Promise.all(shops.map((shop) => dataOf(east, shop)));
      const stack = await passingStack(sandbox(), backups, {
        env: Object.fromEntries(names.map((name, index) => [name, shops[index]])),
      });
      await ok(stack.up());
      const volumesBefore = (await east.kubernetes.list("/api/v1/persistentvolumes")).length;

      stack.change(drills);
      const up = await stack.up({ continueOnError: true });
      for (const [index, name] of names.entries()) {
        for (const kind of ["kept", "drill"])
          expect(outputsOf(up, `${name}-${kind}`), `${name}-${kind}`).toMatchObject({
            phase: "Completed",
            health: "Healthy",
            volumesProven: 1,
            volumesUnproven: [],
          });
        expect(await namespaceIn(east, `${shops[index]}-drill`)).toBeUndefined();
        expect(await dataOf(east, `${shops[index]}-kept`), name).toEqual(originals[index]);
        const pods = await east.kubernetes.list(`/api/v1/namespaces/${shops[index]}-kept/pods`);
        expect(pods.flatMap(imagesThatRan)).not.toContain(east.node?.image);
      }
      const volumes = (await east.kubernetes.list("/api/v1/persistentvolumes")).length;
      expect(volumes, "those of the drills that are kept").toBe(volumesBefore + names.length);
    },
    400_000,
  );
});

/** A container that was never started has no id. */
function imagesThatRan({ status = {} }: KubernetesObject): string[] {
  const statuses = (status["containerStatuses"] ?? []) as { image: string; containerID?: string }[];
  return statuses.filter(({ containerID }) => containerID).map(({ image }) => image);
}
