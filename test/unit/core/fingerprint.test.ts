import { createHash, scryptSync } from "node:crypto";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { fingerprint } from "../../../provider/core/references.ts";
import { uniqueName } from "../../sandbox/unique-name.ts";

vi.mock("node:crypto", async (original) => {
  const crypto = await original<typeof import("node:crypto")>();
  return { ...crypto, scryptSync: vi.fn<typeof crypto.scryptSync>(crypto.scryptSync) };
});
const slow = vi.mocked(scryptSync);

beforeEach(() => void slow.mockClear());

const AT = "secretAccessKey";
/** As the next process would compute it: this one has computed nothing of it yet. */
const anew = async () => {
  vi.resetModules();
  return (await import("../../../provider/core/references.ts")).fingerprint;
};

describe("The fingerprint of a secret", () => {
  test("stays while the value does, in the next process, too, and changes with it", async () => {
    const first = fingerprint(AT, "minio123");
    expect(first).toMatch(/^[0-9a-f]{16}:[0-9a-f]{16}$/);
    const next = await anew();
    expect(next(AT, "minio123", first)).toBe(first);
    expect(next(AT, "minio124", first)).not.toBe(first);
  });

  test("of a short value is no hash by which thousands of millions are tried in a second", () => {
    const [salt = "", hash = ""] = fingerprint(AT, "hunter2").split(":");
    expect(slow).toHaveBeenCalledExactlyOnceWith("hunter2", salt, 8);
    const fast = ["sha256", "sha512", "md5"].flatMap((algorithm) =>
      [`${salt}hunter2`, `hunter2${salt}`, JSON.stringify([salt, "hunter2"])].map((text) =>
        createHash(algorithm).update(text).digest("hex"),
      ),
    );
    expect(fast.some((each) => each.startsWith(hash))).toBe(false);
  });

  test("of a value is computed once for a hundred resources, new ones and those of state alike", async () => {
    const value = uniqueName("shared");
    const made = Array.from({ length: 100 }, () => fingerprint(AT, value));
    expect(new Set(made).size).toBe(1);
    expect(slow).toHaveBeenCalledTimes(1);
    const next = await anew();
    expect(made.map((before) => next(AT, value, before))).toEqual(made);
    expect(next(AT, value)).toBe(made[0]);
    expect(slow).toHaveBeenCalledTimes(2);
  });

  test("of equal values of different properties, or by different processes, differs", async () => {
    const first = fingerprint(AT, "the same");
    expect(fingerprint("repositoryPassword", "the same")).not.toBe(first);
    expect((await anew())(AT, "the same")).not.toBe(first);
  });

  test("of a whole file costs next to nothing", () => {
    const kubeconfig = `users: ${"x".repeat(2_000)}`;
    const first = fingerprint("kubeconfig", kubeconfig);
    expect(fingerprint("kubeconfig", kubeconfig, first)).toBe(first);
    expect(fingerprint("kubeconfig", `${kubeconfig}y`, first)).not.toBe(first);
    expect(slow).not.toHaveBeenCalled();
  });
});
