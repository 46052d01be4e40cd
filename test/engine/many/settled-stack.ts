import { Runner } from "../runner.ts";
import type { RunResult } from "../run-result.ts";
import { fakeRunPackage } from "./fake-run-package.ts";
import { manyEnv, programOf } from "./program.ts";

export interface SettledStack {
  runner: Runner;
  /** The up that made the state, by a provider that made nothing. */
  up: RunResult;
  dispose(): Promise<void>;
}

/** A stack of so many resources of ours as it is after an up, without a server that has seen any of them. */
export async function settledStack(count: number): Promise<SettledStack> {
  const { folder, remove } = fakeRunPackage();
  const program = { files: { "index.js": programOf(count) }, packages: { "pulumi-velero": folder } };
  const runner = new Runner({ program, env: manyEnv });
  async function dispose(): Promise<void> {
    await runner.dispose();
    remove();
  }
  const up = await runner.up({ env: { FAKE_RUN: "true" } });
  if (up.ok) return { runner, up, dispose };
  await dispose();
  throw new Error(up.text);
}
