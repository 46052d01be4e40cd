import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { withBuildLock } from "../../sandbox/build/build-lock.ts";

let dir: string;
let lock: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "build-lock-"));
  lock = join(dir, "lock");
});

afterEach(() => rm(dir, { recursive: true }));

test("lets one at a time work, and leaves nothing", async () => {
  let working = 0;
  const work = async () => {
    expect(++working).toBe(1);
    await sleep(20);
    working--;
  };
  await Promise.all([withBuildLock(lock, work), withBuildLock(lock, work)]);
  expect(await readdir(dir)).toEqual([]);
});

test("is released when the work fails", async () => {
  await expect(withBuildLock(lock, () => Promise.reject(new Error("no compiler")))).rejects.toThrow();
  expect(await withBuildLock(lock, async () => "built")).toBe("built");
});

test("is taken from a process that is no more", async () => {
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  await writeFile(lock, String(pid));
  expect(await withBuildLock(lock, async () => "built")).toBe("built");
});

test("is taken from one who has not refreshed it for long", async () => {
  await writeFile(lock, String(process.pid));
  await utimes(lock, new Date(0), new Date(0));
  expect(await withBuildLock(lock, async () => "built")).toBe("built");
});

test("is waited for only until the wait is aborted", async () => {
  await writeFile(lock, String(process.pid));
  const onWait = vi.fn<() => void>();
  const work = withBuildLock(lock, async () => "built", { signal: AbortSignal.timeout(50), onWait });
  await expect(work).rejects.toThrow("aborted");
  expect(onWait).toHaveBeenCalledOnce();
});
