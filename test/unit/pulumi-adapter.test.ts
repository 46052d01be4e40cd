import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Problem } from "../../provider/core/errors.ts";
import { type Handler, PartialFailure } from "../../provider/core/handler.ts";
import { adapt } from "../../provider/pulumi-adapter.ts";
import { testSession } from "./session.ts";
import { Struct } from "../engine/protocol.ts";

interface Inputs {
  name?: string;
  nested?: unknown;
}

const CODE = "exports.handler=()=>require('x');";
const nothing: Handler<Inputs> = {
  check: (news) => ({ inputs: news as Inputs, failures: [] }),
  diff: () => ({ replaces: [], unfinished: false }),
  create: async (inputs) => ({ id: "id", outputs: inputs }),
  read: async (_id, outputs) => ({ outputs, inputs: outputs }),
  update: async (_id, _outputs, news) => news,
  delete: async () => undefined,
};

const session = testSession();
const provider = (parts: Partial<Handler<Inputs>> = {}) => adapt(session, { ...nothing, ...parts });
const thrownBy = (work: Promise<unknown>): Promise<Record<string, unknown>> =>
  work.then(
    () => {
      throw new Error("nothing was thrown");
    },
    (error: unknown) => error as Record<string, unknown>,
  );

describe("Every result", () => {
  const holes = { name: "x", nested: { gone: undefined, list: [undefined, 1], when: new Date(0) } };
  const withHoles = provider({
    check: () => ({ inputs: holes, failures: [] }),
    create: async () => ({ id: "id", outputs: holes }),
    read: async () => ({ outputs: holes, inputs: holes }),
    update: async () => holes,
  });
  const news = { __provider: CODE };

  test.each([
    ["check", () => withHoles.check({}, news)],
    ["create", () => withHoles.create(news)],
    ["read", () => withHoles.read("id", news)],
    ["update", () => withHoles.update("id", news, news)],
    ["diff", () => withHoles.diff("id", news, news)],
  ])("of %s is plain: no undefined, nothing that the wire does not take", async (_method, call) => {
    const result = await call();
    expect(Struct.fromJavaScript(result as never).toJavaScript()).toEqual(result);
    expect(JSON.stringify(result)).not.toContain("gone");
  });

  test("holds the text that leads back to the code", async () => {
    expect((await provider().check({}, news)).inputs).toHaveProperty("__provider", CODE);
    expect((await provider().create(news)).outs).toHaveProperty("__provider", CODE);
    const read = await provider().read("id", news);
    expect(read.props).toHaveProperty("__provider", CODE);
    expect(read.inputs).toHaveProperty("__provider", CODE);
    expect((await provider().update("id", { __provider: "older text" }, news)).outs).toHaveProperty(
      "__provider",
      CODE,
    );
  });
});

describe("check", () => {
  test("gives the handler plain inputs, whether it is a preview, and no olds where there are none", async () => {
    const calls: unknown[] = [];
    const spying = provider({
      check: (...args) => {
        calls.push(args);
        return { inputs: {}, failures: [] };
      },
    });
    await spying.check({}, { __provider: CODE, dryRun: true, name: "x" });
    await spying.check({ __provider: CODE, name: "w" }, { __provider: CODE, dryRun: false, name: "x" });
    expect(calls).toEqual([
      [{ name: "x" }, undefined, { dryRun: true }],
      [{ name: "x" }, { name: "w" }, { dryRun: false }],
    ]);
  });

  test("puts the path into the reason, since the engine would print the whole property's value", async () => {
    const failing = provider({
      check: () => ({
        inputs: {},
        failures: [
          { path: "storage.minio.bucket", reason: "is required" },
          { path: "", reason: "makes no sense" },
        ],
      }),
    });
    expect((await failing.check({}, {})).failures).toEqual([
      { property: "", reason: "storage.minio.bucket: is required [velero:InvalidInput]" },
      { property: "", reason: "makes no sense [velero:InvalidInput]" },
    ]);
  });
});

describe("diff", () => {
  const diff = (replaces: string[], unfinished: boolean) =>
    provider({ diff: () => ({ replaces, unfinished }) }).diff("id", {}, {});

  test("leaves the comparison of inputs to the engine, which can show it", async () => {
    expect(await diff([], false)).toEqual({ replaces: [] });
  });

  test("asks for an update where inputs do not show that one is needed", async () => {
    expect(await diff([], true)).toEqual({ replaces: [], changes: true });
    expect(await diff(["bucket"], false)).toEqual({ replaces: ["bucket"], changes: true });
  });
});

describe("A failure", () => {
  const failing = (thrown: unknown) =>
    provider({
      create: () => Promise.reject(thrown),
      update: () => Promise.reject(thrown),
      delete: () => Promise.reject(thrown),
    });

  test("before anything exists leaves no resource", async () => {
    const error = await thrownBy(
      failing(new Problem({ code: "X", what: "it failed" })).create({ __provider: CODE }),
    );
    expect(error).toMatchObject({ message: "it failed. [velero:X]" });
    expect(error).not.toHaveProperty("id");
  });

  test("after something exists keeps id, outputs, text and reason", async () => {
    const partial = new PartialFailure("east/b", { name: "x", gone: undefined }, new Error("timed out"));
    for (const error of [
      await thrownBy(failing(partial).create({ __provider: CODE })),
      await thrownBy(failing(partial).update("east/b", { __provider: "older" }, { __provider: CODE })),
    ]) {
      expect(error).toMatchObject({
        id: "east/b",
        properties: { name: "x", unfinished: "timed out", __provider: CODE },
        message: "timed out [velero:Unexpected]",
        reasons: ["timed out [velero:Unexpected]"],
      });
      expect(Struct.fromJavaScript(error["properties"] as never).toJavaScript()).toEqual(error["properties"]);
    }
  });

  test("has the code of what was thrown on purpose, also where something exists, and in its state", async () => {
    const problem = new Problem({ code: "Unreachable", what: "no answer" });
    const error = await thrownBy(failing(new PartialFailure("east/b", {}, problem)).create({}));
    const words = "no answer. [velero:Unreachable]";
    expect(error).toMatchObject({ message: words, reasons: [words], properties: { unfinished: words } });
  });

  test("has its section told beside it, once in a process", async () => {
    const told: unknown[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((line) => void told.push(line));
    onTestFinished(() => log.mockRestore());
    const problem = new Problem({ code: "NeverSeenBefore", what: "it failed" });
    await thrownBy(failing(problem).create({}));
    await thrownBy(failing(new PartialFailure("id", {}, problem)).create({}));
    expect(told).toEqual([
      "pulumi-velero: [velero:NeverSeenBefore] is explained in node_modules/pulumi-velero/docs/troubleshooting.md#neverseenbefore",
    ]);
  });

  test("says nothing secret, in message, reasons or stack", async () => {
    session.secrets.learn("canary-in-a-failure");
    const cause = new Error("denied for canary-in-a-failure");
    for (const thrown of [cause, new PartialFailure("id", {}, cause)]) {
      const error = await thrownBy(failing(thrown).create({}));
      expect(
        [error["message"], error["stack"], ...((error["reasons"] as string[]) ?? [])].join(),
      ).not.toContain("canary");
    }
    await expect(failing("canary-in-a-failure").delete("id", {})).rejects.toThrow("[secret]");
  });

  test("has no stack, which the host would print below the stack's diagnostics", async () => {
    const error = await thrownBy(failing(new Error("it failed")).delete("id", {}));
    expect(error["stack"]).toBe(error["message"]);
  });

  test("thrown by check or diff is redacted, too", async () => {
    const broken = provider({
      check: () => {
        throw new Error("bad: canary-in-a-failure");
      },
    });
    await expect(broken.check({}, {})).rejects.toThrow("bad: [secret] [velero:Unexpected]");
  });
});

describe("A refresh", () => {
  const owner = "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/velero:ClusterBackup::nightly";
  const printed = async (health: string, outputs: object) => {
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    const read = async () => ({ outputs: { owner, ...outputs }, inputs: { owner, health } }) as never;
    await provider({ read }).read("id", { __provider: CODE });
    const lines = log.mock.calls.map(([line]) => String(line));
    log.mockRestore();
    return lines;
  };

  test("prints what is wrong, of which the engine shows health alone", async () => {
    const outputs = { message: "Schedule velero/nightly-east is paused; up sets it right" };
    expect(await printed("Drifted", outputs)).toEqual([`nightly: Drifted: ${outputs.message}`]);
  });

  test.each([
    ["that is healthy", "Healthy", { message: "the prefix was claimed anew" }],
    ["whose cluster is declared offline", "Offline", { message: "not looked at" }],
    ["of which there is nothing to say", "Unknown", {}],
  ])("prints nothing of a resource %s", async (_, health, outputs) => {
    expect(await printed(health, outputs)).toEqual([]);
  });
});
