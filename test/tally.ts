import { readFileSync } from "node:fs";

export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

interface Report {
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

/**
 * Counts what vitest's JSON reporter has written. A file that could not be loaded has no tests, and a run may fail
 * without any (its setup, an unhandled rejection, a crash): each counts as one failure.
 */
export function readTally(report: string, exitCode: number | null): Tally {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const { status, assertionResults } of readReport(report)) {
    const failedBefore = tally.failed;
    for (const test of assertionResults) tally[outcomeOf(test.status)]++;
    if (status === "failed" && tally.failed === failedBefore) tally.failed++;
  }
  const isEmpty = tally.passed + tally.failed + tally.skipped === 0;
  if ((exitCode !== 0 || isEmpty) && tally.failed === 0) tally.failed++;
  return tally;
}

function outcomeOf(status: string): keyof Tally {
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
