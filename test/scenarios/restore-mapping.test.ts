import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { passingStack } from "./observe.ts";
import { complaintsIn } from "./complaints.ts";
import {
  configMap,
  namespaceIn,
  ok,
  outputsOf,
  pathOf,
  restorePath,
  restoresOf,
  upAll,
} from "./restore-stack.ts";

/** For a location whose program has no way to the store. */
const BLIND = 'access: "none",';

/** The whole cluster is backed up, of which one object has the label; and one namespace is. */
const base = (access: string) => `
  const { SHOP } = process.env;
  const location = new velero.BackupLocation("primary", { storage, ${access} clusters: { east } });
  const backup = (name, args) => new velero.ClusterBackup(name, { location, cluster: "east", volumes: "none", ...args });
  const whole = backup("whole", { labelSelector: { matchLabels: { scenario: SHOP } } });
  const shop = backup("shop", { includedNamespaces: [SHOP] });
  const other = velero.locationFrom("other", location.handle, { clusters: { east } });
  const unseen = { location: other, from: "east", backupName: whole.backupName };
  const restore = (name, backup, namespaceMapping, args) => new velero.Restore(name, {
    backup, cluster: "east", existingResourcePolicy: "update", namespaceMapping, ...args,
  });`;
const pattern = (backup: string) =>
  `restore("pattern", ${backup}, { "*": "*-pattern", [SHOP]: SHOP + "-copy" });`;

describeOnSandbox("A mapping of namespaces", (sandbox) => {
  const east = sandbox.cluster("east");

  test("is passed on or refused, and never dropped, by a program that does not see into the backup; one that fits nothing, or leads to names that Kubernetes does not take, is refused before anything is restored", async () => {
    const shop = await createNamespace(east, "shop");
    const prices = configMap("prices", { eggs: "3" }, { scenario: shop });
    await east.kubernetes.create(pathOf("configmaps", shop), prices);
    const pricesIn = async (namespace: string) =>
      (await east.kubernetes.get(pathOf("configmaps", namespace, "prices")))?.["data"];
    const stack = await passingStack(sandbox, base(BLIND), { env: { SHOP: shop } });
    await ok(stack.up());
    await east.kubernetes.patch(pathOf("configmaps", shop, "prices"), { data: { eggs: "4" } });

    const nobody =
      /^namespaceMapping: .*nobody can say which namespaces are meant by "\*": Backup whole-\S+ does not name its own, .*`access`/;
    stack.change(base(BLIND) + pattern("whole"));
    expect(complaintsIn(await stack.preview())).toEqual([expect.stringMatching(nobody)]);
    const stray = String.raw`^namespaceMapping: .*"shpo" fits no namespace of what is restored \(${shop}\)`;
    const long = "a".repeat(50);
    stack.change(`${base("")} ${pattern("unseen")}
      restore("stray", shop, { [SHOP]: SHOP + "-copy", shpo: "copy" });
      restore("long", shop, { "*": "*-${long}" });
      restore("named", unseen, { [SHOP]: SHOP + "-named" });
      restore("said", unseen, { "*": "*-said" }, { includedNamespaces: [SHOP] });`);
    const up = await upAll(stack);
    const refused = [
      nobody,
      new RegExp(stray),
      new RegExp(
        String.raw`^namespaceMapping: .*names that Kubernetes does not take: "${shop}" → "${shop}-${long}" \(`,
      ),
    ];
    const complaints = complaintsIn(up);
    for (const words of refused) expect(complaints).toContainEqual(expect.stringMatching(words));
    expect(complaints).toHaveLength(refused.length);
    expect(await restoresOf(east, stack)).toHaveLength(2);
    for (const name of ["named", "said"]) {
      const { restoreName, phase } = outputsOf(up, name);
      expect(phase, name).toBe("Completed");
      const { spec } = (await east.kubernetes.get(restorePath(restoreName))) ?? {};
      expect(spec?.["namespaceMapping"], name).toEqual({ [shop]: `${shop}-${name}` });
      expect(await pricesIn(`${shop}-${name}`), name).toEqual({ eggs: "3" });
    }
    // What lives is as it was.
    expect(await pricesIn(shop)).toEqual({ eggs: "4" });
    expect(await namespaceIn(east, `${shop}-copy`)).toBeUndefined();
  }, 240_000);
});
