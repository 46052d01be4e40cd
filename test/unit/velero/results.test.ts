import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { errorWords, parseResults } from "../../../provider/velero/backup-files.ts";

const file = (content: unknown) => gzipSync(JSON.stringify(content));
const wordsOf = (errors: object) => errorWords(file({ errors, warnings: { velero: ["not asked for"] } }));

test("tells the errors by namespace, the cluster's and Velero's own last", () => {
  const errors = {
    velero: ["server"],
    cluster: ["scoped"],
    namespaces: { billing: ["a"], shop: ["b", "c"] },
  };
  expect(wordsOf(errors)).toBe("billing: a; shop: b; c; Cluster: scoped; Velero: server");
});

test("Velero's namespace is none of its own errors", () => {
  expect(wordsOf({ velero: ["a"], namespaces: { velero: ["b"] } })).toBe("velero: b; Velero: a");
});

test("names six messages, or two of each group, and counts the rest", () => {
  const many = ["1", "2", "3", "4", "5", "6", "7", "8"];
  expect(wordsOf({ velero: many })).toBe("Velero: 1; 2; 3; 4; 5; 6, and 2 more");
  expect(wordsOf({ velero: ["1"], namespaces: { shop: many } })).toBe("shop: 1; 2; 3, and 5 more; Velero: 1");
  expect(wordsOf({ namespaces: { a: many, b: many, c: many, d: ["1", "2"] } })).toBe(
    "a: 1; 2, and 6 more; b: 1; 2, and 6 more; c: 1; 2, and 6 more; d: 1; 2",
  );
});

test("names five groups, the cluster and Velero always among them, and counts the other namespaces", () => {
  const namespaces = Object.fromEntries("abcdef".split("").map((name) => [name, ["x"]]));
  expect(wordsOf({ namespaces })).toBe("a: x; b: x; c: x; d: x; e: x; and 1 more namespace");
  expect(wordsOf({ namespaces, cluster: ["y"], velero: ["z"] })).toBe(
    "a: x; b: x; c: x; Cluster: y; Velero: z; and 3 more namespaces",
  );
});

test("each message is one line, and cut where it is long, never within a character", () => {
  expect(wordsOf({ velero: [" resource: /pods\n  error:\t/no "] })).toBe(
    "Velero: resource: /pods error: /no",
  );
  expect(wordsOf({ velero: ["🙂".repeat(300)] })).toBe(`Velero: ${"🙂".repeat(300)}`);
  expect(wordsOf({ velero: ["🙂".repeat(301)] })).toBe(`Velero: ${"🙂".repeat(299)}…`);
});

test("where there are no errors there are no words", () => {
  expect(errorWords(file({ warnings: {} }))).toBe("");
  expect(errorWords(file({ errors: {} }))).toBe("");
});

test("parses errors and warnings, empty where Velero left them out", () => {
  const none = { velero: [], cluster: [], namespaces: {} };
  expect(parseResults(file({ warnings: { cluster: ["a"], namespaces: { shop: ["b"] } } }))).toEqual({
    errors: none,
    warnings: { velero: [], cluster: ["a"], namespaces: { shop: ["b"] } },
  });
});
