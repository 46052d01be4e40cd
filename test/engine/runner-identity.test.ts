import { expect, it } from "vitest";
import { describeRunners } from "./contract/describe-runners.ts";
import { errors, steps } from "./contract/tiny-stack.ts";

describeRunners("aliases", (newStack) => {
  it("renames a resource in the state, and what refers to it, without touching it", async () => {
    const stack = newStack(
      `const a = new Thing("a"); new Thing("b", { name: "b", of: a.state }, { dependsOn: a });`,
    );
    await stack.runner.up();
    stack.forgetCalls();
    stack.program(`
      const a = new Thing("new-a", { name: "a" }, { aliases: [{ name: "a" }] });
      new Thing("b", { name: "b", of: a.state }, { dependsOn: a });
    `);
    const up = await stack.runner.up();
    expect(errors(up)).toBe("");
    expect(steps(up)).toEqual(["same new-a", "same b"]);
    expect(stack.effects()).toEqual([]);
    const renamed = await stack.resource("new-a");
    expect(await stack.resources("a")).toEqual([]);
    expect((await stack.resource("b")).dependencies).toEqual([renamed.urn]);
    expect(stack.calls("check")[0]?.olds).toMatchObject({ name: "a" });
    stack.program(`const a = new Thing("new-a", { name: "a" }); new Thing("b", { name: "b", of: a.state });`);
    expect(steps(await stack.runner.up())).toEqual(["same new-a", "same b"]);
  });

  it("moves a resource into a component, and along with a component that is renamed", async () => {
    const stack = newStack(`new Thing("a");`);
    await stack.runner.up();
    stack.program(`
      new Group("g", (opts) => [new Thing("a", {}, { ...opts, aliases: [{ parent: pulumi.rootStackResource }] })]);
    `);
    const moved = await stack.runner.up();
    expect(errors(moved)).toBe("");
    expect(steps(moved)).toEqual(["create g", "same a"]);
    expect((await stack.resource("a")).urn).toContain("tiny:index:Group$pulumi-nodejs:dynamic/tiny:Thing::a");
    stack.program(`new Group("g2", (opts) => [new Thing("a", {}, opts)], { aliases: [{ name: "g" }] });`);
    const renamed = await stack.runner.up();
    expect(errors(renamed)).toBe("");
    expect(steps(renamed)).toEqual(["same g2", "same a"]);
    expect((await stack.resource("a")).parent).toContain("::g2");
    stack.program(
      `new Thing("a", {}, { aliases: [{ parent: "urn:pulumi:dev::scenario::tiny:index:Group::g2" }] });`,
    );
    const out = await stack.runner.up();
    expect(steps(out)).toEqual(["same a", "delete g2"]);
    expect((await stack.resource("a")).urn).toBe(
      "urn:pulumi:dev::scenario::pulumi-nodejs:dynamic/tiny:Thing::a",
    );
    expect(stack.calls("create", "update", "delete").map(({ method }) => method)).toEqual(["create"]);
  });

  it("renames a parent and its children's names with it", async () => {
    const program = (name: string, options: string): string => `
      const p = new Thing("${name}", { name: "p" }, ${options});
      new Thing("${name}-child", { name: "child" }, { parent: p });
    `;
    const stack = newStack(program("p", "{}"));
    await stack.runner.up();
    stack.program(program("q", `{ aliases: [{ name: "p" }] }`));
    const up = await stack.runner.up();
    expect(errors(up)).toBe("");
    expect(steps(up)).toEqual(["same q", "same q-child"]);
    expect((await stack.resource("q-child")).parent).toBe((await stack.resource("q")).urn);
  });

  it("changes the owner in the same step where the program sends another", async () => {
    const program = (name: string, options: string): string =>
      `new Thing("${name}", { name: "a", owner: pulumi.createUrn("${name}", type) }, ${options});`;
    const stack = newStack(program("a", "{}"));
    await stack.runner.up();
    stack.program(program("b", `{ aliases: [{ name: "a" }] }`));
    const up = await stack.runner.up();
    expect(steps(up)).toEqual(["update b"]);
    const [update] = stack.calls("update");
    expect(update?.olds?.["owner"]).toBe("urn:pulumi:dev::scenario::pulumi-nodejs:dynamic/tiny:Thing::a");
    expect(update?.news?.["owner"]).toBe((await stack.resource("b")).urn);
  });

  it("refuses two resources of one name", async () => {
    const stack = newStack(`new Thing("a"); new Thing("a");`);
    const up = await stack.runner.up();
    expect(up.ok).toBe(false);
    expect(errors(up)).toContain("Duplicate resource URN");
  });
});

describeRunners("resource options", (newStack) => {
  it("refuses to delete or replace what is protected", async () => {
    const stack = newStack(`new Thing("a", { size: Number(process.env.SIZE ?? 1) }, { protect: true });`);
    await stack.runner.up();
    const replaced = await stack.runner.up({ env: { SIZE: "2" } });
    expect(replaced.ok).toBe(false);
    expect(errors(replaced)).toContain("unable to replace resource");
    const destroyed = await stack.runner.destroy();
    expect(destroyed.ok).toBe(false);
    expect(errors(destroyed)).toContain("protected");
    stack.program("");
    expect((await stack.runner.up()).ok).toBe(false);
    expect(stack.effects()).toEqual(["create a"]);
    expect(await stack.resources("a")).toHaveLength(1);
  });

  it("does not call delete for what is retained, or deleted along with another", async () => {
    const stack = newStack(`
      const cluster = new Thing("cluster");
      new Thing("kept", {}, { retainOnDelete: true });
      new Thing("inside", {}, { deletedWith: cluster });
      const g = new Group("g", (opts) => [new Thing("nested", {}, opts)], { retainOnDelete: true });
    `);
    await stack.runner.up();
    stack.forgetCalls();
    const destroyed = await stack.runner.destroy();
    expect(destroyed.ok).toBe(true);
    expect(stack.effects()).toEqual(["delete cluster"]);
    expect((await stack.runner.state()).deployment.resources ?? []).toEqual([]);
  });

  it("ignores changes, and replaces on changes", async () => {
    const stack = newStack(`
      const label = process.env.LABEL ?? "one";
      new Thing("ignores", { label, nested: { label } }, { ignoreChanges: ["label", "nested.label"] });
      new Thing("replaces", { nested: { label } }, { replaceOnChanges: ["nested.label"] });
    `);
    await stack.runner.up();
    stack.forgetCalls();
    const up = await stack.runner.up({ env: { LABEL: "two" } });
    expect(errors(up)).toBe("");
    expect(steps(up).toSorted()).toEqual([
      "create-replacement replaces",
      "delete-replaced replaces",
      "replace replaces",
      "same ignores",
    ]);
    const check = stack.calls("check").find(({ name }) => name === "ignores");
    expect(check?.news).toMatchObject({ label: "one", nested: { label: "one" } });
  });

  it("works on targets only, and replaces what it is told to", async () => {
    const urn = (name: string): string =>
      `urn:pulumi:dev::scenario::pulumi-nodejs:dynamic/tiny:Thing::${name}`;
    const stack = newStack(`
      const label = process.env.LABEL ?? "one";
      new Thing("a", { label }); new Thing("b", { label });
      if (process.env.MORE) new Thing("c");
    `);
    await stack.runner.up();
    stack.forgetCalls();
    const up = await stack.runner.up({ env: { LABEL: "two", MORE: "yes" }, target: [urn("a")] });
    expect(errors(up)).toBe("");
    expect(stack.effects()).toEqual(["update a"]);
    expect((await stack.resource("b")).inputs).toMatchObject({ label: "one" });
    expect(await stack.resources("c")).toEqual([]);
    stack.forgetCalls();
    const replaced = await stack.runner.up({ env: { LABEL: "two" }, replace: [urn("a")] });
    expect(errors(replaced)).toBe("");
    expect(stack.effects().filter((effect) => effect.endsWith(" a"))).toEqual(["create a", "delete a"]);
    const destroyed = await stack.runner.destroy({ target: [urn("b")] });
    expect(errors(destroyed)).toBe("");
    expect(await stack.resources("a")).toHaveLength(1);
    expect(await stack.resources("b")).toHaveLength(0);
  });
});

describeRunners("state and programs", (newStack) => {
  it("takes a state back in", async () => {
    const stack = newStack(`new Thing("a", { token: pulumi.secret("canary-1") });`);
    await stack.runner.up();
    const saved = await stack.runner.state();
    await stack.runner.destroy();
    await stack.runner.setState(saved);
    stack.forgetCalls();
    const up = await stack.runner.up();
    expect(errors(up)).toBe("");
    expect(steps(up)).toEqual(["same a"]);
    expect(stack.calls("diff")[0]?.olds).toMatchObject({ token: "canary-1" });
  });

  it("runs TypeScript as the CLI does, and knows Kubernetes providers without their plugin", async () => {
    const stack = newStack("");
    stack.runner.write({
      "index.js": null,
      "tsconfig.json": '{ "compilerOptions": { "rootDir": ".", "strict": true, "skipLibCheck": true } }',
      "name.ts": 'export const clusterName: string = "east";',
      "index.ts": `
        import * as k8s from "@pulumi/kubernetes";
        import { clusterName } from "./name";
        const provider = new k8s.Provider(clusterName, { kubeconfig: "apiVersion: v1", context: "x" });
        export const kubeconfig = (provider as unknown as { kubeconfig: unknown }).kubeconfig;
      `,
      "Pulumi.yaml": "name: scenario\nruntime: nodejs\n",
    });
    const up = await stack.runner.up({ env: { PULUMI_NODEJS_TRANSPILE_ONLY: "true" } });
    expect(errors(up)).toBe("");
    expect(up.outputs).toEqual({ kubeconfig: "apiVersion: v1" });
    expect(steps(up)).toEqual(["create east"]);
    expect(steps(await stack.runner.up({ env: { PULUMI_NODEJS_TRANSPILE_ONLY: "true" } }))).toEqual([
      "same east",
    ]);
  });

  it("records Kubernetes' own resources without a cluster, in the order of their dependencies", async () => {
    const program = (version: string) => `
      const k8s = require("@pulumi/kubernetes");
      const provider = new k8s.Provider("east", { kubeconfig: "apiVersion: v1" });
      const role = new k8s.rbac.v1.ClusterRole("role", { metadata: { name: "role" }, rules: [] }, { provider });
      const release = new k8s.helm.v3.Release(
        "release", { chart: "velero", version: "${version}" }, { provider, dependsOn: role },
      );
      exports.version = release.version;`;
    const stack = newStack(program("12.1.0"));
    const preview = await stack.runner.preview();
    expect(errors(preview)).toBe("");
    expect(steps(preview)).toEqual(["create east", "create role", "create release"]);
    const up = await stack.runner.up();
    expect(up.outputs).toEqual({ version: "12.1.0" });
    expect(steps(await stack.runner.up({ expectNoChanges: true }))).toEqual([
      "same east",
      "same role",
      "same release",
    ]);
    stack.program(program("12.2.0"));
    expect(steps(await stack.runner.up())).toEqual(["same east", "same role", "update release"]);
    expect(steps(await stack.runner.destroy())).toEqual(["delete release", "delete role", "delete east"]);
  });
});
