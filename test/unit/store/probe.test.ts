import { expect, test } from "vitest";
import { probe } from "../../../provider/store/probe.ts";
import { StoreError } from "../../../provider/store/store-error.ts";
import { fakeStore } from "./fake-store.ts";

const forbidden = () =>
  Promise.reject(
    new StoreError({
      code: "Forbidden",
      vendorCode: "AccessDenied",
      what: "cannot do it",
      property: "storage.credentials",
    }),
  );

test("says which right is missing once, and which are there", async () => {
  const store = fakeStore({ get: forbidden });
  await expect(probe(store, "east")).rejects.toMatchObject({
    code: "Forbidden",
    message: "storage.credentials: the credentials may write, but not read: cannot do it.",
  });
  expect([...store.objects.keys()]).toEqual([]);
});

test("tells the first failure, also where its object cannot be deleted either", async () => {
  const store = fakeStore({ get: forbidden, remove: () => Promise.reject(new Error("another failure")) });
  await expect(probe(store, "east")).rejects.toThrow("may write, but not read");
  expect([...store.objects.keys()]).toEqual(["east/metadata/pulumi-velero-probe"]);
});

test("leaves a failure that is no missing right as it is", async () => {
  const failure = new StoreError({ code: "Unreachable", vendorCode: "ETIMEDOUT", what: "cannot reach it" });
  await expect(probe(fakeStore({ put: () => Promise.reject(failure) }), "east")).rejects.toBe(failure);
});

test.each([
  [{ get: async () => Buffer.from("stale") }, "reads east/metadata/pulumi-velero-probe otherwise"],
  [{ get: async () => undefined }, "reads east/metadata/pulumi-velero-probe otherwise"],
  [{ async *list() {} }, "does not list east/metadata/pulumi-velero-probe"],
])("fails a store that %j, and deletes its object", async (fault, words) => {
  const store = fakeStore(fault);
  await expect(probe(store, "east")).rejects.toThrow(words);
  expect([...store.objects.keys()]).toEqual([]);
});

test.each([
  ["", "metadata/me"],
  ["east", "east/metadata/me"],
  ["team/east/", "team/east/metadata/me"],
])("writes below the prefix %j at %s", async (prefix, key) => {
  const written: string[] = [];
  const store = fakeStore();
  const put = store.put.bind(store);
  await probe(
    { ...store, put: (at, content) => put(at, content).finally(() => written.push(at)) },
    prefix,
    "me",
  );
  expect(written).toEqual([key]);
});
