import { readFileSync } from "node:fs";

export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
  /** The files that took longest, in seconds. */
  slowest: { file: string; seconds: number }[];
}

interface Report {
  testResults: {
    name: string;
    startTime: number;
    endTime: number;
    status: string;
    assertionResults: { status: string }[];
  }[];
}

const SLOWEST = 10;

/**
 * Counts what vitest's JSON reporter has written. A file that could not be loaded has no tests, and a run may fail
 * without any (its setup, an unhandled rejection, a crash): each counts as one failure.
 */
export function readTally(report: string, exitCode: number | null): Tally {
  const files = readReport(report);
  const tally: Tally = { passed: 0, failed: 0, skipped: 0, slowest: slowestOf(files) };
  for (const { status, assertionResults } of files) {
    const failedBefore = tally.failed;
    for (const test of assertionResults) tally[outcomeOf(test.status)]++;
    if (status === "failed" && tally.failed === failedBefore) tally.failed++;
  }
  const isEmpty = tally.passed + tally.failed + tally.skipped === 0;
  if ((exitCode !== 0 || isEmpty) && tally.failed === 0) tally.failed++;
  return tally;
}

function slowestOf(files: Report["testResults"]): Tally["slowest"] {
  return files
    .map(({ name, startTime, endTime }) => ({
      file: name,
      seconds: Math.round((endTime - startTime) / 1000),
    }))
    .toSorted((left, right) => right.seconds - left.seconds)
    .slice(0, SLOWEST);
}

function outcomeOf(status: string): "passed" | "failed" | "skipped" {
  if (status === "passed") return "passed";
  return status === "failed" ? "failed" : "skipped";
}

function readReport(file: string): Report["testResults"] {
  try {
    return (JSON.parse(readFileSync(file, "utf8")) as Report).testResults;
  } catch {
    // Vitest has ended before its reporters had a say; its exit code tells.
    return [];
  }
}
