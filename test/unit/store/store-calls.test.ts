import { expect, test } from "vitest";
import { networkVerdicts } from "../../../provider/store/network-failures.ts";
import { storeCalls } from "../../../provider/store/request-store.ts";
import { type StoreOperation, StoreRefusal, type Verdict } from "../../../provider/store/store-error.ts";

const call = storeCalls({
  place: {
    property: "storage.azure",
    declaredAs: (path) => path,
    address: "a store",
    bucket: "b",
    hasEndpoint: true,
  },
  secrets: [],
  failureOf: (thrown) => (thrown as StoreRefusal).failure,
  verdictOn: ({ code }) => networkVerdicts[code] as Verdict,
});

/** A store that does not answer the first so many times. Tells how often it was asked. */
async function asked(verb: StoreOperation["verb"], silences: number): Promise<number> {
  let tries = 0;
  const answer = async () => {
    tries += 1;
    if (tries <= silences) throw new StoreRefusal({ code: "ETIMEDOUT", said: "no answer within 10 s" });
  };
  const outcome = await call({ verb }, answer).then(
    () => "done",
    (error: Error) => error.message,
  );
  expect(outcome).toContain(tries > silences ? "done" : "no answer within 10 s");
  return tries;
}

test("A deletion that gets no answer is tried once more, and nothing else is", async () => {
  expect(await asked("delete", 1)).toBe(2);
  expect(await asked("delete", 5)).toBe(2);
  for (const verb of ["inspect", "read", "write", "list"] as const) expect(await asked(verb, 5)).toBe(1);
});
