import { expect, it } from "vitest";
import { killProcess } from "./process-tree.ts";
import { describeRunners } from "./contract/describe-runners.ts";
import { errors, steps, type TinyStack } from "./contract/tiny-stack.ts";

describeRunners("failures", (newStack) => {
  it("keeps nothing of a resource whose create failed, and begins nothing new after it", async () => {
    const stack = newStack(`
      const a = new Thing("a");
      const bad = new Thing("bad", { of: a.state, fail: "create" });
      new Thing("after", { of: bad.state });
      exports.kept = a.state;
    `);
    const up = await stack.runner.up();
    expect(up.ok).toBe(false);
    expect(errors(up)).toContain("bad cannot be made");
    expect(up.steps.find(({ name }) => name === "bad")?.failed).toBe(true);
    expect(stack.effects()).toEqual(["create a", "create bad"]);
    expect(await stack.resources("a")).toHaveLength(1);
    expect(await stack.resources("bad")).toHaveLength(0);
    expect((await stack.runner.state()).deployment.pending_operations ?? []).toEqual([]);
  });

  it("deletes nothing in a run that failed, and keeps the stack's former outputs", async () => {
    const stack = newStack(`new Thing("old"); exports.first = 1; exports.second = 2;`);
    await stack.runner.up();
    stack.program(`new Thing("bad", { fail: "create" }); exports.second = 3;`);
    const up = await stack.runner.up();
    expect(up.ok).toBe(false);
    expect(stack.calls("delete")).toEqual([]);
    expect(await stack.resources("old")).toHaveLength(1);
    expect(up.outputs).toMatchObject({ first: 1 });
  });

  it("lets running creates end when another one fails", async () => {
    const stack = newStack(`
      new Thing("slow", { delayMs: 1500 });
      new Thing("bad", { delayMs: 300, fail: "create" });
    `);
    const up = await stack.runner.up();
    expect(up.ok).toBe(false);
    expect(await stack.resources("slow")).toHaveLength(1);
  });

  it("keeps what was made partly, and calls update the next time although nothing changed", async () => {
    const stack = newStack(`
      const a = new Thing("a", { fail: process.env.FAIL, auth: { password: pulumi.secret("canary-1") } });
      new Thing("b", { of: a.state });
    `);
    const failed = await stack.runner.up({ env: { FAIL: "create partly" } });
    expect(failed.ok).toBe(false);
    expect(errors(failed)).toContain("a is ill");
    expect(errors(failed)).not.toContain("not shown");
    expect(stack.effects()).toEqual(["create a"]);
    const half = await stack.resource("a");
    expect(half).toMatchObject({ id: "id-a", initErrors: ["a is ill"], outputs: { state: "half" } });
    expect(JSON.stringify(half)).not.toContain("canary-1");
    stack.forgetCalls();

    const again = await stack.runner.up({ env: { FAIL: "create partly" } });
    expect(again.ok).toBe(true);
    expect(steps(again)).toEqual(["update a", "create b"]);
    expect(stack.calls("check", "diff", "update").map(({ method, name }) => `${method} ${name}`)).toEqual([
      "check a",
      "diff a",
      "update a",
      "check b",
    ]);
    expect((await stack.resource("a")).initErrors).toBeUndefined();
    expect(steps(await stack.runner.up({ env: { FAIL: "create partly" } }))).toEqual(["same a", "same b"]);
  });

  it("keeps old inputs and new outputs of an update that failed partly, old ones of one that failed", async () => {
    const stack = newStack(`new Thing("a", { label: process.env.LABEL, fail: process.env.FAIL });`);
    await stack.runner.up({ env: { LABEL: "one" } });
    await stack.runner.up({ env: { LABEL: "two", FAIL: "update" } });
    expect((await stack.resource("a")).outputs).toMatchObject({ label: "one", state: "made" });
    const partly = await stack.runner.up({ env: { LABEL: "three", FAIL: "update partly" } });
    expect(partly.ok).toBe(false);
    const resource = await stack.resource("a");
    expect(resource.inputs).toMatchObject({ label: "one" });
    expect(resource.outputs).toMatchObject({ label: "three", state: "half" });
    expect(resource.initErrors).toEqual(["a is ill"]);
    expect(steps(await stack.runner.up({ env: { LABEL: "three" } }))).toEqual(["update a"]);
  });

  it("keeps the old one when its replacement cannot be made, and takes the change back without a trace", async () => {
    const stack = newStack(`new Thing("a", { size: Number(process.env.SIZE), fail: process.env.FAIL });`);
    await stack.runner.up({ env: { SIZE: "1" } });
    const failed = await stack.runner.up({ env: { SIZE: "2", FAIL: "create" } });
    expect(failed.ok).toBe(false);
    const [old, ...others] = await stack.resources("a");
    expect(others).toEqual([]);
    expect(old?.delete).toBeUndefined();
    expect(steps(await stack.runner.up({ env: { SIZE: "1" } }))).toEqual(["same a"]);
    expect(stack.calls("delete")).toEqual([]);
  });

  it("marks the old one for deletion when its replacement was made partly, and deletes it in the next run", async () => {
    const stack = newStack(`new Thing("a", { size: Number(process.env.SIZE), fail: process.env.FAIL });`);
    await stack.runner.up({ env: { SIZE: "1" } });
    await stack.runner.up({ env: { SIZE: "2", FAIL: "create partly" } });
    expect(stack.calls("delete")).toEqual([]);
    const both = await stack.resources("a");
    expect(both.map(({ delete: marked, initErrors }) => ({ marked, initErrors }))).toEqual([
      { marked: undefined, initErrors: ["a is ill"] },
      { marked: true, initErrors: undefined },
    ]);
    stack.forgetCalls();
    const next = await stack.runner.up({ env: { SIZE: "2", FAIL: "create partly" } });
    expect(steps(next)).toEqual(["update a", "delete-replaced a"]);
    expect(stack.effects()).toEqual(["update a", "delete a"]);
    expect(await stack.resources("a")).toHaveLength(1);
  });

  it("remembers a delete before a replacement that failed, and only creates the next time", async () => {
    const stack = newStack(
      `new Thing("a", { size: Number(process.env.SIZE), fail: process.env.FAIL, deleteFirst: true });`,
    );
    await stack.runner.up({ env: { SIZE: "1" } });
    await stack.runner.up({ env: { SIZE: "2", FAIL: "create" } });
    expect(await stack.resource("a")).toMatchObject({ pendingReplacement: true });
    stack.forgetCalls();
    const next = await stack.runner.up({ env: { SIZE: "2" } });
    expect(steps(next)).toEqual(["replace a", "create-replacement a"]);
    expect(stack.effects()).toEqual(["create a"]);
    expect(await stack.resources("a")).toHaveLength(1);
  });

  it("keeps what could not be deleted, and what it depends on", async () => {
    const stack = newStack(`
      const a = new Thing("a");
      new Thing("b", { of: a.state, fail: "delete" });
    `);
    await stack.runner.up();
    const destroyed = await stack.runner.destroy();
    expect(destroyed.ok).toBe(false);
    expect(errors(destroyed)).toContain("b cannot be deleted");
    expect(await stack.resources("a")).toHaveLength(1);
    expect(await stack.resources("b")).toHaveLength(1);
  });

  it("does nothing further when the program throws", async () => {
    const stack = newStack(`new Thing("a");`);
    await stack.runner.up();
    stack.program(`throw new Error("oh no");`);
    const up = await stack.runner.up();
    expect(up.ok).toBe(false);
    expect(errors(up)).toContain("oh no");
    expect(stack.calls("delete")).toEqual([]);
    expect(await stack.resources("a")).toHaveLength(1);
  });

  it("shows what program and provider print", async () => {
    const stack = newStack(`
      console.log("from the program");
      pulumi.log.warn("careful");
      new Thing("a");
    `);
    await stack.runner.up();
    stack.program(`pulumi.log.info("hello", new Group("g", () => []));`);
    const up = await stack.runner.up();
    const said = up.diagnostics.map(({ severity, message }) => ({ severity, message: message.trim() }));
    expect(said).toContainEqual({ severity: "info", message: "deleting id-a" });
    const hello = up.diagnostics.find(({ message }) => message === "hello");
    expect(hello?.urn).toContain("tiny:index:Group::g");
    const again = await stack.runner.preview();
    expect(again.ok).toBe(true);
  });
});

async function waitForCall(stack: TinyStack, method: "create"): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (stack.calls(method).length === 0) {
    if (Date.now() > deadline) throw new Error(`no ${method} within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describeRunners("kills", (newStack) => {
  it("forgets a create whose provider was killed, so that the next run creates again", async () => {
    const stack = newStack(`new Thing("a", { delayMs: Number(process.env.DELAY ?? 0) });`);
    const run = stack.runner.start("up", { env: { DELAY: "60000" } });
    await waitForCall(stack, "create");
    const [pid] = stack.calls("create").map((call) => call.pid);
    expect(run.providerPids()).toEqual([pid]);
    await run.killProvider();
    const killed = await run.result;
    expect(killed.ok).toBe(false);
    expect(await stack.resources("a")).toHaveLength(0);
    expect((await stack.runner.state()).deployment.pending_operations ?? []).toEqual([]);
    stack.forgetCalls();
    const next = await stack.runner.up();
    expect(next.ok).toBe(true);
    expect(stack.calls("check")[0]?.olds).toEqual({});
    expect(stack.effects()).toEqual(["create a"]);
  });

  it("leaves a pending create and a lock when the engine was killed; the next run warns and creates again", async () => {
    const stack = newStack(`new Thing("a", { delayMs: Number(process.env.DELAY ?? 0) });`);
    const run = stack.runner.start("up", { env: { DELAY: "60000" } });
    await waitForCall(stack, "create");
    await run.killEngine();
    expect((await run.result).ok).toBe(false);
    const pending = (await stack.runner.state()).deployment.pending_operations ?? [];
    expect(pending.map(({ type, resource }) => `${type} ${resource.urn.split("::").at(-1)}`)).toEqual([
      "creating a",
    ]);
    const locked = await stack.runner.up();
    expect(locked.ok).toBe(false);
    expect(errors(locked)).toContain("the stack is currently locked");
    await stack.runner.cancel();
    stack.forgetCalls();
    const next = await stack.runner.up();
    expect(next.ok).toBe(true);
    expect(next.diagnostics.map(({ message }) => message).join()).toContain("pending operations");
    expect(stack.effects()).toEqual(["create a"]);
    await stack.runner.refresh({ clearPendingCreates: true });
    expect((await stack.runner.state()).deployment.pending_operations ?? []).toEqual([]);
  });

  it("leaves a pending create when the engine alone was killed, and the provider alive", async () => {
    const stack = newStack(`new Thing("a", { delayMs: Number(process.env.DELAY ?? 0) });`);
    const run = stack.runner.start("up", { env: { DELAY: "60000" } });
    await waitForCall(stack, "create");
    const [pid = 0] = run.providerPids();
    await run.killEngineAlone();
    expect((await run.result).ok).toBe(false);
    expect(() => process.kill(pid, 0)).not.toThrow();
    killProcess(pid);
    const pending = (await stack.runner.state()).deployment.pending_operations ?? [];
    expect(pending.map(({ type }) => type)).toEqual(["creating"]);
    await stack.runner.cancel();
    expect((await stack.runner.up()).ok).toBe(true);
  });

  it("lets what runs end when interrupted, keeps it, and begins nothing new", async () => {
    const stack = newStack(`
      const a = new Thing("a", { delayMs: 2000 });
      new Thing("b", { of: a.state });
    `);
    const run = stack.runner.start("up");
    await waitForCall(stack, "create");
    run.interrupt();
    expect((await run.result).ok).toBe(false);
    expect(stack.effects()).toEqual(["create a"]);
    expect(await stack.resources("a")).toHaveLength(1);
    expect((await stack.runner.up()).ok).toBe(true);
  });
});
