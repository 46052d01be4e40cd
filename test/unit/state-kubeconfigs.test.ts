import { describe, expect, test } from "vitest";
import { type Handler, PartialFailure } from "../../provider/core/handler.ts";
import { PackedKubeconfigs } from "../../provider/kubernetes/kubeconfig/load-kubeconfig.ts";
import { adapt } from "../../provider/pulumi-adapter.ts";
import { dozen } from "./kubernetes/kubeconfig/dozen-contexts.ts";
import { testSession } from "./session.ts";

type Wire = Record<string, unknown>;
const packing = new PackedKubeconfigs();
const given = (kubeconfig: unknown, more: object = {}): Wire => ({ connection: { kubeconfig, ...more } });

/** A handler that keeps what it is given. */
function recording(change = (handler: Handler): Handler => handler) {
  const seen: [string, ...unknown[]][] = [];
  const handler: Handler = {
    check: (news, olds) => {
      seen.push(["check", news, olds]);
      return { inputs: news as object, failures: [] };
    },
    diff: (olds, news) => {
      seen.push(["diff", olds, news]);
      return { replaces: [], unfinished: false };
    },
    create: async (inputs) => {
      seen.push(["create", inputs]);
      return { id: "id", outputs: inputs };
    },
    read: async (_id, outputs) => {
      seen.push(["read", outputs]);
      return { outputs, inputs: outputs };
    },
    update: async (_id, _outputs, news) => {
      seen.push(["update", news]);
      return news;
    },
    delete: async (_id, outputs) => {
      seen.push(["delete", outputs]);
    },
  };
  const content = (index = -1): string => {
    const [, first] = seen.at(index) ?? [];
    return (first as { connection: { kubeconfig: string } }).connection.kubeconfig;
  };
  return { provider: adapt(testSession(), change(handler)), seen, content };
}

/** What a person may read of it: packed contents in clear. */
const clear = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "string" ? packing.unpack(inner) : inner,
  );

describe("A kubeconfig of twelve contexts that was given as content", () => {
  const literal = given(dozen(), { context: "c5" });

  test("stands in state once, with one context, and the handlers have it whenever they work", async () => {
    const { provider, content } = recording();
    const { inputs = {} } = await provider.check({}, literal);
    expect(clear(inputs)).not.toContain("token-of");
    expect(content()).toContain("token-of-5");

    const { outs } = await provider.create(inputs);
    expect(content()).toContain("token-of-5");
    expect(clear(outs)).toContain("token-of-5");
    expect(clear([inputs, outs])).not.toMatch(/token-of-(?!5)/);

    await provider.update("id", outs, inputs);
    expect(content()).toContain("token-of-5");
    await provider.diff("id", outs, inputs);
    expect(content()).toContain("token-of-5");
    const read = await provider.read("id", outs);
    expect(content()).toContain("token-of-5");
    expect(read.inputs).toEqual(inputs);
    expect(read.props).toEqual(outs);
    await provider.delete("id", outs);
    expect(content()).toContain("token-of-5");
  });

  test("stands packed in the outputs of a partial failure, too", async () => {
    const { provider } = recording((handler) => ({
      ...handler,
      create: async (inputs) => {
        throw new PartialFailure("id", inputs, new Error("no"));
      },
    }));
    const { inputs = {} } = await provider.check({}, literal);
    const thrown: unknown = await provider.create(inputs).catch((error: unknown) => error);
    const { properties } = thrown as { properties: object };
    expect(JSON.stringify(properties)).not.toContain("token-of");
    expect(clear(properties)).toContain("token-of-5");
  });

  test("is no change while its context is what it was, whatever the others are", async () => {
    const { provider, seen } = recording();
    const { inputs = {} } = await provider.check({}, literal);
    const others = given(dozen({ "token-of-7": "token-that-was-rotated" }), { context: "c5" });
    expect((await provider.check(inputs, others)).inputs).toEqual(inputs);
    const [, news, olds] = seen.at(-1) ?? [];
    expect(olds, "the handler sees no change either").toEqual(news);
  });

  test("is a change when its own token rotates", async () => {
    const { provider, seen, content } = recording();
    const { inputs = {} } = await provider.check({}, literal);
    const { outs } = await provider.create(inputs);
    const rotated = given(dozen({ "token-of-5": "token-that-was-rotated" }), { context: "c5" });
    const { inputs: newest = {} } = await provider.check(inputs, rotated);
    expect(newest).not.toEqual(inputs);
    const [, news, olds] = seen.at(-1) ?? [];
    expect(olds).not.toEqual(news);
    const updated = await provider.update("id", outs, newest);
    expect(content()).toContain("token-that-was-rotated");
    expect(clear(updated)).toContain("token-that-was-rotated");
  });

  test("is found in the outputs where the check was given the old input (ignoreChanges)", async () => {
    const first = recording();
    const { inputs = {} } = await first.provider.check({}, literal);
    const { outs } = await first.provider.create(inputs);
    // Nothing has been checked in another process.
    const { content, provider, seen } = recording();
    const { inputs: again = {} } = await provider.check(inputs, inputs);
    expect(again).toEqual(inputs);
    const [, news, olds] = seen.at(-1) ?? [];
    expect(news, "a preview must not look for a file of that name").toEqual(
      given("04da6b54-80e4-46f7-96ec-b56ff0331ba9", { context: "c5" }),
    );
    expect(olds).toEqual(news);
    await provider.update("id", outs, again);
    expect(content()).toContain("token-of-5");
  });

  test("work without its content is refused, and not begun", async () => {
    const { provider, seen } = recording();
    const placeholder = given(`kubeconfig-in-outputs:${"0".repeat(16)}`);
    await expect(provider.create(placeholder)).rejects.toThrow(
      /has not been checked by this process.*Run the command again/,
    );
    expect(seen).toEqual([]);
  });
});

test("each of many clusters has its one context, and once", async () => {
  const { provider, seen } = recording();
  const reach = {
    east: given(dozen(), { context: "c5" }),
    north: given(dozen(), { context: "c7" }),
    west: given({ env: "WEST_KUBECONFIG" }),
  };
  const { inputs = {} } = await provider.check({}, { reach });
  expect(clear(inputs)).not.toContain("token-of");
  expect(clear(inputs)).toContain("WEST_KUBECONFIG");
  const { outs } = await provider.create(inputs);
  const [, work] = seen.at(-1) ?? [];
  expect(JSON.stringify(work)).toContain("token-of-7");
  const kept = outs["reach"] as Record<string, Wire>;
  expect(clear(kept["east"])).toMatch(/token-of-5/);
  expect(clear(kept["east"])).not.toMatch(/token-of-(?!5)/);
  expect(clear(kept["north"])).toMatch(/token-of-7/);
  expect(clear(kept["north"])).not.toMatch(/token-of-(?!7)/);
});

test("what is called kubeconfig elsewhere is left alone", async () => {
  const { provider } = recording();
  const annotations = { kubeconfig: dozen() };
  expect((await provider.check({}, { annotations })).inputs).toEqual({ annotations });
});

test.each([
  ["a reference", { env: "EAST_KUBECONFIG" }],
  ["a path", "/home/someone/.kube/config"],
  ["an unknown", "04da6b54-80e4-46f7-96ec-b56ff0331ba9"],
])("%s is no content, and stays as it is", async (_what, kubeconfig) => {
  const { provider } = recording();
  const { inputs = {} } = await provider.check({}, given(kubeconfig));
  expect(inputs).toEqual(given(kubeconfig));
  expect((await provider.create(inputs)).outs).toEqual(given(kubeconfig));
});
