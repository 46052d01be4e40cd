import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { settingsOf } from "../fixtures/settings-of.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { readmeSettings } from "../sandbox/readme-settings.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { resourceList, veleroObject } from "../scenarios/observe.ts";
import { contentsOf, namespaceGone, ok, restorePath } from "../scenarios/restore-stack.ts";
import { resourceIn, stepsOf, veleroObjects } from "../scenarios/stack.ts";
import { npmEnvironment } from "./npm-environment.ts";
import { packTarball } from "./pack-tarball.ts";
import { ReadmePath, SETTING } from "./readme-path.ts";
import { readmeBlocks } from "./readme-blocks.ts";

const repository = path.join(import.meta.dirname, "../..");
const readme = readFileSync(path.join(repository, "README.md"), "utf8");
const blocks = readmeBlocks(readme);
const PATH = "From an empty folder to a backup, and back";

/** Commands of the README that no test runs, and why. */
const notRun = [
  // Builds and starts servers of its own, the same that the tests have; its stack is examples/quickstart.
  "npm ci && npm run demo    # a real Kubernetes API, Velero and MinIO on this machine, and a stack on them",
];

test("Every command of the README is run by a test, or it is known why not", () => {
  const elsewhere = blocks.filter(({ section, language }) => language === "sh" && section !== PATH);
  const lines = elsewhere.flatMap(({ text }) => text.trim().split("\n"));
  expect(lines.toSorted()).toEqual(notRun.toSorted());
});

test("Every script that the README and the pages name is there", () => {
  const { scripts } = JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const pages = ["", "docs", "docs/contributing"].flatMap((folder) =>
    readdirSync(path.join(repository, folder))
      .filter((file) => file.endsWith(".md"))
      .map((file) => readFileSync(path.join(repository, folder, file), "utf8")),
  );
  const named = [...pages.join("\n").matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => name);
  expect(named).toEqual(expect.arrayContaining(["demo", "docs", "sandbox"]));
  expect(named.filter((name = "") => !(name in scripts))).toEqual([]);
});

describeOnSandbox("Whoever follows the README", (sandbox) => {
  const east = sandbox.cluster("east");
  const way = blocks.filter(({ section }) => section === PATH);

  test("comes from an empty folder to a backup that is complete, to its restore, and out again", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 8 });
    const bucket = await sandbox.minio.createBucket("readme");
    const { folder, ...installation } = await emptyFolder();
    const reader = new ReadmePath(way, {
      folder,
      ...installation,
      variables: { PULUMI_BACKEND_URL: undefined, PULUMI_CONFIG_PASSPHRASE: undefined },
      settings: {
        bucket,
        minioEndpoint: sandbox.minio.endpoint,
        minioAccessKey: sandbox.minio.accessKey,
        minioSecretKey: sandbox.minio.secretKey,
        namespace: shop,
      },
      kubeconfigPath: east.kubeconfigPath,
    });
    onTestFinished(() => reader.dispose());
    const goOn = (): Promise<RunResult> =>
      ok(reader.next().then((run) => run ?? Promise.reject(new Error("the way has ended early"))));

    const first = await goOn();
    expect(stepsOf(first)).toEqual(["create primary", "create primary-east", "create first"]);
    const backup = first.outputs["backup"];
    expect((await veleroObject(east, "backups", backup))?.status).toMatchObject({ phase: "Completed" });
    const stored = await resourceList(sandbox, bucket, "east", backup);
    const seeded = (await contentsOf(east, shop)) ?? [];
    expect(seeded.length).toBeGreaterThanOrEqual(8);
    expect(stored["v1/ConfigMap"]).toEqual(expect.arrayContaining([`${shop}/app-1`, `${shop}/app-2`]));
    expect(formOf(promisedOutputs())).toEqual(formOf(first.outputs));
    expect(await typeErrors(folder)).toBe("");

    const second = await goOn();
    expect(stepsOf(second).toSorted()).toEqual([
      "create copy",
      "same first",
      "same primary",
      "same primary-east",
    ]);
    expect(second.outputs).toMatchObject({ backup, restored: "Completed" });
    expect(second.outputs["verified"]).toBeGreaterThanOrEqual(8);
    const { restoreName } = resourceIn(second, "copy").outputs ?? {};
    const restore = await east.kubernetes.get(restorePath(restoreName));
    expect(restore?.status).toMatchObject({ phase: "Completed" });
    expect(await contentsOf(east, `${shop}-copy`)).toEqual(seeded);

    const watched = await goOn();
    const looked = stepsOf(watched).map((step) => step.split(" ")[1]);
    expect(looked.toSorted()).toEqual(["copy", "first", "primary", "primary-east"]);

    await goOn();
    expect(await reader.next()).toBeUndefined();
    expect(await veleroObjects(east, "backupstoragelocations", { bucket })).toEqual([]);
    expect(await sandbox.minio.objectKeys(bucket, `east/backups/${String(backup)}/`)).not.toEqual([]);
    expect(await contentsOf(east, `${shop}-copy`)).toEqual(seeded);
    await namespaceGone(east, `${shop}-copy`);
  }, 480_000);

  test("has set every setting that the program reads, secret ones as secrets, and no other, as `npm run sandbox` prints them", () => {
    const typed = way.filter(({ language }) => language === "sh").flatMap(({ text }) => text.split("\n"));
    const program = way.filter(({ title }) => title === "index.ts").map(({ text }) => text);
    const set = typed.flatMap(settingIn);
    const reads = settingsOf(program.join("\n")).map(({ key, secret }) => ({ key, secret }));
    expect(set.toSorted(byKey)).toEqual(reads.toSorted(byKey));

    const printed = readmeSettings(sandbox, east, { bucket: "backups", namespace: "shop" });
    expect(printed.flatMap((line) => settingIn(line.replace(/ < .*$/, "")))).toEqual(set);
  });

  /** What step 4 says is printed. */
  function promisedOutputs(): Record<string, unknown> {
    const { text = "" } = way.find(({ title }) => title === "up") ?? {};
    const lines = [...text.matchAll(/^ {4}(\w+) *: (.+)$/gm)];
    return Object.fromEntries(lines.map(([, name = "", value = ""]) => [name, JSON.parse(value) as unknown]));
  }
});

/** An empty folder, what would be published, and where npm finds the rest. */
async function emptyFolder(): Promise<{ folder: string; tarball: string; env: NodeJS.ProcessEnv }> {
  // The real path: a program that is reached by a link finds its packages elsewhere.
  const parent = realpathSync(mkdtempSync(path.join(tmpdir(), "pulumi-velero-readme-")));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  const folder = path.join(parent, "backups");
  mkdirSync(folder);
  const env = {
    ...(await npmEnvironment()),
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_prefer_offline: "true",
  };
  return { folder, env, tarball: await packTarball(parent, env) };
}

/** What the TypeScript that was installed complains of, by the tsconfig.json that was written. */
const typeErrors = (folder: string): Promise<string> =>
  new Promise((resolve) => {
    const tsc = path.join(folder, "node_modules/typescript/bin/tsc");
    const args = [tsc, "-p", folder, "--noEmit"];
    execFile(process.execPath, args, (error, stdout) => resolve(error ? stdout : ""));
  });

/** Outputs without what differs from run to run: numbers, and the hash and the time in a name. */
const formOf = (outputs: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [
      name,
      typeof value === "number"
        ? "a number"
        : String(value).replace(/-[0-9a-f]{8}-\d{14}$/, "-<hash>-<time>"),
    ]),
  );

function settingIn(line: string): { key: string; secret: boolean }[] {
  const [match, , secret, key = ""] = SETTING.exec(line) ?? [];
  return match === undefined ? [] : [{ key, secret: secret !== undefined }];
}

const byKey = (one: { key: string }, other: { key: string }): number => one.key.localeCompare(other.key);
