import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { judgeRestore } from "../../../../provider/kinds/restore/finalize.ts";
import type { ObjectStore } from "../../../../provider/store/object-store.ts";
import type { Restore } from "../../../../provider/velero/types.ts";
import { closedPort, serve } from "../../../contract/fronts.ts";
import { memoryCluster } from "../backup/memory-cluster.ts";
import { fakeStore } from "../../store/fake-store.ts";
import { BACKUP, partWith, restoreOf } from "./state.ts";

beforeEach(() => void vi.stubEnv("HTTP_PROXY", ""));

const file = (content: unknown) => gzipSync(JSON.stringify(content));
const lists = {
  "v1/ConfigMap": ["shop/a(created)", "shop/b(created)", "shop/c(skipped)"],
  "v1/Secret": ["shop/d(updated)"],
  "v1/Pod": ["shop/e(failed)"],
};
const counts = { created: 2, updated: 1, skipped: 1, failed: 1 };
const results = { errors: { namespaces: { shop: ["no such class"] } } };

interface Files {
  /** At the URL that Velero signs; without it leads nowhere. */
  atUrl?: unknown;
  /** In the program's store; null where it has no way there. */
  items?: object;
  results?: object;
  store?: ObjectStore | null;
}

async function judged(
  status: Restore["status"],
  { atUrl, items, results, store }: Files = {},
  isAllowed = false,
) {
  const downloadURL =
    atUrl === undefined
      ? `http://127.0.0.1:${await closedPort()}`
      : `http://127.0.0.1:${await serve(createServer((_request, response) => void response.end(file(atUrl))))}`;
  const { client, writes } = memoryCluster(() => ({ phase: "Processed", downloadURL }));
  const own = fakeStore();
  const restore = restoreOf(partWith(), status, "r");
  if (items) own.objects.set("east/restores/r/restore-r-resource-list.json.gz", file(items));
  if (results) own.objects.set("east/restores/r/restore-r-results.gz", file(results));
  const judgement = await judgeRestore(restore, {
    client,
    store: store === undefined ? own : (store ?? undefined),
    location: { namespace: "velero", locationName: "primary-west-east" },
    storePrefix: "east",
    allowPartialFailure: isAllowed,
  });
  const asked = writes.filter((write) => write.startsWith("create DownloadRequest"));
  return { ...judgement, said: judgement.problem?.message, asked };
}

const partial = { phase: "PartiallyFailed", errors: 1, warnings: 2 };

describe("A restore that is Completed", () => {
  test("is good, with what it did with each object, and nothing is written to the cluster for it", async () => {
    const { problem, counts: found, items, asked } = await judged({ phase: "Completed" }, { items: lists });
    expect({ problem, found, asked }).toEqual({ problem: undefined, found: counts, asked: [] });
    expect(items).toContainEqual({ kind: "v1/Pod", namespace: "shop", name: "e", action: "failed" });
  });

  test("is good without its counts, where nobody has the list or the store is down", async () => {
    const broken = fakeStore({ get: () => Promise.reject(new Error("the store is down")) });
    const good = { items: [], said: undefined, asked: [] };
    expect(await judged({ phase: "Completed" })).toEqual(good);
    const unread = { ...good, unread: "the store is down" };
    expect(await judged({ phase: "Completed" }, { store: broken })).toEqual(unread);
  });

  test("has its counts by the URL that Velero signs, where the program has no way to the store", async () => {
    const { counts: found, asked } = await judged({ phase: "Completed" }, { store: null, atUrl: lists });
    expect(found).toEqual(counts);
    expect(asked).toHaveLength(1);
  });

  test("counts none where it has restored nothing", async () => {
    expect((await judged({ phase: "Completed" }, { items: {} })).counts).toEqual({
      created: 0,
      updated: 0,
      skipped: 0,
      failed: 0,
    });
  });
});

describe("A restore that is PartiallyFailed", () => {
  test("is told in Velero's own words by namespace, with what it did, and how to go on", async () => {
    const { problem, said, counts: found } = await judged(partial, { items: lists, results });
    expect(said).toMatch(
      /^Restore velero\/r in cluster "east" ended PartiallyFailed \(1 errors, 2 warnings\): shop: no such class\. What it could restore is there\. Mend the cause and change `triggers`.*allowPartialFailure: true/,
    );
    expect(problem).toMatchObject({ code: "PartiallyFailed", property: undefined });
    expect(found).toEqual(counts);
  });

  test("is told in them by the URL that Velero signs, too", async () => {
    const { said } = await judged(partial, { items: lists, atUrl: results });
    expect(said).toContain("(1 errors, 2 warnings): shop: no such class. ");
  });

  test("is told where nobody has the words", async () => {
    const { said } = await judged(partial, { store: null });
    expect(said).toMatch(/ended PartiallyFailed \(1 errors, 2 warnings\)\. What it could restore is there\./);
  });

  test("is good where such are allowed, whatever was in the way", async () => {
    const { problem, counts: found } = await judged(partial, { items: lists, results }, true);
    expect({ problem, found }).toEqual({ problem: undefined, found: counts });
  });

  test("and restored nothing, says so", async () => {
    const nothing = { "v1/Pod": ["shop/e(failed)"] };
    expect((await judged(partial, { items: nothing, results })).said).toContain(
      `Nothing of Backup ${BACKUP} was restored. Mend the cause`,
    );
  });
});

describe("A restore that failed", () => {
  test.each<[Restore["status"], string]>([
    [
      { phase: "Failed", failureReason: "disk full" },
      "ended Failed: disk full. Mend the cause and change `triggers`",
    ],
    [{ phase: "Failed", errors: 3 }, "ended Failed (3 errors, 0 warnings). Mend"],
  ])("is told by its reason where it has one, and never good: %j", async (status, words) => {
    const { said, problem } = await judged(status, { store: null }, true);
    expect(said).toContain(words);
    expect(problem).toMatchObject({ code: "Failed", property: undefined });
  });

  test("since Velero refused it, is a matter of its backup, and no file is asked for", async () => {
    const status = { phase: "FailedValidation", validationErrors: ["no such backup", "bad list"] };
    const { said, problem, asked } = await judged(status, {}, true);
    expect(said).toBe(
      'backup: Restore velero/r in cluster "east" ended FailedValidation: no such backup; bad list. Mend the cause and change `triggers` to restore again.',
    );
    expect(problem).toMatchObject({ code: "FailedValidation", property: "backup" });
    expect(asked).toEqual([]);
  });

  test.each([
    "unexpected EOF",
    "gzip: invalid header",
    "archive/tar: invalid tar header",
    "flate: corrupt input before offset 7",
  ])("since the tarball is damaged (%s) has that for its reason", async (words) => {
    const { said } = await judged(
      { phase: "PartiallyFailed", errors: 1 },
      { results: { errors: { velero: [words] } } },
    );
    expect(said).toMatch(/The tarball of Backup \S+ cannot be read: .*Restore another backup\.$/);
    expect(said).not.toContain("allowPartialFailure");
  });
});
