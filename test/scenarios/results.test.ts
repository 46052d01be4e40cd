import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { createBoundVolume } from "./bound-volume.ts";
import { complaintsIn } from "./complaints.ts";
import { liveObject, passingStack } from "./observe.ts";
import { messagesOf, resourceIn, type Stack, stepsOf } from "./stack.ts";
import { storeGate, type StoreRequest } from "./store-gate.ts";
import { createUnhookablePod } from "./unhookable-pod.ts";

const DOWNLOADS = "/apis/velero.io/v1/namespaces/velero/downloadrequests";

// A sandbox of its own: a kind that cannot be listed would fail every whole backup of a cluster in part.
describeOnSandbox("What Velero says of a backup that failed in part", () => {
  let sandbox: Sandbox;
  let east: SandboxCluster;
  let shop: string;
  let billing: string;

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ["east"] });
    east = sandbox.cluster("east");
    shop = await createNamespace(east, "shop");
    billing = await createNamespace(east, "billing");
    await seedNamespace(east, shop, { objects: 3 });
    await createUnlistable(east, shop);
    await createUnhookablePod(east, billing);
    // It learns of new kinds when it starts, and every five minutes.
    await east.velero.restart();
  });
  afterAll(() => sandbox.stop());

  const program = (more = "", access = "access: { credentials: { static: keys } }") => `
    const location = new velero.BackupLocation("primary", { storage, clusters: { east }, ${access} });
    new velero.ClusterBackup("both", {
      location, cluster: "east", includedNamespaces: ${JSON.stringify([shop, billing])}, ${more}
    });`;

  /** Who asked the store for results files, and how, through a gate that the stack and Velero both go by. */
  async function gatedStack(body: string) {
    const gate = await storeGate(sandbox);
    const asked: string[] = [];
    const whoAsks = ({ isSignedUrl, isVelero }: StoreRequest) =>
      isSignedUrl ? "by the signed URL" : isVelero ? "Velero" : "with own keys";
    gate.onAnswer = async (request, status) => {
      if (request.path.endsWith("-results.gz") && request.method === "GET")
        asked.push(`${whoAsks(request)}: ${status}`);
    };
    const stack = await passingStack(sandbox, body, { env: { MINIO_ENDPOINT: gate.endpoint } });
    return { gate, stack, asked };
  }

  /** Gives the failed run. */
  async function expectWords(stack: Stack): Promise<RunResult> {
    const failed = await stack.up();
    expect(failed.ok).toBe(false);
    const [complaint, ...others] = complaintsIn(failed);
    expect(others).toEqual([]);
    expect(complaint).toMatch(
      /^Backup velero\/both-east-\S+ in cluster "east" ended PartiallyFailed \(\d+ errors, \d+ warnings\): /,
    );
    expect(complaint).toMatch(
      new RegExp(`: ${shop}: resource: /tickets message: /Error listing items error: /conversion webhook`),
    );
    expect(complaint).toMatch(
      /; Velero: .*name: \/database message: \/Error running pre hooks .* \/pod database does not have a host assigned/,
    );
    expect(complaint).toContain("or accept such backups with allowPartialFailure: true");
    expect(JSON.stringify([failed.state, failed.diagnostics])).not.toContain("X-Amz-");
    expect(await east.kubernetes.list(DOWNLOADS)).toEqual([]);
    return failed;
  }

  test("fails up by namespace, read by the URL that Velero signs", async () => {
    const { stack, asked } = await gatedStack(program());
    await expectWords(stack);
    expect(asked).toEqual(["by the signed URL: 200"]);
  });

  test("fails up so without a way to the store, too", async () => {
    const { stack, asked } = await gatedStack(program("", `access: "none"`));
    await expectWords(stack);
    expect(asked).toEqual(["by the signed URL: 200"]);
  });

  test("is read from the store where that URL is refused; and such a backup can be accepted", async () => {
    const { gate, stack, asked } = await gatedStack(program());
    const refused: string[] = [];
    gate.refuse = ({ isSignedUrl, path }) => {
      if (isSignedUrl) refused.push(path);
      return isSignedUrl ? "AccessDenied" : undefined;
    };
    const run = await expectWords(stack);
    expect(refused).toEqual([expect.stringMatching(/-results\.gz$/)]);
    expect(asked).toEqual(["with own keys: 200"]);

    const failed = resourceIn(run, "both").outputs?.["backupName"];
    stack.change(program("allowPartialFailure: true,"));
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(stepsOf(up)).toContain("update both");
    expect(resourceIn(up, "both").outputs).toMatchObject({
      phase: "PartiallyFailed",
      backupName: failed,
      health: "Healthy",
    });
    expect((await liveObject(east, "backups", failed)).status).toMatchObject({ phase: "PartiallyFailed" });
  });
});

describeOnSandbox("What Velero knows of a backup's volumes", (sandbox) => {
  const east = sandbox.cluster("east");

  test("is asked of it by a stack that has no way to the store", async () => {
    const shop = await createNamespace(east, "shop");
    await createBoundVolume(east, shop, "ledger");
    const stack = await passingStack(
      sandbox,
      `const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
       const team = velero.locationFrom("team", location.handle, { clusters: { east } });
       new velero.ClusterBackup("shop", { location: team, cluster: "east", includedNamespaces: [process.env.SHOP] });`,
      { env: { SHOP: shop } },
    );
    const failed = await stack.up();
    expect(failed.ok).toBe(false);
    expect(complaintsIn(failed)).toEqual([
      expect.stringMatching(
        /^volumes: Backup velero\/\S+ in cluster "east" is Completed, and yet holds no data of 1 of 1 claim: /,
      ),
    ]);
    expect(messagesOf(failed)).toContain(`${shop}/ledger`);
  });
});

/** An object of a kind whose conversion is broken: wherever one is, the kind cannot be listed. */
async function createUnlistable({ kubernetes }: SandboxCluster, namespace: string): Promise<void> {
  const version = (name: string, storage: boolean) => ({
    name,
    storage,
    served: true,
    schema: { openAPIV3Schema: { type: "object" } },
  });
  await kubernetes.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "tickets.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { kind: "Ticket", plural: "tickets" },
      versions: [version("v1", false), version("v1alpha1", true)],
      conversion: {
        strategy: "Webhook",
        webhook: { conversionReviewVersions: ["v1"], clientConfig: { url: "https://127.0.0.1:1/convert" } },
      },
    },
  });
  const tickets = `/apis/example.com/v1alpha1/namespaces/${namespace}/tickets`;
  await waitUntil("the kind is served", async () => (await kubernetes.list(tickets)).length === 0);
  await kubernetes.create(tickets, {
    apiVersion: "example.com/v1alpha1",
    kind: "Ticket",
    metadata: { name: "one" },
  });
}
