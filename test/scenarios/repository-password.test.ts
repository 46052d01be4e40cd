import { createDecipheriv, hkdfSync, scryptSync } from "node:crypto";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { complaintsIn } from "./complaints.ts";
import { refuseOwned, REFUSAL } from "./refuse-owned.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, stackOn } from "./stack.ts";

const SECRET = "/api/v1/namespaces/velero/secrets/velero-repo-credentials";
const REPOSITORIES = "/apis/velero.io/v1/namespaces/velero/backuprepositories";
const VELEROS_OWN = "static-passw0rd";

const location = (name: string, clusters: string, more: string) =>
  `new velero.BackupLocation("${name}", { storage, clusters: ${clusters}, ${more} });`;
const password = (variable: string) => `repositoryPassword: { env: "${variable}" }`;

// A sandbox of its own, as every Velero has one password for whatever is stored by it.
describeOnSandbox("The password of Velero's repositories", () => {
  let sandbox: Sandbox;
  let east: SandboxCluster;
  let west: SandboxCluster;

  beforeAll(async () => {
    sandbox = await startSandbox();
    [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];
  });
  afterAll(() => sandbox.stop());

  const secretIn = ({ kubernetes }: SandboxCluster) => kubernetes.get(SECRET);
  const passwordIn = async (cluster: SandboxCluster) => {
    const { data } = (await secretIn(cluster)) as unknown as { data: Record<string, string> };
    return Buffer.from(data["repository-password"] ?? "", "base64").toString();
  };
  /** What Velero makes of the repository of a namespace, which it makes in the bucket where there is none. */
  async function repositoryOf(
    { kubernetes }: SandboxCluster,
    at: unknown,
  ): Promise<KubernetesObject["status"]> {
    await kubernetes.create(REPOSITORIES, {
      apiVersion: "velero.io/v1",
      kind: "BackupRepository",
      metadata: { name: "shop", namespace: "velero" },
      spec: {
        volumeNamespace: "shop",
        backupStorageLocation: String(at),
        repositoryType: "kopia",
        maintenanceFrequency: "1h0m0s",
      },
    });
    return waitUntil("Velero has tried the repository", async () => {
      const { status } = (await kubernetes.get(`${REPOSITORIES}/shop`)) ?? {};
      return status?.["phase"] === "Ready" || status?.["message"] ? status : undefined;
    });
  }
  const expectSilence = (run: RunResult, env: Record<string, string>) => {
    const said = [run.text, messagesOf(run), JSON.stringify([run.outputs, run.steps, run.state])].join("\n");
    for (const each of Object.values(env)) {
      expect(said).not.toContain(each);
      expect(said).not.toContain(Buffer.from(each).toString("base64"));
    }
  };

  test("takes the place of Velero's own once and for good, in writers and readers, and only while nothing is stored", async () => {
    const env = { PASSWORD: "canary of the first", OTHER: "canary of the other" };
    const clusters = '{ east, west: { ...west, reads: ["east"] } }';
    // The claim is a ConfigMap where the program has no way to the store.
    const program = location("primary", clusters, `access: "none", ${password("PASSWORD")}`);
    const stack = await stackOn(sandbox, program, { env });
    const { lift } = await refuseOwned(east, stack, "configmaps");
    expect(complaintsIn(await stack.up()).join("\n")).toContain(REFUSAL);
    expect(await passwordIn(east), "it is not set where the location can not be made").toBe(VELEROS_OWN);
    await lift();

    const first = await ok(stack.up());
    expectSilence(first, env);
    for (const cluster of [east, west]) {
      expect(await passwordIn(cluster)).toBe(env.PASSWORD);
      expect((await secretIn(cluster))?.metadata.labels).toBeUndefined();
    }
    const made = await repositoryOf(east, outputsOf(first, "primary-east")["locationName"]);
    expect(made, "the running Velero makes repositories with it").toMatchObject({ phase: "Ready" });
    const keys = await sandbox.minio.objectKeys(stack.bucket);
    const key = keys.find((name) => name.endsWith("/kopia.repository")) ?? "";
    const repository = await text(await sandbox.minio.client().getObject(stack.bucket, key));
    expect(opensRepository(repository, env.PASSWORD)).toBe(true);
    expect(opensRepository(repository, VELEROS_OWN)).toBe(false);

    // Neither its location nor a second one can change it, and nothing else is made.
    const before = await secretIn(east);
    const rotated = await stack.up({ env: { PASSWORD: env.OTHER } });
    expect(complaintsIn(rotated).join("\n")).toMatch(
      /^repositoryPassword: Secret velero\/velero-repo-credentials in cluster "east" holds another password, which this location has set before/m,
    );
    expectSilence(rotated, env);
    const second = await stackOn(sandbox, location("second", "{ east }", password("OTHER")), { env });
    const refused = await second.up();
    expect(complaintsIn(refused).join("\n")).toMatch(
      /holds another password, which urn:\S+::primary-east has set/,
    );
    expectSilence(refused, env);
    expect(await sandbox.minio.objectKeys(second.bucket)).toEqual([]);

    await ok(stack.up());
    const destroyed = await ok(stack.destroy());
    expectSilence(destroyed, env);
    expect(await secretIn(east), "it stays when all is destroyed").toEqual(before);
    await east.velero.restart();
    expect(await passwordIn(east)).toBe(env.PASSWORD);

    // East as a Velero that was just installed, and west as one that has made no password yet.
    await west.kubernetes.delete(SECRET);
    await east.kubernetes.delete(`${REPOSITORIES}/shop`);
    await east.kubernetes.delete(SECRET);
    await east.velero.restart();
    const own = location("own", "{ west }", password("OTHER"));
    stack.change(own + location("plain", "{ east }", ""));
    const fresh = await ok(stack.up());
    expect(await passwordIn(west)).toBe(env.OTHER);
    await repositoryOf(east, outputsOf(fresh, "plain-east")["locationName"]);
    const stored = await secretIn(east);
    stack.change(own + location("plain", "{ east }", password("PASSWORD")));
    expect(complaintsIn(await stack.up()).join("\n")).toMatch(
      /^repositoryPassword: Velero in cluster "east" .*velero\/shop.* Nothing was changed/,
    );
    expect(await secretIn(east)).toEqual(stored);
    expect(await passwordIn(east)).toBe(VELEROS_OWN);
  }, 420_000);
});

/** Whether a kopia repository, told by its `kopia.repository` object, was made with that password. */
function opensRepository(repository: string, password: string): boolean {
  const { uniqueID, keyAlgo, encryption, encryptedBlockFormat } = JSON.parse(repository) as Record<
    "uniqueID" | "keyAlgo" | "encryption" | "encryptedBlockFormat",
    string
  >;
  if (keyAlgo !== "scrypt-65536-8-1" || encryption !== "AES256_GCM") {
    throw new Error(`a repository of another make: ${keyAlgo}, ${encryption}`);
  }
  const id = Buffer.from(uniqueID, "base64");
  const master = scryptSync(password, id, 32, { N: 65_536, r: 8, p: 1, maxmem: 256 * 1024 * 1024 });
  const derived = (purpose: string) => Buffer.from(hkdfSync("sha256", master, id, purpose, 32));
  const sealed = Buffer.from(encryptedBlockFormat, "base64");
  const decipher = createDecipheriv("aes-256-gcm", derived("AES"), sealed.subarray(0, 12));
  decipher.setAAD(derived("CHECKSUM"));
  decipher.setAuthTag(sealed.subarray(-16));
  decipher.update(sealed.subarray(12, -16));
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}
