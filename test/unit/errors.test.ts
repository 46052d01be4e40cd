import { expect, test } from "vitest";
import { Problem, wordsOf } from "../../provider/core/errors.ts";

test("a problem reads: property, what failed, the server's words, what to do", () => {
  const problem = new Problem({
    code: "NoSuchBucket",
    property: "storage.minio.bucket",
    what: 'there is no bucket "backups"',
    said: "  The specified bucket\n  does not exist. ",
    todo: "Make it first.",
  });
  expect(problem.message).toBe(
    'storage.minio.bucket: there is no bucket "backups": The specified bucket does not exist. Make it first.',
  );
  expect(problem).toMatchObject({ code: "NoSuchBucket", property: "storage.minio.bucket", name: "Problem" });
});

test("what is not there is left out without a trace", () => {
  expect(new Problem({ code: "X", what: "it failed", said: " . " }).message).toBe("it failed.");
});

test("the words of an error include those of its causes, where fetch hides the reason", () => {
  const refused = new Error("connect ECONNREFUSED 127.0.0.1:1");
  expect(wordsOf(new TypeError("fetch failed", { cause: refused }))).toBe(
    "fetch failed (connect ECONNREFUSED 127.0.0.1:1)",
  );
  expect(wordsOf(new AggregateError([refused], "all failed"))).toBe(
    "all failed (connect ECONNREFUSED 127.0.0.1:1)",
  );
});

test("a cause that the message quotes already is not said twice, and a problem says all there is itself, with its code", () => {
  const cause = new Error("no route");
  expect(wordsOf(new Error("failed: no route", { cause }))).toBe("failed: no route");
  expect(wordsOf(new Problem({ code: "X", what: "it failed", cause }))).toBe("it failed. [velero:X]");
});

test("a problem in the words of another one keeps its code, and an equal one is not repeated", () => {
  const inner = new Problem({ code: "Unreachable", what: "no answer" });
  const outer = (code: string) =>
    wordsOf(new Problem({ code, what: "it failed", said: wordsOf(inner), todo: "Wait." }));
  expect(outer("SomeNotDeleted")).toBe(
    "it failed: no answer. [velero:Unreachable] Wait. [velero:SomeNotDeleted]",
  );
  expect(outer("Unreachable")).toBe("it failed: no answer. [velero:Unreachable] Wait.");
  expect(wordsOf(new Error("in east", { cause: inner }))).toBe("in east (no answer. [velero:Unreachable])");
});

test("whatever is thrown has words", () => {
  expect(wordsOf("text")).toBe("text");
  expect(wordsOf(undefined)).toBe("undefined");
  expect(wordsOf(new RangeError())).toBe("RangeError");
});
