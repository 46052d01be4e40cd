import { execFile } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";

const repository = path.join(import.meta.dirname, "../../..");

/** Runs a program of stack code without an engine, on the package as it is published; what it prints is JSON. */
async function run(program: string): Promise<Record<string, unknown>> {
  const text = `
    const pulumi = require("@pulumi/pulumi");
    const velero = require("pulumi-velero");
    const loaded = () => Object.keys(require.cache).map((file) => file.replaceAll("\\\\", "/"));
    const ours = () => loaded().flatMap((file) => /\\/dist\\/(provider\\/.*)\\.js$/.exec(file)?.[1] ?? []).toSorted();
    const theirs = () => loaded().filter((file) => /node_modules\\/(minio|undici|@kubernetes|@aws-sdk|@azure|@google-cloud)\\//.test(file));
    const handle = { version: 1, store: { kind: "minio", bucket: "b", endpoint: "http://127.0.0.1:1" },
      clusters: { east: { owner: "urn:o", lineage: "l", locationName: "l", namespace: "velero", storePrefix: "east" } } };
    const location = velero.locationFrom("location", handle, { clusters: { east: { offline: true } } });
    const of = { location, cluster: "east" };
    (async () => { ${program} })().then((told) => console.log(JSON.stringify(told)));
  `;
  const printed = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, ["-e", text], { cwd: repository }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
  return JSON.parse(printed) as Record<string, unknown>;
}

test("Nothing of the provider is loaded before a look-up is called, nor at all where mocks answer", async () => {
  const told = await run(`
    await pulumi.runtime.setMocks({ newResource: ({ inputs }) => ({ id: "i", state: inputs }), call: () => ({ backups: [] }) });
    new velero.BackupLocation("l", { storage: { minio: { bucket: "b" } }, clusters: { east: { ambient: true } } });
    const before = ours();
    const backups = await velero.getBackups(of);
    return { before, backups, after: ours() };
  `);
  expect(told).toEqual({ before: [], backups: [], after: [] });
});

test("One that is called loads its own part of the provider, and no client of anything that it does not ask", async () => {
  const told = await run(`
    // An engine that would not answer either.
    await pulumi.runtime.setMockOptions({}, "project", "stack", false);
    const failure = await velero.getBackups(of).catch((error) => error);
    const { message: said, code } = failure;
    const told = (...codes) => velero.isVeleroError(failure, ...codes);
    const verdicts = [told(), told("NoAccessToStore"), told("NoSuchBucket", "NoAccessToStore"), told("NoSuchBucket")];
    const others = [new TypeError("x"), Object.assign(new Error("x"), { code: "ENOENT" }), undefined, "NoSuchBucket"];
    return { said, code, verdicts, others: others.map((each) => velero.isVeleroError(each)), ours: ours(), theirs: theirs() };
  `);
  expect(told["said"]).toMatch(/^access: this program has no way to the store/);
  // A program tells it from other failures, and by its code.
  expect(told).toMatchObject({ code: "NoAccessToStore", verdicts: [true, true, true, false] });
  expect(told["others"]).toEqual([false, false, false, false]);
  expect(told["ours"]).toContain("provider/look-ups/index");
  expect(told["ours"]).not.toContain("provider/pulumi-adapter");
  expect(told["theirs"]).toEqual([]);
});
