import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { text } from "node:stream/consumers";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { complaintsIn } from "./complaints.ts";
import { formsOf } from "./secret-forms.ts";
import { messagesOf, type Stack, stackOn, veleroObjects } from "./stack.ts";

/** All files below a folder, but for linked packages. */
function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => !name.includes("node_modules"))
    .map((name) => join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
}

describeOnSandbox("Secrets", (sandbox) => {
  const east = sandbox.cluster("east");

  /** What the run said and left, as text. */
  const saidBy = (run: RunResult): string =>
    [run.text, messagesOf(run), JSON.stringify([run.outputs, run.diagnostics, run.steps, run.state])].join(
      "\n",
    );

  function expectNone(canaries: Record<string, string>, where: string, content: string): void {
    for (const [name, secret] of Object.entries(canaries)) {
      for (const form of formsOf(secret)) {
        expect(content.includes(form), `${name} as ${form.slice(0, 6)}… in ${where}`).toBe(false);
      }
    }
  }

  /** A stack whose programs and providers keep their temporary files in a folder of their own. */
  async function begin(
    program: string,
    env: Record<string, string>,
  ): Promise<{ stack: Stack; scratch: string }> {
    const scratch = mkdtempSync(join(tmpdir(), "secrets-"));
    onTestFinished(() => rmSync(scratch, { recursive: true, force: true }));
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop);
    const stack = await stackOn(sandbox, program, { env: { ...env, SHOP: shop, TMPDIR: scratch } });
    return { stack, scratch };
  }

  function expectNoFile(canaries: Record<string, string>, ...folders: string[]): void {
    for (const file of folders.flatMap(filesIn)) expectNone(canaries, file, readFileSync(file, "latin1"));
  }

  const program = (credentials: string, connection: string, more = "") => `
  const location = new velero.BackupLocation("primary", {
    storage: { minio: { ...storage.minio, credentials: { static: ${credentials} } } },
    clusters: { east: ${connection} },
    ${more}
  });
  const nightly = new velero.ClusterBackup("nightly", { location, cluster: "east", schedule: "@yearly", includedNamespaces: [process.env.SHOP] });
  const now = new velero.ClusterBackup("now", { location, cluster: "east", includedNamespaces: [process.env.SHOP], deletionPolicy: "delete" });
  exports.handle = location.handle;
  exports.locationName = location.clusters.east.locationName;
  exports.names = [nightly.scheduleName, now.backupName, now.message];`;

  const literalKeys = `{ accessKeyId: process.env.KEY, secretAccessKey: pulumi.secret(process.env.SECRET), sessionToken: process.env.TOKEN }`;
  const referredKeys = `{ accessKeyId: { env: "KEY" }, secretAccessKey: { env: "SECRET" }, sessionToken: { env: "TOKEN" } }`;

  test.each([
    ["literals", literalKeys, `{ kubeconfig: process.env.EAST_KUBECONFIG }`],
    ["references", referredKeys, `{ kubeconfig: { env: "EAST_KUBECONFIG" } }`],
    [
      "outputs and objects",
      literalKeys,
      `{ kubeconfig: pulumi.output(process.env.EAST_KUBECONFIG).apply((text) => text) }`,
    ],
    [
      "keys of the program's and of a cluster's own",
      literalKeys,
      `{ kubeconfig: { env: "EAST_KUBECONFIG" }, credentials: { static: ${literalKeys} } }`,
      `access: { credentials: { static: ${literalKeys} } },`,
    ],
  ])("as %s show up in no run, state, file, object or marker", async (_how, keys, connection, more = "") => {
    const first = await sandbox.minio.temporaryCredentials();
    const second = await sandbox.minio.temporaryCredentials();
    const canaries = {
      secret: first.secretKey,
      token: first.sessionToken,
      key: first.accessKey,
      newSecret: second.secretKey,
      newToken: second.sessionToken,
      kubernetesToken: east.token,
    };
    const { stack, scratch } = await begin(program(keys, connection, more), {
      KEY: first.accessKey,
      SECRET: first.secretKey,
      TOKEN: first.sessionToken,
    });
    const rotated = { KEY: second.accessKey, SECRET: second.secretKey, TOKEN: second.sessionToken };
    const runs: [string, () => Promise<RunResult>][] = [
      ["preview", () => stack.preview()],
      ["up", () => stack.up()],
      ["refresh", () => stack.refresh()],
      ["preview of a rotation", () => stack.preview({ env: rotated })],
      ["rotation", () => stack.up({ env: rotated })],
      ["destroy", () => stack.destroy({ env: rotated })],
    ];
    for (const [name, start] of runs) {
      const run = await start();
      expect(run.ok, messagesOf(run)).toBe(true);
      expectNone(canaries, name, saidBy(run));
      expectNone(canaries, `the state after ${name}`, JSON.stringify(await stack.state()));
      if (name !== "rotation") continue;
      const objects = [
        ...(await veleroObjects(east, "backupstoragelocations", stack)),
        ...(await veleroObjects(east, "schedules", stack)),
        ...(await veleroObjects(east, "backups", stack)),
      ];
      expect(objects.length).toBeGreaterThanOrEqual(3);
      expectNone(canaries, "objects in the cluster", JSON.stringify(objects));
      const marker = await sandbox.minio.client().getObject(stack.bucket, "east/metadata/pulumi-velero.json");
      expectNone(canaries, "the marker", await text(marker));
    }
    expectNoFile(canaries, scratch, stack.directory);
  });

  const wrong = "wRong+canary/secret=4711&x";
  const wrongToken = "wrong.canary-token.4711";
  const kubeconfigWith = (token: string) => east.kubeconfig.replace(/token: .*/, `token: ${token}`);

  test.each<[string, string, Record<string, string>]>([
    ["a wrong secret key", program(literalKeys, "east"), { SECRET: wrong }],
    [
      "a wrong secret key by reference",
      program(referredKeys.replace(/, sessionToken.*\}/, " }"), "east"),
      { SECRET: wrong },
    ],
    ["a session token that is none", program(literalKeys, "east"), { TOKEN: wrong }],
    ["an access key that is none", program(literalKeys, "east"), { KEY: wrong }],
    [
      "a token that the cluster refuses",
      program(literalKeys, "{ kubeconfig: process.env.BROKEN }"),
      { BROKEN: kubeconfigWith(wrongToken) },
    ],
    [
      "a kubeconfig that does not parse",
      program(literalKeys, "{ kubeconfig: process.env.BROKEN }"),
      { BROKEN: `apiVersion: v1\nusers: [${wrongToken}` },
    ],
    [
      "a secret under a misspelt name",
      program(literalKeys.replace("sessionToken", "sesionToken"), "east"),
      { TOKEN: wrong },
    ],
    [
      "a kubeconfig under a misspelt name",
      program(literalKeys, "{ kubeconf: process.env.BROKEN }"),
      { BROKEN: kubeconfigWith(wrongToken) },
    ],
    ["a secret where an object belongs", program("process.env.SECRET", "east"), { SECRET: wrong }],
    [
      "keys in the endpoint",
      program(literalKeys, "east").replace(
        "...storage.minio,",
        "...storage.minio, endpoint: `http://user:${process.env.SECRET}@127.0.0.1:9`,",
      ),
      { SECRET: "canarypassword4711" },
    ],
  ])("are not in what is said about %s", async (_mistake, mistaken, env) => {
    const { accessKey, secretKey, sessionToken } = await sandbox.minio.temporaryCredentials();
    const given = { KEY: accessKey, SECRET: secretKey, TOKEN: sessionToken, ...env };
    const canaries = { ...given, wrongToken, kubernetesToken: east.token };
    const { stack, scratch } = await begin(mistaken, given);
    for (const start of [
      () => stack.preview(),
      () => stack.up(),
      () => stack.refresh(),
      () => stack.destroy(),
    ]) {
      expectNone(canaries, "a run", saidBy(await start()));
    }
    const failed = await stack.up();
    expect(failed.ok).toBe(false);
    expect(complaintsIn(failed)).not.toEqual([]);
    expectNone(canaries, "the failed up", saidBy(failed));
    expectNone(canaries, "the state", JSON.stringify(await stack.state()));
    await stack.destroy();
    expectNoFile(canaries, scratch, stack.directory);
  });
});
