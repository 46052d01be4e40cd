import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const dist = (file: string): string => fileURLToPath(new URL(`../../../dist/${file}`, import.meta.url));

/**
 * pulumi-velero as it is; but under `FAKE_RUN` its creates make nothing and say what a real one would have said, so
 * that a stack of any size gets its state without a server.
 */
export function fakeRunPackage(): { folder: string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), "fake-run-"));
  const files = {
    "package.json": JSON.stringify({
      name: "pulumi-velero",
      exports: { ".": "./sdk.js", "./provider": "./provider.js", "./package.json": "./package.json" },
    }),
    "sdk.js": `module.exports = require(${JSON.stringify(dist("sdk/index.js"))});`,
    "provider.js": provider,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

const provider = `
const real = require(${JSON.stringify(dist("provider/index.js"))});
const time = "2026-11-23T02:00:00Z";
const made = {
  BackupLocation: () => ({ store: { region: "us-east-1", versioning: "off", objectLock: "off", encryption: "none" } }),
  ClusterLocation: () => ({
    incarnation: "0a1b2c3d4e5f", clusterUid: "2bc6ef59-8a7e-4286-a21d-e498705f7764", accessMode: "ReadWrite",
    phase: "Available", lastValidated: time, lastSynced: time,
  }),
  ClusterBackup: ({ objectName, schedule }) => ({
    incarnation: "0a1b2c3d4e5f", clusterUid: "2bc6ef59-8a7e-4286-a21d-e498705f7764",
    phase: schedule ? "Enabled" : "Completed", backupName: objectName + "-20261123020000",
    ...(schedule ? { scheduleName: objectName, nextRun: "2026-11-24T02:00:00.000Z", lastSuccessfulBackup: time } : {}),
    startTime: time, completionTime: time, expiration: "2026-12-23T02:00:00Z",
    itemsBackedUp: 1000, warnings: 0, errors: 0,
  }),
};
exports.create = (kind) => !process.env.FAKE_RUN ? real.create(kind) : ({
  ...real.create(kind),
  create: async (inputs) => ({ id: kind + "/" + inputs.owner.split("::").pop(), outs: { ...inputs, ...made[kind](inputs) } }),
});
`;
