import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { deadlineOf } from "../../../provider/core/deadline.ts";

test("a deadline says which property sets it, and what it is by default", () => {
  expect(deadlineOf("create", { create: "45m" }).name).toBe("timeouts.create (45m)");
  expect(deadlineOf("delete", { create: "45m" }).name).toBe("timeouts.delete (30m)");
});

test("a limit beyond what Node's timers can count does not end the wait at once", async () => {
  const { signal } = deadlineOf("create", { create: "10000h" });
  await sleep(20);
  expect(signal.aborted).toBe(false);
});

test("a fraction of a millisecond is a limit, too", async () => {
  const { signal } = deadlineOf("create", { create: "100us" });
  await sleep(20);
  expect(signal.aborted).toBe(true);
});
