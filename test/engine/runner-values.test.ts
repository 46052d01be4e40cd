import { expect, it } from "vitest";
import { describeRunners } from "./contract/describe-runners.ts";
import { errors, steps } from "./contract/tiny-stack.ts";
import { UNKNOWN } from "./run-result.ts";

describeRunners("what is known in a preview", (newStack) => {
  it("calls neither create nor update, and knows of a new resource what check made of its inputs", async () => {
    const stack = newStack(`
      const a = new Thing("a", { label: "one" });
      exports.label = a.label; exports.health = a.health; exports.state = a.state; exports.id = a.id;
      exports.nested = { list: [a.state, "plain"] };
    `);
    const preview = await stack.runner.preview();
    expect(errors(preview)).toBe("");
    expect(preview.ok).toBe(true);
    expect(steps(preview)).toEqual(["create a"]);
    expect(stack.effects()).toEqual([]);
    expect(preview.outputs).toMatchObject({ label: "one", health: "Healthy", state: UNKNOWN, id: UNKNOWN });
    expect((await stack.runner.state()).deployment.resources ?? []).toEqual([]);
  });

  it("keeps all outputs of what does not change, and forgets computed ones of what is updated", async () => {
    const stack = newStack(`
      const a = new Thing("a");
      const b = new Thing("b", { label: process.env.LABEL ?? "one" });
      exports.a = a.state; exports.b = b.state; exports.label = b.label;
    `);
    await stack.runner.up();
    const preview = await stack.runner.preview({ env: { LABEL: "two" } });
    expect(preview.outputs).toEqual({ a: "made", b: UNKNOWN, label: "two" });
  });

  it("gives unknown inputs to check and diff as the sentinel string, wherever they stand", async () => {
    const stack = newStack(`
      const a = new Thing("a", { size: Number(process.env.SIZE ?? 1) });
      const b = new Thing("b", { of: a.state, nested: { of: [a.state] } });
      exports.of = b.of;
    `);
    await stack.runner.preview();
    const check = stack.calls("check").find(({ name }) => name === "b");
    expect(check?.news).toMatchObject({ of: UNKNOWN, nested: { of: [UNKNOWN] } });
    await stack.runner.up();
    stack.forgetCalls();
    const preview = await stack.runner.preview({ env: { SIZE: "2" } });
    const diff = stack.calls("diff").find(({ name }) => name === "b");
    expect(diff?.news).toMatchObject({ of: UNKNOWN });
    expect(diff?.olds).toMatchObject({ of: "made" });
    expect(preview.outputs).toEqual({ of: UNKNOWN });
  });

  it("takes a sentinel that check computes as an unknown output", async () => {
    const stack = newStack(`
      const a = new Thing("a", { label: "${UNKNOWN}" });
      exports.isKnown = pulumi.output(a.label.isKnown);
    `);
    const preview = await stack.runner.preview();
    expect(errors(preview)).toBe("");
    expect(preview.outputs).toEqual({ isKnown: false });
  });
});

describeRunners("secrets", (newStack) => {
  const canaries = ["canary-1", "canary-2", "canary-3"];

  it("reach the provider in clear, and the state encrypted, by key", async () => {
    const stack = newStack(`
      const a = new Thing("a", {
        token: pulumi.secret("canary-1"),
        auth: { user: "me", password: pulumi.secret("canary-2") },
        list: ["x", pulumi.secret("canary-3")],
      });
      exports.token = a.token; exports.user = a.auth.user; exports.serial = a.serial; exports.whole = { inner: a.token };
    `);
    const up = await stack.runner.up();
    expect(errors(up)).toBe("");
    expect(up.outputs).toMatchObject({ token: "canary-1", user: "me", whole: { inner: "canary-1" } });
    expect(up.secretOutputs.toSorted()).toEqual(["token", "user", "whole"]);
    expect(stack.calls("create")[0]?.inputs).toMatchObject({
      token: "canary-1",
      auth: { user: "me", password: "canary-2" },
      list: ["x", "canary-3"],
    });
    const { outputs } = await stack.resource("a");
    expect(outputs?.["auth"]).toMatchObject({ user: "me" });
    for (const key of ["token", "list"]) expect(JSON.stringify(outputs?.[key])).toContain("ciphertext");
    const { derived, ...kept } = outputs ?? {};
    for (const canary of canaries) expect(JSON.stringify(kept)).not.toContain(canary);
    // What is derived from a secret under another name is not the engine's to know.
    expect(derived).toBe('from-"canary-1"');

    const again = await stack.runner.up({ expectNoChanges: true });
    expect(again.ok).toBe(true);
    expect(stack.calls("diff")[0]?.olds).toMatchObject({ token: "canary-1" });
  });

  it("keeps derived secrets where additionalSecretOutputs names them", async () => {
    const stack = newStack(`
      const a = new Thing("a", { token: pulumi.secret("canary-1") }, { additionalSecretOutputs: ["derived"] });
      exports.derived = a.derived;
    `);
    const preview = await stack.runner.preview();
    expect(preview.text).not.toContain("canary-1");
    const up = await stack.runner.up();
    expect(up.secretOutputs).toEqual(["derived"]);
    expect(up.outputs).toEqual({ derived: 'from-"canary-1"' });
    expect(JSON.stringify(await stack.runner.state())).not.toContain("canary-1");
    expect(JSON.stringify(up.state)).not.toContain("canary-1");
    expect(up.text).not.toContain("canary-1");
  });

  it("does not count a value that only became secret as a change", async () => {
    const stack = newStack(
      `new Thing("a", { token: process.env.SECRET ? pulumi.secret("canary-1") : "canary-1" });`,
    );
    await stack.runner.up();
    expect(steps(await stack.runner.up({ env: { SECRET: "yes" } }))).toEqual(["same a"]);
    expect(JSON.stringify((await stack.resource("a")).inputs)).not.toContain("canary-1");
  });

  it("prints the whole value of a refused top-level property, but not for a path or without a property", async () => {
    const stack = newStack(
      `new Thing("a", { token: pulumi.secret("canary-1"), refuse: [[process.env.PROPERTY, "is odd"]] });`,
    );
    const bare = await stack.runner.preview({ env: { PROPERTY: "" } });
    expect(bare.ok).toBe(false);
    expect(errors(bare)).toContain("pulumi-nodejs:dynamic/tiny:Thing resource 'a' has a problem: is odd");
    expect(JSON.stringify(bare.diagnostics)).not.toContain("canary-1");
    const path = await stack.runner.preview({ env: { PROPERTY: "token.inner" } });
    expect(errors(path)).toContain("property token.inner value {<nil>} has a problem: is odd");
    const named = await stack.runner.preview({ env: { PROPERTY: "token" } });
    expect(errors(named)).toContain("canary-1");
  });
});

describeRunners("config and stack references", (newStack) => {
  it("gives the program its config, and the provider all of it, secrets in clear", async () => {
    const stack = newStack(
      `
        const config = new pulumi.Config();
        new Thing("a");
        exports.size = config.requireNumber("size"); exports.greeting = config.requireSecret("greeting");
      `,
      { config: { size: "3", greeting: { secret: "canary-1" } } },
    );
    const up = await stack.runner.up();
    expect(errors(up)).toBe("");
    expect(up.outputs).toEqual({ size: 3, greeting: "canary-1" });
    expect(up.secretOutputs).toEqual(["greeting"]);
    expect(stack.calls("create")[0]?.greeting).toBe("canary-1");
    expect(JSON.stringify(up.state)).not.toContain("canary-1");
    await stack.runner.setConfig("size", "4");
    expect((await stack.runner.up()).outputs).toMatchObject({ size: 4 });
  });

  it("reads another stack's outputs, plain and secret", async () => {
    const source = newStack(`exports.plain = { a: [1] }; exports.hidden = pulumi.secret("canary-1");`);
    await source.runner.up();
    const reader = newStack(
      `
        const other = new pulumi.StackReference("organization/scenario/dev");
        new Thing("a", { plain: other.requireOutput("plain"), token: other.requireOutput("hidden") });
        exports.plain = other.getOutput("plain"); exports.hidden = other.getOutput("hidden");
        exports.missing = other.getOutput("missing").apply((value) => value === undefined);
      `,
      { stack: "reader", backend: source.runner },
    );
    const up = await reader.runner.up();
    expect(errors(up)).toBe("");
    expect(up.outputs).toEqual({ plain: { a: [1] }, hidden: "canary-1", missing: true });
    expect(up.secretOutputs).toEqual(["hidden"]);
    expect(JSON.stringify((await reader.resource("a")).inputs)).not.toContain("canary-1");
    expect(reader.calls("create")[0]?.inputs).toMatchObject({ plain: { a: [1] }, token: "canary-1" });
  });

  it("fails where the other stack does not exist", async () => {
    const reader = newStack(
      `exports.x = new pulumi.StackReference("organization/scenario/nowhere").getOutput("x");`,
    );
    const up = await reader.runner.up();
    expect(up.ok).toBe(false);
    expect(errors(up)).toContain("nowhere");
  });
});
