import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { text } from "node:stream/consumers";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { markerKey } from "./observe.ts";
import { formsOf } from "./secret-forms.ts";
import { messagesOf, stackOn, veleroObjects } from "./stack.ts";

const LITERAL = `{ static: { accessKeyId: process.env.KEY, secretAccessKey: pulumi.secret(process.env.SECRET), sessionToken: process.env.TOKEN } }`;
const REFERRED = `{ static: { accessKeyId: { env: "KEY" }, secretAccessKey: { env: "SECRET" }, sessionToken: { env: "TOKEN" } } }`;
const KUBECONFIG = "process.env.EAST_KUBECONFIG";

/** By how they are given: the store's keys, the way to the cluster, and more of the location. */
const WAYS: Record<string, [keys: string, connection: string, more?: string]> = {
  literals: [LITERAL, `kubeconfig: ${KUBECONFIG}`],
  references: [REFERRED, `kubeconfig: { env: "EAST_KUBECONFIG" }`],
  outputs: [LITERAL, `kubeconfig: pulumi.output(${KUBECONFIG}).apply((text) => text)`],
  "own-keys": [
    LITERAL,
    `kubeconfig: { env: "EAST_KUBECONFIG" }, credentials: ${LITERAL}`,
    `access: { credentials: ${LITERAL} },`,
  ],
};

const locationOf = ([name, [keys, connection, more = ""]]: [string, (typeof WAYS)[string]]) => `
  exports[${JSON.stringify(name)}] = (() => {
    const location = new velero.BackupLocation("${name}", {
      storage: { minio: { ...storage.minio, prefix: "${name}", credentials: ${keys} } },
      clusters: { east: { ${connection} } },
      ${more}
    });
    const of = { location, cluster: "east", includedNamespaces: [process.env.SHOP] };
    const nightly = new velero.ClusterBackup("${name}-nightly", { ...of, schedule: "@yearly" });
    const now = ${name === "literals"} && new velero.ClusterBackup("now", { ...of, deletionPolicy: "delete" });
    return [location.handle, location.clusters.east.locationName, nightly.scheduleName, now.message];
  })();`;

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

  test("as literals, references, outputs, and a cluster's own show up in no run, state, file, object or marker", async () => {
    const first = await sandbox.minio.temporaryCredentials();
    const second = await sandbox.minio.temporaryCredentials();
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop);
    const scratch = mkdtempSync(join(tmpdir(), "secrets-"));
    onTestFinished(() => rmSync(scratch, { recursive: true, force: true }));
    const stack = await stackOn(sandbox, Object.entries(WAYS).map(locationOf).join("\n"), {
      env: {
        KEY: first.accessKey,
        SECRET: first.secretKey,
        TOKEN: first.sessionToken,
        SHOP: shop,
        EAST_KUBECONFIG: east.kubeconfig,
        // Programs and providers keep their temporary files there.
        TMPDIR: scratch,
      },
    });
    const rotated = { KEY: second.accessKey, SECRET: second.secretKey, TOKEN: second.sessionToken };
    const canaries = {
      secret: first.secretKey,
      token: first.sessionToken,
      key: first.accessKey,
      newSecret: second.secretKey,
      newToken: second.sessionToken,
      kubernetesToken: east.token,
    };
    const expectNone = (where: string, content: string) => {
      for (const [name, secret] of Object.entries(canaries))
        for (const form of formsOf(secret))
          expect(content.includes(form), `${name} as ${form.slice(0, 6)}… in ${where}`).toBe(false);
    };

    const runs: [string, () => Promise<RunResult>][] = [
      ["preview", () => stack.preview()],
      ["up", () => stack.up()],
      ["refresh", () => stack.refresh()],
      ["preview of a rotation", () => stack.preview({ env: rotated })],
      ["rotation", () => stack.up({ env: rotated })],
    ];
    for (const [name, start] of runs) {
      const run = await start();
      expect(run.ok, messagesOf(run)).toBe(true);
      const { outputs, diagnostics, steps, state } = run;
      expectNone(name, `${run.text}\n${JSON.stringify([outputs, diagnostics, steps, state])}`);
    }
    const objects = await Promise.all(
      (["backupstoragelocations", "schedules", "backups"] as const).map((kind) =>
        veleroObjects(east, kind, stack),
      ),
    );
    expect(objects.map(({ length }) => length)).toEqual([4, 4, 1]);
    expectNone("objects in the cluster", JSON.stringify(objects));
    for (const name of Object.keys(WAYS)) {
      const marker = await sandbox.minio.client().getObject(stack.bucket, markerKey(`${name}/east`));
      expectNone("the marker", await text(marker));
    }
    const destroyed = await stack.destroy({ env: rotated });
    expect(destroyed.ok, messagesOf(destroyed)).toBe(true);
    expectNone("destroy", destroyed.text + messagesOf(destroyed));
    for (const file of [scratch, stack.directory].flatMap(filesIn))
      expectNone(file, readFileSync(file, "latin1"));
  }, 240_000);
});
