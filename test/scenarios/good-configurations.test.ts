import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Runner } from "../engine/runner.ts";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { otherClustersAndBackups, servedClustersAndBackups } from "./good/clusters-and-backups.ts";
import { otherStores, servedStores } from "./good/stores.ts";
import { startSurroundings, type Surroundings } from "./good/surroundings.ts";
import { checkPrograms } from "./mistakes/check-programs.ts";
import { type Part, programWith } from "./mistakes/program.ts";
import { messagesOf, stepsOf } from "./stack.ts";

const partsOf = (rows: Record<string, Omit<Part, "name" | "own">>, prefix: string) =>
  Object.entries(rows).map(([title, row], index) => ({ title, ...row, name: `${prefix}-${index}`, own: {} }));
const served = partsOf({ ...servedStores, ...servedClustersAndBackups }, "good");
const table = [...served, ...partsOf({ ...otherStores, ...otherClustersAndBackups }, "fair")];

/** The other side of the table of mistakes: nothing that is right is refused. */
describeOnSandbox("A program with", (sandbox) => {
  let surroundings: Surroundings;
  let runner: Runner;
  let complaints: Map<string, string[]>;
  let up: RunResult;

  beforeAll(async () => {
    surroundings = await startSurroundings(sandbox);
    complaints = await checkAll();
    runner = new Runner({
      stack: uniqueName("dev"),
      program: { files: { ...surroundings.files, "index.js": programWith(served) } },
      env: surroundings.env,
    });
    up = await runner.up();
  }, 300_000);
  afterAll(async () => {
    await runner?.destroy();
    await runner?.dispose();
    await surroundings?.close();
  }, 120_000);

  /** In the folder in which the files are, as the CLI would have it. */
  async function checkAll(): Promise<Map<string, string[]>> {
    const folder = mkdtempSync(path.join(tmpdir(), "good-"));
    const before = process.cwd();
    for (const [name, text] of Object.entries(surroundings.files))
      writeFileSync(path.join(folder, name), text);
    for (const [name, value] of Object.entries(surroundings.env)) vi.stubEnv(name, value);
    try {
      process.chdir(folder);
      const programs = table.map((part) => ({ name: part.name, text: programWith([part]) }));
      return await checkPrograms(programs, { dryRun: true });
    } finally {
      process.chdir(before);
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true, force: true });
    }
  }

  test.each(table)("$title is not refused by the preview", ({ name }) => {
    expect(complaints.get(name)).toEqual([]);
  });

  test.each(served)("$title passes an up", ({ name }) => {
    const ofThisRow = new RegExp(`::${name}(-|$)`);
    const errors = up.diagnostics.filter(
      ({ severity, urn = "" }) => severity === "error" && ofThisRow.test(urn),
    );
    expect(errors.map(({ message }) => message)).toEqual([]);
    expect(stepsOf(up), messagesOf(up)).toContain(`create ${name}`);
  });

  test("all of this leaves nothing to do for a second up", async () => {
    const again = await runner.up({ expectNoChanges: true });
    expect(again.ok, messagesOf(again)).toBe(true);
  });
});
