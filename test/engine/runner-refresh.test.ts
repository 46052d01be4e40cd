import { expect, it } from "vitest";
import { describeRunners } from "./contract/describe-runners.ts";
import { errors, steps } from "./contract/tiny-stack.ts";

describeRunners("refresh", (newStack) => {
  it("finds nothing where nothing has changed", async () => {
    const stack = newStack(`new Thing("a", { auth: { password: pulumi.secret("canary-1") } });`);
    await stack.runner.up();
    const before = await stack.resource("a");
    const refresh = await stack.runner.refresh({ expectNoChanges: true });
    expect(errors(refresh)).toBe("");
    expect(refresh.ok).toBe(true);
    expect(steps(refresh)).toEqual(["refresh:same a"]);
    const { modified: _, ...after } = await stack.resource("a");
    const shape = ({ inputs, outputs }: typeof after): unknown => [
      Object.keys(inputs ?? {}),
      Object.keys(outputs ?? {}),
    ];
    expect(shape(after)).toEqual(shape(before));
    expect(JSON.stringify(after)).not.toContain("canary-1");
  });

  it("shows drift of inputs, writes nothing in a preview, and lets the next run repair it", async () => {
    const stack = newStack(`new Thing("a"); new Thing("b");`);
    await stack.runner.up();
    stack.world({ a: { health: "Ill" } });
    const preview = await stack.runner.refresh({ previewOnly: true, expectNoChanges: true });
    expect(preview.ok).toBe(false);
    expect(errors(preview)).toContain("no changes were expected");
    expect(steps(preview).toSorted()).toEqual(["refresh:same b", "refresh:update a"]);
    expect(preview.steps.find(({ drift }) => drift === "update")?.changedKeys).toEqual(["health"]);
    expect((await stack.resource("a")).inputs).toMatchObject({ health: "Healthy" });

    const proposed = await stack.runner.preview({ refresh: true });
    expect(steps(proposed)).toContain("update a");
    const refresh = await stack.runner.refresh();
    expect(refresh.ok).toBe(true);
    expect((await stack.resource("a")).inputs).toMatchObject({ health: "Ill" });
    expect((await stack.resource("a")).outputs).toMatchObject({ health: "Ill" });
    stack.forgetCalls();
    const up = await stack.runner.up();
    expect(steps(up).toSorted()).toEqual(["same b", "update a"]);
    const [update] = stack.calls("update");
    expect(update?.olds).toMatchObject({ health: "Ill" });
    expect(update?.news).toMatchObject({ health: "Healthy" });
  });

  it("does not see drift of outputs alone, but stores it", async () => {
    const stack = newStack(`const a = new Thing("a"); exports.state = a.state;`);
    await stack.runner.up();
    stack.world({ a: { state: "drifted" } });
    const refresh = await stack.runner.refresh({ expectNoChanges: true });
    expect(refresh.ok).toBe(true);
    expect(steps(refresh)).toEqual(["refresh:same a"]);
    expect((await stack.resource("a")).outputs).toMatchObject({ state: "drifted" });
    expect((await stack.runner.up()).outputs).toEqual({ state: "drifted" });
  });

  it("drops what is gone together with every reference to it, and the next run creates it", async () => {
    const stack = newStack(`
      const a = new Thing("a");
      new Thing("b", { of: a.state }, { parent: a, dependsOn: a });
    `);
    await stack.runner.up();
    stack.world({ a: { gone: true } });
    const preview = await stack.runner.refresh({ previewOnly: true });
    expect(steps(preview).toSorted()).toEqual(["refresh:delete a", "refresh:same b"]);
    expect(await stack.resources("a")).toHaveLength(1);
    const refresh = await stack.runner.refresh();
    expect(refresh.ok).toBe(true);
    expect(await stack.resources("a")).toHaveLength(0);
    const orphan = await stack.resource("b");
    expect(orphan.dependencies ?? []).toEqual([]);
    expect(orphan.parent).toBeUndefined();
    stack.world({});
    stack.forgetCalls();
    await stack.runner.up();
    expect(stack.effects()).toContain("create a");
  });

  it("refreshes the others when one cannot be read, and keeps that one as it is", async () => {
    const stack = newStack(`new Thing("a"); new Thing("b");`);
    await stack.runner.up();
    stack.world({ a: { readFails: true }, b: { health: "Ill" } });
    const refresh = await stack.runner.refresh();
    expect(refresh.ok).toBe(false);
    expect(errors(refresh)).toContain("a cannot be read");
    expect((await stack.resource("a")).inputs).toMatchObject({ health: "Healthy" });
    expect((await stack.resource("b")).inputs).toMatchObject({ health: "Ill" });
  });

  it("clears initialization errors", async () => {
    const stack = newStack(`new Thing("a", { fail: "create partly" });`);
    await stack.runner.up();
    expect((await stack.resource("a")).initErrors).toEqual(["a is ill"]);
    await stack.runner.refresh();
    expect((await stack.resource("a")).initErrors).toBeUndefined();
    expect(steps(await stack.runner.up())).toEqual(["same a"]);
  });

  it("reads first in an update with refresh", async () => {
    const stack = newStack(`new Thing("a");`);
    await stack.runner.up();
    stack.world({ a: { health: "Ill" } });
    const up = await stack.runner.up({ refresh: true });
    expect(steps(up)).toEqual(["refresh:update a", "update a"]);
    expect((await stack.resource("a")).outputs).toMatchObject({ health: "Healthy", state: "updated" });
  });

  it("refreshes and destroys with the program as well as without", async () => {
    const stack = newStack(
      `const a = new Thing("a"); new Thing("b", { of: a.state }); new Group("g", () => []);`,
    );
    await stack.runner.up();
    stack.forgetCalls();
    stack.world({ a: { health: "Ill" } });
    const refresh = await stack.runner.refresh({ runProgram: true });
    expect(errors(refresh)).toBe("");
    expect(refresh.ok).toBe(true);
    expect(stack.calls("read").map(({ name }) => name)).toEqual(["a", "b"]);
    expect(stack.effects()).toEqual([]);
    expect((await stack.resource("a")).inputs).toMatchObject({ health: "Ill" });
    stack.forgetCalls();
    const destroyed = await stack.runner.destroy({ runProgram: true });
    expect(errors(destroyed)).toBe("");
    expect(destroyed.ok).toBe(true);
    expect(stack.calls().map(({ method, name }) => `${method} ${name}`)).toEqual(["delete b", "delete a"]);
    expect((await stack.runner.state()).deployment.resources ?? []).toEqual([]);
  });
});
