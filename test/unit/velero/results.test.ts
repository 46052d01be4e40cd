import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { firstErrors } from "../../../provider/velero/results.ts";

const file = (content: unknown) => gzipSync(JSON.stringify(content));

test("tells the first errors, Velero's own before the cluster's before the namespaces', each with its place", () => {
  const results = {
    errors: { velero: ["server"], cluster: ["scoped"], namespaces: { shop: ["a", "b"], billing: ["c"] } },
    warnings: { velero: ["not asked for"] },
  };
  expect(firstErrors(file(results), 4)).toEqual(["server", "scoped", "shop: a", "shop: b"]);
});

test("a backup without errors has none", () => {
  expect(firstErrors(file({ warnings: {} }), 3)).toEqual([]);
  expect(firstErrors(file({ errors: {} }), 3)).toEqual([]);
});
