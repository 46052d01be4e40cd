import { createRunner } from "../create-runner.ts";
import type { RunResult } from "../run-result.ts";
import type { Runner } from "../runner.ts";
import { fakeRunPackage } from "./fake-run-package.ts";
import { manyEnv, programOf } from "./program.ts";

export interface SettledStack {
  /** Runs the real package. */
  runner: Runner;
  /** The up that made the state, by a provider that made nothing. */
  up: RunResult;
  dispose(): Promise<void>;
}

/** A stack of so many resources of ours as it is after an up, without a server that has seen any of them. */
export async function settledStack(count: number): Promise<SettledStack> {
  const files = { "index.js": programOf(count) };
  const { folder, remove } = fakeRunPackage();
  const fake = createRunner({ program: { files, packages: { "pulumi-velero": folder } }, env: manyEnv });
  const runner = createRunner({ program: { files }, env: manyEnv, backend: fake });
  const up = await fake.up();
  if (!up.ok) throw new Error(up.text);
  async function dispose(): Promise<void> {
    await runner.dispose();
    await fake.dispose();
    remove();
  }
  return { runner, up, dispose };
}
