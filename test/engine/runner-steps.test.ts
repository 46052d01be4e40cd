import { expect, it } from "vitest";
import { describeRunners } from "./contract/describe-runners.ts";
import { errors, steps } from "./contract/tiny-stack.ts";
import { UNKNOWN } from "./run-result.ts";

describeRunners("a program's resources", (newStack) => {
  it("creates in dependency order, and then finds nothing to do", async () => {
    const stack = newStack(`
      const a = new Thing("a");
      const b = new Thing("b", { of: a.state });
      exports.b = b.state;
    `);
    const up = await stack.runner.up();
    expect(errors(up)).toBe("");
    expect(up.ok).toBe(true);
    expect(steps(up)).toEqual(["create a", "create b"]);
    expect(up.outputs).toEqual({ b: "made" });
    expect(stack.calls("check", "diff", "create").map(({ method, name }) => `${method} ${name}`)).toEqual([
      "check a",
      "create a",
      "check b",
      "create b",
    ]);
    expect(stack.calls("check")[0]?.olds).toEqual({});
    stack.forgetCalls();

    const again = await stack.runner.up({ expectNoChanges: true });
    expect(again.ok).toBe(true);
    expect(steps(again)).toEqual(["same a", "same b"]);
    expect(stack.calls().map(({ method, name }) => `${method} ${name}`)).toEqual([
      "check a",
      "diff a",
      "check b",
      "diff b",
    ]);
  });

  it("updates in place what needs no replacement, with old outputs and new inputs", async () => {
    const stack = newStack(`new Thing("a", { label: process.env.LABEL ?? "one" });`);
    await stack.runner.up();
    const preview = await stack.runner.preview({ env: { LABEL: "two" } });
    expect(steps(preview)).toEqual(["update a"]);
    expect(preview.steps.at(-1)?.changedKeys).toEqual(["label"]);
    const up = await stack.runner.up({ env: { LABEL: "two" } });
    expect(steps(up)).toEqual(["update a"]);
    const [update] = stack.calls("update");
    expect(update?.olds).toMatchObject({ label: "one", state: "made" });
    expect(update?.news).toMatchObject({ label: "two" });
    expect(update?.news).not.toHaveProperty("state");
    expect((await stack.resource("a")).outputs).toMatchObject({ label: "two", state: "updated" });
  });

  it("believes a diff that says whether there are changes", async () => {
    const stack = newStack(
      `new Thing("a", { label: process.env.LABEL, says: process.env.LABEL === "changes" });`,
    );
    await stack.runner.up({ env: { LABEL: "one" } });
    expect(steps(await stack.runner.up({ env: { LABEL: "two" } }))).toEqual(["same a"]);
    expect((await stack.resource("a")).inputs).toMatchObject({ label: "two" });
    expect((await stack.resource("a")).outputs).toMatchObject({ label: "one" });
    expect(steps(await stack.runner.up({ env: { LABEL: "changes" } }))).toEqual(["update a"]);
    expect(steps(await stack.runner.up({ env: { LABEL: "changes" } }))).toEqual(["update a"]);
  });

  it("replaces by creating first, updating dependents, and deleting the old one at the end", async () => {
    const stack = newStack(`
      const a = new Thing("a", { size: Number(process.env.SIZE ?? 1) });
      new Thing("b", { of: a.serial });
    `);
    await stack.runner.up();
    const before = await stack.resource("a");
    stack.forgetCalls();
    const up = await stack.runner.up({ env: { SIZE: "2" } });
    expect(steps(up)).toEqual(["create-replacement a", "replace a", "update b", "delete-replaced a"]);
    expect(up.steps.find(({ op }) => op === "replace")?.replaceKeys).toEqual(["size"]);
    expect(stack.effects()).toEqual(["create a", "update b", "delete a"]);
    // The second check of a replacement sees no old inputs, so that names are made anew.
    const checks = stack.calls("check").filter(({ name }) => name === "a");
    expect(checks.map(({ olds }) => Object.keys(olds ?? {}).length > 0)).toEqual([true, false]);
    expect((await stack.resource("a")).inputs?.["serial"]).not.toBe(before.inputs?.["serial"]);
    expect(await stack.resources("a")).toHaveLength(1);
  });

  it("deletes first where the diff says so, dependents before it, and creates them anew", async () => {
    const stack = newStack(`
      const a = new Thing("a", { size: Number(process.env.SIZE ?? 1), deleteFirst: true });
      new Thing("strict", { of: a.serial, strict: true });
      new Thing("loose", { of: a.serial });
    `);
    await stack.runner.up();
    stack.forgetCalls();
    const up = await stack.runner.up({ env: { SIZE: "2" } });
    expect(errors(up)).toBe("");
    expect(stack.effects().slice(0, 3)).toEqual(["delete strict", "delete a", "create a"]);
    expect(stack.effects().slice(3).toSorted()).toEqual(["create strict", "update loose"]);
    // What depends on the condemned one is asked with the unknown's sentinel, in a real update as well.
    const asked = stack.calls("diff").filter(({ news }) => news?.["of"] === UNKNOWN);
    expect(asked.map(({ name }) => name).toSorted()).toEqual(["loose", "strict"]);
    expect(steps(up).slice(0, 4)).toEqual([
      "delete-replaced strict",
      "delete-replaced a",
      "replace a",
      "create-replacement a",
    ]);
    const again = await stack.runner.up({ env: { SIZE: "2" } });
    expect(steps(again).toSorted()).toEqual(["same a", "same loose", "same strict"]);
  });

  it("lets the option overrule the diff's delete before replace", async () => {
    const stack = newStack(`
      const size = Number(process.env.SIZE ?? 1);
      const a = new Thing("a", { size }, { deleteBeforeReplace: true });
      new Thing("b", { size, deleteFirst: true }, { deleteBeforeReplace: false, dependsOn: a });
    `);
    await stack.runner.up();
    stack.forgetCalls();
    await stack.runner.up({ env: { SIZE: "2" } });
    expect(stack.effects()).toEqual(["delete a", "create a", "create b", "delete b"]);
  });

  it("removes what the program no longer has, dependents first", async () => {
    const stack = newStack(`
      const a = new Thing("a");
      const b = new Thing("b", { of: a.state });
      new Thing("c", {}, { dependsOn: b });
      new Thing("d");
    `);
    await stack.runner.up();
    stack.forgetCalls();
    stack.program(`new Thing("d");`);
    const up = await stack.runner.up();
    expect(steps(up)).toEqual(["same d", "delete c", "delete b", "delete a"]);
    expect(stack.effects()).toEqual(["delete c", "delete b", "delete a"]);
    expect(up.diagnostics).toContainEqual({ severity: "info", message: "deleting id-c" });
  });

  it("makes children after their parent, and destroys them before it", async () => {
    const stack = newStack(`
      class Parent extends Thing {
        constructor(name, args, options) {
          super(name, args, options);
          this.child = new Thing(name + "-child", { of: this.serial }, { parent: this });
        }
      }
      const parent = new Parent("p", { size: Number(process.env.SIZE ?? 1) });
      new Thing("user", { of: parent.child.serial });
      exports.same = pulumi.all([parent.child.urn, pulumi.createUrn("p-child", type, parent)]).apply(([a, b]) => a === b);
    `);
    const up = await stack.runner.up();
    expect(up.outputs).toEqual({ same: true });
    expect(stack.effects()).toEqual(["create p", "create p-child", "create user"]);
    const child = await stack.resource("p-child");
    expect(child.urn).toContain("pulumi-nodejs:dynamic/tiny:Thing$pulumi-nodejs:dynamic/tiny:Thing::p-child");
    expect(child.parent).toBe((await stack.resource("p")).urn);
    stack.forgetCalls();
    await stack.runner.destroy();
    expect(stack.effects()).toEqual(["delete user", "delete p-child", "delete p"]);
    expect((await stack.runner.state()).deployment.resources ?? []).toEqual([]);
  });

  it("runs creates side by side up to the limit, and checks one at a time", async () => {
    const stack = newStack(`for (const name of ["a", "b", "c", "d"]) new Thing(name, { delayMs: 400 });`);
    await stack.runner.up({ parallel: 2 });
    const open = { now: 0, most: 0 };
    for (const { method } of stack.calls("create", "created")) {
      open.now += method === "create" ? 1 : -1;
      open.most = Math.max(open.most, open.now);
    }
    expect(open.most).toBe(2);
    const pids = new Set(stack.calls().map(({ pid }) => pid));
    expect(pids.size).toBe(1);
  });
});
