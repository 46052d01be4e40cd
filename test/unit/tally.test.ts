import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readTally } from "../tally.ts";

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});

function tallyOf(report: unknown, exitCode: number | null) {
  const folder = mkdtempSync(path.join(tmpdir(), "pulumi-velero-tally-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const name = path.join(folder, "report.json");
  if (report !== undefined) writeFileSync(name, JSON.stringify(report));
  return readTally(name, exitCode);
}

test("counts tests; what was not run for whatever reason is skipped", () => {
  const testResults = [
    file("passed", "passed", "passed", "skipped"),
    file("failed", "failed", "pending", "todo"),
  ];
  expect(tallyOf({ testResults }, 1)).toMatchObject({ passed: 2, failed: 1, skipped: 3 });
});

test("a file that could not be loaded is a failure", () => {
  expect(tallyOf({ testResults: [file("passed", "passed"), file("failed")] }, 1)).toMatchObject({
    passed: 1,
    failed: 1,
  });
});

test("a run that fails although its tests pass is a failure", () => {
  expect(tallyOf({ testResults: [file("passed", "passed")] }, 1)).toMatchObject({ passed: 1, failed: 1 });
  expect(tallyOf({ testResults: [file("passed", "passed")] }, null)).toMatchObject({ failed: 1 });
});

test("a crash before any report is a failure", () => {
  expect(tallyOf(undefined, 134)).toMatchObject({ passed: 0, failed: 1, skipped: 0 });
});

test("a run without any test is a failure", () => {
  expect(tallyOf({ testResults: [] }, 0)).toMatchObject({ failed: 1 });
});

test("tells which files took longest, the slowest first", () => {
  const testResults = [3, 61, 12].map((seconds, index) => ({
    ...file("passed", "passed"),
    ...{ name: `${index}.test.ts`, startTime: 1_000, endTime: 1_000 + seconds * 1_000 },
  }));
  expect(tallyOf({ testResults }, 0).slowest).toEqual([
    { file: "1.test.ts", seconds: 61 },
    { file: "2.test.ts", seconds: 12 },
    { file: "0.test.ts", seconds: 3 },
  ]);
});
