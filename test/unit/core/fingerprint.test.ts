import { createHash, scryptSync } from "node:crypto";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Fingerprinter } from "../../../provider/core/secrets.ts";
import { uniqueName } from "../../sandbox/unique-name.ts";

vi.mock("node:crypto", async (original) => {
  const crypto = await original<typeof import("node:crypto")>();
  return { ...crypto, scryptSync: vi.fn<typeof crypto.scryptSync>(crypto.scryptSync) };
});
const slow = vi.mocked(scryptSync);

let ours: Fingerprinter;
beforeEach(() => {
  slow.mockClear();
  ours = new Fingerprinter();
});

const AT = "secretAccessKey";
/** As the next process would compute it: this one has computed nothing of it yet. */
const anew = () => new Fingerprinter();

describe("The fingerprint of a secret", () => {
  test("stays while the value does, in the next process, too, and changes with it", () => {
    const first = ours.fingerprint(AT, "minio123");
    expect(first).toMatch(/^[0-9a-f]{16}:[0-9a-f]{16}$/);
    const next = anew();
    expect(next.fingerprint(AT, "minio123", first)).toBe(first);
    expect(next.fingerprint(AT, "minio124", first)).not.toBe(first);
  });

  test("of a short value is no hash by which thousands of millions are tried in a second", () => {
    const [salt = "", hash = ""] = ours.fingerprint(AT, "hunter2").split(":");
    expect(slow).toHaveBeenCalledExactlyOnceWith("hunter2", salt, 8);
    const fast = ["sha256", "sha512", "md5"].flatMap((algorithm) =>
      [`${salt}hunter2`, `hunter2${salt}`, JSON.stringify([salt, "hunter2"])].map((text) =>
        createHash(algorithm).update(text).digest("hex"),
      ),
    );
    expect(fast.some((each) => each.startsWith(hash))).toBe(false);
  });

  test("of a value is computed once for a hundred resources, new ones and those of state alike", () => {
    const value = uniqueName("shared");
    const made = Array.from({ length: 100 }, () => ours.fingerprint(AT, value));
    expect(new Set(made).size).toBe(1);
    expect(slow).toHaveBeenCalledTimes(1);
    const next = anew();
    expect(made.map((before) => next.fingerprint(AT, value, before))).toEqual(made);
    expect(next.fingerprint(AT, value)).toBe(made[0]);
    expect(slow).toHaveBeenCalledTimes(2);
  });

  test("of equal values of different properties, or by different processes, differs", () => {
    const first = ours.fingerprint(AT, "the same");
    expect(ours.fingerprint("repositoryPassword", "the same")).not.toBe(first);
    expect(anew().fingerprint(AT, "the same")).not.toBe(first);
  });

  test("of a whole file costs next to nothing", () => {
    const kubeconfig = `users: ${"x".repeat(2_000)}`;
    const first = ours.fingerprint("kubeconfig", kubeconfig);
    expect(ours.fingerprint("kubeconfig", kubeconfig, first)).toBe(first);
    expect(ours.fingerprint("kubeconfig", `${kubeconfig}y`, first)).not.toBe(first);
    expect(slow).not.toHaveBeenCalled();
  });
});
