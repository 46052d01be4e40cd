import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import type { RunResult } from "../engine/run-result.ts";
import { complaintsIn } from "./complaints.ts";
import { passingStack } from "./observe.ts";
import { opensRepository } from "./opens-repository.ts";
import { refuseOwned, REFUSAL } from "./refuse-owned.ts";
import { messagesOf, resourceIn, type Stack, stackOn } from "./stack.ts";

const SECRET = "/api/v1/namespaces/velero/secrets/velero-repo-credentials";
const REPOSITORIES = "/apis/velero.io/v1/namespaces/velero/backuprepositories";
const VELEROS_OWN = "static-passw0rd";

const location = (clusters: string, name = "primary", password = "PASSWORD") =>
  `new velero.BackupLocation("${name}", { storage, clusters: ${clusters}, repositoryPassword: { env: "${password}" } });`;

// A sandbox of its own, as every Velero has one password for whatever is stored by it.
describeOnSandbox("The password of Velero's repositories", () => {
  vi.setConfig({ testTimeout: 240_000 });
  let sandbox: Sandbox;
  let east: SandboxCluster;
  let west: SandboxCluster;

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ["east", "west"] });
    east = sandbox.cluster("east");
    west = sandbox.cluster("west");
  });
  afterAll(() => sandbox.stop());

  const secretIn = ({ kubernetes }: SandboxCluster) => kubernetes.get(SECRET);
  const passwordIn = async (cluster: SandboxCluster) => {
    const { data } = (await secretIn(cluster)) as unknown as { data: Record<string, string> };
    return Buffer.from(data["repository-password"] ?? "", "base64").toString();
  };
  /** As a Velero that was just installed: with its own password, and nothing stored. */
  async function startAfresh(...clusters: SandboxCluster[]): Promise<void> {
    for (const { kubernetes, velero } of clusters) {
      for (const { metadata } of await kubernetes.list(REPOSITORIES)) {
        await kubernetes.delete(`${REPOSITORIES}/${metadata.name}`);
      }
      await kubernetes.delete(SECRET);
      await velero.restart();
    }
  }
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
  const outputsOf = (run: RunResult, name: string) => resourceIn(run, name).outputs ?? {};
  const expectSilence = (run: RunResult, ...passwords: string[]) => {
    const said = [run.text, messagesOf(run), JSON.stringify([run.outputs, run.steps, run.state])].join("\n");
    for (const password of passwords) {
      expect(said).not.toContain(password);
      expect(said).not.toContain(Buffer.from(password).toString("base64"));
    }
  };
  const up = async (stack: Stack, env: Record<string, string>): Promise<RunResult> => {
    const run = await stack.up({ env });
    expect(run.ok, messagesOf(run)).toBe(true);
    return run;
  };

  test("takes the place of Velero's own in writers and readers alike, and the running Velero makes repositories with it", async () => {
    await startAfresh(east, west);
    expect(await passwordIn(east)).toBe(VELEROS_OWN);
    const env = { PASSWORD: "canary of the first" };
    const stack = await passingStack(sandbox, location(`{ east, west: { ...west, reads: ["east"] } }`), {
      env,
    });
    const first = await up(stack, env);
    expectSilence(first, env.PASSWORD);
    for (const cluster of [east, west]) {
      expect(await passwordIn(cluster)).toBe(env.PASSWORD);
      expect((await secretIn(cluster))?.metadata.labels).toBeUndefined();
    }
    const made = await repositoryOf(east, outputsOf(first, "primary-east")["locationName"]);
    expect(made).toMatchObject({ phase: "Ready" });
    const keys = await sandbox.minio.objectKeys(stack.bucket);
    const key = keys.find((name) => name.endsWith("/kopia.repository")) ?? "";
    const repository = await text(await sandbox.minio.client().getObject(stack.bucket, key));
    expect(opensRepository(repository, env.PASSWORD)).toBe(true);
    expect(opensRepository(repository, VELEROS_OWN)).toBe(false);
  });

  test("is given to a Velero that has made none, kept in a second run, and stays when all is destroyed", async () => {
    await startAfresh(east);
    await east.kubernetes.delete(SECRET);
    const env = { PASSWORD: "canary of the second" };
    const stack = await stackOn(sandbox, location("{ east }"), { env });
    const first = await up(stack, env);
    const before = await secretIn(east);
    await repositoryOf(east, outputsOf(first, "primary-east")["locationName"]);
    await up(stack, env);
    const destroyed = await stack.destroy({ env });
    expect(destroyed.ok, messagesOf(destroyed)).toBe(true);
    expectSilence(destroyed, env.PASSWORD);
    expect(await secretIn(east)).toEqual(before);
    await east.velero.restart();
    expect(await passwordIn(east)).toBe(env.PASSWORD);
  });

  test("cannot be changed, neither by its location nor by a second one, and nothing else is made", async () => {
    await startAfresh(east);
    const env = { PASSWORD: "canary of the third", OTHER: "canary of the other" };
    const stack = await passingStack(sandbox, location("{ east }"), { env });
    await up(stack, env);
    const before = await secretIn(east);

    const rotated = await stack.up({ env: { PASSWORD: env.OTHER } });
    expect(complaintsIn(rotated).join("\n")).toMatch(
      /^repositoryPassword: Secret velero\/velero-repo-credentials in cluster "east" holds another password, which this location has set before/,
    );
    expectSilence(rotated, env.PASSWORD, env.OTHER);

    const second = await stackOn(sandbox, location("{ east }", "second", "OTHER"), { env });
    const refused = await second.up({ env });
    expect(complaintsIn(refused).join("\n")).toMatch(
      /holds another password, which urn:\S+::primary-east has set/,
    );
    expectSilence(refused, env.PASSWORD, env.OTHER);
    expect(await sandbox.minio.objectKeys(second.bucket)).toEqual([]);
    expect(await secretIn(east)).toEqual(before);

    await up(stack, env);
  });

  test("is not set where the location itself can not be made", async () => {
    await startAfresh(east);
    const env = { PASSWORD: "canary of the refused" };
    const stack = await stackOn(
      sandbox,
      location("{ east }").replace("storage,", `storage, access: "none",`),
      {
        env,
      },
    );
    const { lift } = await refuseOwned(east, stack, "configmaps");
    const refused = await stack.up({ env });
    expect(complaintsIn(refused).join("\n")).toContain(REFUSAL);
    expect(await passwordIn(east)).toBe(VELEROS_OWN);
    await lift();
    await up(stack, env);
    expect(await passwordIn(east)).toBe(env.PASSWORD);
    expect((await stack.destroy()).ok).toBe(true);
  });

  test("is refused once something is stored under Velero's own, and nothing is changed", async () => {
    await startAfresh(east);
    const env = { PASSWORD: "canary of the fourth" };
    const stack = await passingStack(
      sandbox,
      `new velero.BackupLocation("primary", { storage, clusters: { east } });`,
      { env },
    );
    const first = await up(stack, env);
    await repositoryOf(east, outputsOf(first, "primary-east")["locationName"]);
    const before = await secretIn(east);

    stack.change(location("{ east }"));
    const refused = await stack.up({ env });
    expect(complaintsIn(refused).join("\n")).toMatch(
      /^repositoryPassword: Velero in cluster "east" .*velero\/shop.* Nothing was changed/,
    );
    expect(await secretIn(east)).toEqual(before);
    expect(await passwordIn(east)).toBe(VELEROS_OWN);
  });
});
