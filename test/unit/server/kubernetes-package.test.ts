import { execFile } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";

const repository = path.join(import.meta.dirname, "../../..");

/** Runs stack code on the package as it is published; what it prints is JSON. */
async function run(program: string): Promise<unknown> {
  const text = `
    const pulumi = require("@pulumi/pulumi");
    const velero = require("pulumi-velero");
    const theirs = () => Object.keys(require.cache).filter((file) => /@pulumi.kubernetes./.test(file)).length;
    const mocks = { newResource: ({ inputs }) => ({ id: "i", state: inputs }), call: () => ({}) };
    pulumi.runtime.setMocks(mocks).then(() => { ${program} });
  `;
  const printed = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, ["-e", text], { cwd: repository }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
  return JSON.parse(printed);
}

const provider = `new pulumi.ProviderResource("kubernetes", "east", { kubeconfig: "of east" })`;

test("Pulumi's package for Kubernetes is loaded when a VeleroServer is made, and not before", async () => {
  const told = await run(`
    const provider = ${provider};
    new velero.BackupLocation("l", { storage: { minio: { bucket: "b" } }, clusters: { east: { provider } } });
    const before = theirs();
    new velero.VeleroServer("velero", { stores: ["minio"] }, { provider });
    console.log(JSON.stringify({ before, isThere: theirs() > 0 }));
  `);
  expect(told).toEqual({ before: 0, isThere: true });
});

test("Where it is not installed, a VeleroServer says what to install, and everything else works", async () => {
  const told = await run(`
    const { Module } = require("node:module");
    const load = Module._load;
    Module._load = (name, ...rest) => {
      if (name !== "@pulumi/kubernetes") return load(name, ...rest);
      throw Object.assign(new Error("Cannot find module '@pulumi/kubernetes'"), { code: "MODULE_NOT_FOUND" });
    };
    let message;
    try {
      new velero.VeleroServer("velero", { stores: ["minio"] }, { provider: ${provider} });
    } catch (error) {
      message = error.message;
    }
    new velero.BackupLocation("l", { storage: { minio: { bucket: "b" } }, clusters: { east: { ambient: true } } });
    console.log(JSON.stringify({ message }));
  `);
  expect(told).toEqual({
    message:
      "VeleroServer needs the package @pulumi/kubernetes, and it cannot be loaded. " +
      "Run `npm install @pulumi/kubernetes` in the Pulumi program's folder.",
  });
});
