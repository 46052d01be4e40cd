import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as velero from "../../../sdk/index.ts";
import { minio, mockProgram } from "./mocked-program.ts";

mockProgram();

type Format = (error: Error, callSites: NodeJS.CallSite[]) => unknown;
const errors: { prepareStackTrace?: Format | undefined } = Error;

describe("Where a program maps stack traces, as ts-node does", () => {
  const before = errors.prepareStackTrace;
  const limits: number[] = [];
  const format: Format = (error, callSites) => {
    limits.push(Error.stackTraceLimit);
    return `${String(error)}\n    at ${callSites.join("\n    at ")}\n    mapped`;
  };
  beforeEach(() => {
    limits.length = 0;
    errors.prepareStackTrace = format;
  });
  afterEach(() => void (errors.prepareStackTrace = before));

  const location = () =>
    new velero.BackupLocation("traced", { storage: minio(), clusters: { east: { ambient: true } } });
  const tracesOf = (make: () => unknown) => {
    limits.length = 0;
    make();
    return [...limits];
  };

  test("a resource takes one trace, of the place of its declaration, and leaves the formatter in place", () => {
    const at = location();
    const traces = tracesOf(() => new velero.ClusterBackup("traced", { location: at, cluster: "east" }));
    expect(traces.filter((limit) => limit === Number.POSITIVE_INFINITY)).toHaveLength(1);
    expect(traces.length).toBeLessThan(10);
    expect(errors.prepareStackTrace).toBe(format);
  });

  test("an error of a transformation has its trace, and the formatter is in place", () => {
    const at = location();
    const transformations = [() => expect.fail("a mistake")];
    const make = () =>
      new velero.ClusterBackup("thrown", { location: at, cluster: "east" }, { transformations });
    expect(make).toThrow(
      expect.objectContaining({ stack: expect.stringMatching(/a mistake[^]*stack-traces\.test[^]*mapped/) }),
    );
    expect(errors.prepareStackTrace).toBe(format);
  });
});
