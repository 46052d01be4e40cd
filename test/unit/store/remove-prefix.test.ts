import { expect, test } from "vitest";
import { removePrefix } from "../../../provider/store/object-store.ts";
import { fakeStore } from "./fake-store.ts";

test("removes in batches of a thousand", async () => {
  const sizes: number[] = [];
  const store = fakeStore({ remove: async (keys) => void sizes.push(keys.length) });
  for (let index = 0; index < 2500; index++) await store.put(`east/${index}`, "x");
  await store.put("east-2/1", "x");
  expect(await removePrefix(store, "east/")).toBe(2500);
  expect(sizes).toEqual([1000, 1000, 500]);
});

test("asks for no removal where nothing is", async () => {
  const store = fakeStore({ remove: () => Promise.reject(new Error("must not be called")) });
  expect(await removePrefix(store, "east/")).toBe(0);
});

test.each(["", "/", "//", "/east/", "east", " ", "\n/x"])(
  "refuses %j and touches nothing",
  async (prefix) => {
    const store = fakeStore();
    await store.put("east/1", "x");
    await store.put("/east/1", "x");
    await expect(removePrefix(store, prefix)).rejects.toMatchObject({ code: "UnsafePrefix" });
    expect(store.objects.size).toBe(2);
  },
);
