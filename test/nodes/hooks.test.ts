import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { describeOnNodes } from "../sandbox/describe-on-nodes.ts";
import { complaintsOf } from "../scenarios/complaints.ts";
import { passingStack } from "../scenarios/observe.ts";
import { outputsOf, upAll } from "../scenarios/restore-stack.ts";
import { createShop, volumeDir } from "./shop.ts";

const tool = (...words: (string | number)[]) => JSON.stringify(["/tool", ...words.map(String)]);

const backups = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const exec = (command, more) => ({ exec: { container: "web", command, ...more } });
  const backup = (name, pre, args) => new velero.ClusterBackup(name, {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "fileCopy",
    hooks: { resources: [{
      name: "freeze", includedNamespaces: [process.env.SHOP], pre: [pre],
      ...(name === "good" && { post: [exec(${tool("write", "/data/thawed", "yes")})] }),
    }] },
    ...args,
  });
  const good = backup("good", exec(${tool("write", "/data/frozen", "yes")}));
  backup("fails", exec(${tool("exit", 3)}, { onError: "Fail" }));
  backup("slow", exec(${tool("sleep", 60)}, { onError: "Fail", timeout: "2s" }));
  backup("nowhere", exec(${tool("exit", 0)}, { container: "other", onError: "Fail" }));
  backup("goes-on", exec(${tool("exit", 4)}, { onError: "Continue" }), { allowPartialFailure: true });`;

const restores = `${backups}
  const restore = (name, hook) => new velero.Restore(name, {
    backup: good, cluster: "east", namespaceMapping: { "*": "*-" + name },
    hooks: { resources: [{ name: "thaw", postHooks: [hook] }] },
  });
  restore("init", { init: { initContainers: [{
    name: "first", image: process.env.IMAGE, command: ${tool("write", "/data/inited", "yes")},
    volumeMounts: [{ name: "data", mountPath: "/data" }],
  }] } });
  restore("exec", exec(${tool("write", "/data/executed", "yes")}));
  restore("exec-fails", exec(${tool("exit", 5)}, { onError: "Fail" }));
  restore("exec-slow", exec(${tool("sleep", 60)}, { onError: "Fail", execTimeout: "2s" }));`;

await describeOnNodes("Hooks on a real node", ["east"], (sandbox) => {
  test("run before and after the copy, and in restored pods; those that fail or take too long fail the up in Velero's words", async () => {
    const east = sandbox().cluster("east");
    const shop = await createShop(east);
    const stack = await passingStack(sandbox(), backups, {
      env: { SHOP: shop, IMAGE: east.node?.image },
    });
    const filesIn = async (namespace: string) => readdir((await volumeDir(east, namespace)) ?? "");

    const up = await upAll(stack);
    expect(outputsOf(up, "good")).toMatchObject({ phase: "Completed", volumesBackedUp: 1 });
    expect(await filesIn(shop)).toEqual(expect.arrayContaining(["frozen", "thawed"]));
    for (const [name, words] of [
      ["fails", "command terminated with exit code 3"],
      ["slow", "timed out after 2s"],
      ["nowhere", "other"],
    ] as const) {
      const [complaint, ...others] = complaintsOf(up, name);
      expect(others).toEqual([]);
      expect(complaint, name).toContain("ended PartiallyFailed");
      expect(complaint, name).toContain(words);
      expect(complaint, name).toContain(`It holds no data of ${shop}/data`);
    }
    expect(outputsOf(up, "goes-on")).toMatchObject({ phase: "PartiallyFailed", volumesBackedUp: 1 });

    stack.change(restores);
    const restored = await upAll(stack);
    for (const name of ["init", "exec"])
      expect(outputsOf(restored, name), name).toMatchObject({ phase: "Completed", health: "Healthy" });
    expect(await filesIn(`${shop}-init`)).toEqual(expect.arrayContaining(["frozen", "inited", "ledger"]));
    expect(await filesIn(`${shop}-exec`)).toEqual(expect.arrayContaining(["frozen", "executed", "ledger"]));
    expect(await filesIn(`${shop}-exec`), "it was written after the copy").not.toContain("thawed");
    for (const [name, words] of [
      ["exec-fails", "command terminated with exit code 5"],
      ["exec-slow", "timed out after 2s"],
    ] as const) {
      expect(complaintsOf(restored, name).join("\n"), name).toContain("PartiallyFailed");
      expect(complaintsOf(restored, name).join("\n"), name).toContain(words);
    }
  }, 400_000);
});
