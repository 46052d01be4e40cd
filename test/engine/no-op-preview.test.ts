import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSpy } from "../unit/provider-host/spy.ts";
import { manyEnv } from "./many/program.ts";
import { type SettledStack, settledStack } from "./many/settled-stack.ts";
import type { RunResult } from "./run-result.ts";
import { withoutPlaces } from "./without-places.ts";

const COUNT = 100;

const ours = ({ steps }: RunResult) => steps.filter(({ type }) => type.includes("velero:"));

/** What a provider must not load before it has something to do. */
const HEAVY =
  /node_modules\/(@kubernetes|undici|@aws-sdk|@smithy|minio|@google-cloud|@azure|@pulumi\/kubernetes)\/|\/client-node-/;

describe("A stack of a hundred resources that needs nothing done", () => {
  let stack: SettledStack;
  beforeAll(async () => void (stack = await settledStack(COUNT)));
  afterAll(() => stack?.dispose());

  test("is previewed without a connection to anywhere, and without loading a client of clusters or stores", async () => {
    const { runner } = stack;
    const spy = startSpy();
    const preview = await runner.preview({ expectNoChanges: true, env: spy.env });
    expect(preview.ok, preview.text).toBe(true);
    expect(ours(preview).map(({ op }) => op)).toEqual(Array.from({ length: COUNT }, () => "same"));

    expect(spy.processes()).toBe(1);
    expect(spy.modules().filter(({ from = "" }) => from.includes("/dist/provider/")).length).toBeGreaterThan(
      20,
    );
    expect(spy.modules().filter(({ module }) => HEAVY.test(module))).toEqual([]);
    expect(spy.network()).toEqual([]);

    // The spy does see what a refresh of the same stack loads and connects to.
    spy.forget();
    await runner.refresh({ previewOnly: true, env: spy.env });
    expect(spy.modules().some(({ module }) => /\/client-node-/.test(module))).toBe(true);
    expect(spy.modules().some(({ module }) => /node_modules\/@aws-sdk\//.test(module))).toBe(true);
    expect(spy.network().join()).toMatch(/46443/);
  });

  test("takes less than 4 KB of state for each backup whose credentials are references, and no secret", () => {
    const { state } = stack.up;
    const backups =
      state.deployment.resources?.filter(({ type }) => type.endsWith("velero:ClusterBackup")) ?? [];
    expect(backups).toHaveLength(COUNT - 5);
    for (const backup of withoutPlaces(backups))
      expect(JSON.stringify(backup).length, backup.urn).toBeLessThan(4 * 1024);
    for (const secret of ["access-key-of-many", "secret-key-of-many", "token-of-many"]) {
      expect(JSON.stringify(manyEnv)).toContain(secret);
      expect(JSON.stringify(state)).not.toContain(secret);
    }
  });
});
