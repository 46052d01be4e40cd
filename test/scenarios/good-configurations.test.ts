import { afterAll, beforeAll, expect, test } from "vitest";
import { Runner } from "../engine/runner.ts";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { clustersAndBackups } from "./good/clusters-and-backups.ts";
import { type NamedRow, programWith } from "./good/program.ts";
import { stores } from "./good/stores.ts";
import { startSurroundings, type Surroundings } from "./good/surroundings.ts";
import { messagesOf, stepsOf } from "./stack.ts";

const table: NamedRow[] = [...stores, ...clustersAndBackups].map((row, index) => ({
  ...row,
  name: `good-${index}`,
}));
const served = table.filter(({ passesUp }) => passesUp);

/** The other side of the table of mistakes: nothing that is right is refused. */
describeOnSandbox("A program with", (sandbox) => {
  let surroundings: Surroundings;
  let runner: Runner;
  let preview: RunResult;
  let up: RunResult;

  beforeAll(async () => {
    surroundings = await startSurroundings(sandbox);
    runner = new Runner({
      stack: uniqueName("dev"),
      program: { files: { ...surroundings.files, "index.js": programWith(table) } },
      env: surroundings.env,
    });
    preview = await runner.preview();
    runner.write({ "index.js": programWith(served) });
    up = await runner.up();
  }, 120_000);
  afterAll(async () => {
    await runner?.destroy();
    await runner?.dispose();
    await surroundings?.close();
  }, 120_000);

  test("one of these is one of many", () => {
    expect(table.length).toBeGreaterThanOrEqual(40);
    expect(new Set(table.map(({ title }) => title)).size).toBe(table.length);
  });

  test.each(table)("$title is not refused by the preview", ({ name }) => {
    expectNothingWrong(preview, name);
  });

  test.each(served)("$title passes an up", ({ name }) => {
    expectNothingWrong(up, name);
  });

  test("all of this leaves nothing to do for a second up", async () => {
    const again = await runner.up({ expectNoChanges: true });
    expect(again.ok, messagesOf(again)).toBe(true);
  });
});

function expectNothingWrong(run: RunResult, name: string): void {
  const ofThisRow = new RegExp(`::${name}(-|$)`);
  const errors = run.diagnostics.filter(
    ({ severity, urn }) => severity === "error" && ofThisRow.test(urn ?? ""),
  );
  expect(errors.map(({ message }) => message)).toEqual([]);
  expect(stepsOf(run), messagesOf(run)).toContain(`create ${name}`);
}
