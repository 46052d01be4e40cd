import { afterAll, beforeAll, expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { dataKeys, liveObject, markerAt, passingStack, secretOf } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, stepsOf, veleroPath } from "./stack.ts";
import { storeGate } from "./store-gate.ts";

/** To the store of "inside" the clusters come by an address that is of no use to anybody else. */
const program = `
  const make = (name, minio) => {
    const location = new velero.BackupLocation(name, {
      storage: { minio: { ...storage.minio, prefix: name, ...minio } }, clusters: { east },
    });
    const once = new velero.ClusterBackup("of-" + name, { location, cluster: "east", includedNamespaces: [process.env.SHOP] });
    exports[name] = { location: location.clusters.east.locationName, once: once.backupName };
  };
  make("plain");
  make("inside", { endpoint: process.env.INSIDE, publicUrl: process.env.OUTSIDE });
`;

/** Asks Velero for a URL of a backup's log, as the command line does. */
async function signedUrl({ kubernetes }: SandboxCluster, backup: unknown): Promise<string> {
  const path = "/apis/velero.io/v1/namespaces/velero/downloadrequests";
  const name = uniqueName("log");
  await kubernetes.create(path, {
    apiVersion: "velero.io/v1",
    kind: "DownloadRequest",
    metadata: { name },
    spec: { target: { kind: "BackupLog", name: String(backup) } },
  });
  return waitUntil("Velero has signed a URL", async () => {
    const live = await kubernetes.get(`${path}/${name}`);
    return live?.status?.["downloadURL"] as string | undefined;
  });
}

describeOnSandbox("A new endpoint", (sandbox) => {
  const east = sandbox.cluster("east");
  let elsewhere: Sandbox;

  beforeAll(async () => {
    elsewhere = await startSandbox({ clusters: [] });
  });
  afterAll(() => elsewhere.stop());

  test("of the same store is taken in place, of an empty one refused before anything is switched; one for those outside is the program's and of the URLs that Velero signs", async () => {
    const [inside, outside] = [await storeGate(sandbox), sandbox.minio.endpoint];
    const strangers: string[] = [];
    inside.refuse = ({ isVelero, method, path }) => {
      if (isVelero) return undefined;
      strangers.push(`${method} ${path}`);
      return "AccessDenied";
    };
    const shop = await createNamespace(east, "shop");
    const stack = await passingStack(sandbox, program, {
      env: { SHOP: shop, INSIDE: inside.endpoint, OUTSIDE: outside },
    });
    const up = await ok(stack.up({ parallel: 1 }));
    const places = up.outputs as Record<"plain" | "inside", { location: string; once: string }>;
    const live = (name: "plain" | "inside") =>
      liveObject(east, "backupstoragelocations", places[name].location);
    const configOf = async (name: "plain" | "inside") => (await live(name)).spec?.["config"];
    expect(outputsOf(up, "of-inside")).toMatchObject({ phase: "Completed" });
    expect(await configOf("inside")).toMatchObject({ s3Url: inside.endpoint, publicUrl: outside });
    const stored = await dataKeys(sandbox, stack.bucket);
    expect(stored).toContain(`inside/east/backups/${places.inside.once}/velero-backup.json`);
    expect((await markerAt(sandbox, stack.bucket, "inside/east")).cluster.key).toBe("east");
    const url = await signedUrl(east, places.inside.once);
    expect(url.startsWith(`${outside}/${stack.bucket}/inside/east/backups/`), url.split("?")[0]).toBe(true);
    expect((await fetch(url)).status).toBe(200);

    await east.kubernetes.patch(veleroPath("backupstoragelocations", places.inside.location), {
      spec: { config: { publicUrl: "http://elsewhere:9000" } },
    });
    const refresh = await stack.refresh({ expectNoChanges: true });
    expect(refresh.ok).toBe(false);
    expect(outputsOf(refresh, "inside-east")).toMatchObject({
      health: "Drifted",
      message: expect.stringContaining("someone else has changed config of BackupStorageLocation"),
    });

    const byName = outside.replace("127.0.0.1", "localhost");
    const there = { MINIO_ENDPOINT: byName, OUTSIDE: byName };
    const moved = await ok(stack.up({ env: there }));
    expect(stepsOf(moved).toSorted()).toEqual(
      ["inside", "plain"]
        .flatMap((name) => [name, `${name}-east`, `of-${name}`].map((each) => `update ${each}`))
        .toSorted(),
    );
    expect(moved.outputs).toEqual(up.outputs);
    expect(await configOf("inside")).toMatchObject({ s3Url: inside.endpoint, publicUrl: byName });
    expect((await signedUrl(east, places.inside.once)).startsWith(`${byName}/`)).toBe(true);
    expect(await configOf("plain")).toMatchObject({ s3Url: byName });
    expect((await live("plain")).status?.["phase"]).toBe("Available");
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);

    const [spec, secret] = [(await live("plain")).spec, await secretOf(east, places.plain.location)];
    await elsewhere.minio.client().makeBucket(stack.bucket, elsewhere.minio.region);
    const { endpoint } = elsewhere.minio;
    // However often it is tried.
    for (const _attempt of ["first", "second"]) {
      const refused = await stack.up({
        env: { MINIO_ENDPOINT: endpoint, OUTSIDE: endpoint },
        continueOnError: true,
      });
      expect(refused.ok).toBe(false);
      for (const name of ["plain", "inside"])
        expect(messagesOf(refused)).toMatch(
          new RegExp(`storage: .* does not hold this location's claim \\(${name}/east/metadata/\\)`),
        );
      expect((await live("plain")).spec).toEqual(spec);
      expect(await secretOf(east, places.plain.location)).toEqual(secret);
      expect(await configOf("inside")).toMatchObject({ publicUrl: byName });
      expect(await elsewhere.minio.objectKeys(stack.bucket)).toEqual([]);
    }
    expect((await ok(stack.up({ env: there }))).outputs).toEqual(up.outputs);
    await ok(stack.preview({ env: there, expectNoChanges: true }));
    expect(strangers).toEqual([]);
  }, 180_000);
});
