import { inspect } from "node:util";
import { expect } from "vitest";
import type { ObjectStore } from "../../provider/store/object-store.ts";
import { StoreError } from "../../provider/store/store-error.ts";

/** Credentials that no message may show. */
export const canary = {
  accessKeyId: "CANARYACCESSKEYID",
  secretAccessKey: "canary/secret+access=key",
  sessionToken: "canary-session-token",
};
export const canaryPassword = "canary-password";

/** Fails as expected, in those words, and shows no secret. */
export async function expectRefusal(
  promise: Promise<unknown>,
  expected: object,
  words: RegExp,
): Promise<StoreError> {
  const refusal = await promise.then(
    (value) => expect.fail(`succeeded with ${inspect(value)}`),
    (error: unknown) => error,
  );
  if (!(refusal instanceof StoreError)) throw refusal;
  expect(refusal).toMatchObject(expected);
  expect(refusal.message).toMatch(words);
  const shown = inspect(refusal, { depth: 20, showHidden: true });
  for (const secret of [...Object.values(canary), canaryPassword]) expect(shown).not.toContain(secret);
  return refusal;
}

/** Every operation fails in the same way. */
export async function expectEach(store: ObjectStore, expected: object, words: RegExp): Promise<void> {
  await expectRefusal(store.inspect(), expected, words);
  await expectRefusal(store.get("a/b"), expected, words);
  await expectRefusal(store.put("a/b", "c"), expected, words);
  await expectRefusal(store.put("a/b", "c", { ifAbsent: true }), expected, words);
  await expectRefusal(store.list("a/")[Symbol.asyncIterator]().next(), expected, words);
  await expectRefusal(store.children("a/"), expected, words);
  await expectRefusal(store.remove(["a/b"]), expected, words);
}

export async function within(seconds: number, promise: Promise<unknown>): Promise<void> {
  const start = performance.now();
  await promise;
  expect((performance.now() - start) / 1000).toBeLessThan(seconds);
}
