import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { summarizeEvents } from "../../engine/engine-events.ts";
import { findPulumi } from "../../engine/find-pulumi.ts";

describe("the choice of the CLI", () => {
  const root = mkdtempSync(path.join(tmpdir(), "pulumi-cli-"));
  const downloader = path.join(root, "node_modules", ".bin");
  const installed = path.join(root, "bin");
  beforeAll(() => {
    for (const directory of [downloader, installed]) {
      mkdirSync(directory, { recursive: true });
      writeFileSync(path.join(directory, "pulumi"), "#!/bin/sh\n");
      chmodSync(path.join(directory, "pulumi"), 0o755);
    }
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it("takes a CLI on PATH, but not what npm links there to download one", () => {
    expect(findPulumi({ PATH: downloader })).toBeUndefined();
    const both = findPulumi({ PATH: [downloader, installed].join(path.delimiter) });
    expect(both).toBe(path.join(installed, "pulumi"));
  });
});

describe("the CLI's event log", () => {
  it("is read as far as it goes when the CLI was killed", () => {
    const urn = "urn:pulumi:dev::scenario::a:b:C::name::with::colons";
    const event = { resourcePreEvent: { metadata: { op: "create", urn, type: "a:b:C", new: null } } };
    const { steps } = summarizeEvents(`${JSON.stringify(event)}\n{"resOutputs`);
    expect(steps).toEqual([{ op: "create", urn, name: "name::with::colons", type: "a:b:C" }]);
  });
});
