import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { complaintsOf } from "./complaints.ts";
import { liveObject } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { stackOn, stepsOf, veleroObjects, veleroPath } from "./stack.ts";
import { storeGate } from "./store-gate.ts";
import { createUnhookablePod } from "./unhookable-pod.ts";

const REQUESTS = "/apis/velero.io/v1/namespaces/velero";
const LOCATION = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const nightly = { location, cluster: "east", schedule: "0 2 * * *" };
  const once = { location, cluster: "east", includedNamespaces: [process.env.SHOP] };`;
const backup = (name: string, args: string) => `new velero.ClusterBackup("${name}", ${args});`;

// A sandbox of its own, whose Velero it stops, and in which no whole backup of a namespace goes well at last.
describeOnSandbox("A Velero", () => {
  vi.setConfig({ testTimeout: 420_000 });
  let sandbox: Sandbox;
  let east: SandboxCluster;
  let shop: string;

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ["east"] });
    east = sandbox.cluster("east");
    shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
  });
  afterAll(() => sandbox.stop());

  test("that died ends the waits for it, is told by a refresh after a while, and then no backup is begun", async () => {
    const before = LOCATION + backup("nightly", "nightly");
    const stack = await stackOn(sandbox, before, { env: { SHOP: shop } });
    const first = await ok(stack.up());
    const begun = before + backup("weekly", "nightly") + backup("once", "once");
    await east.velero.stop();
    try {
      stack.change(begun);
      const waited = await stack.up({ continueOnError: true });
      expect(complaintsOf(waited, "once").join("\n")).toMatch(
        /no Velero works in namespace "velero" of cluster "east": Backup velero\/once-\S+ does not get on\. See that/,
      );
      expect(complaintsOf(waited, "weekly").join("\n")).toMatch(
        /no Velero works in namespace "velero" of cluster "east": Schedule velero\/weekly-\S+ in cluster "east" was not accepted/,
      );
      expect(waited.durationMs).toBeLessThan(120_000);

      // As if it had been stopped for an hour: Velero alone writes when it has last looked at a location.
      const location = String(outputsOf(first, "primary-east")["locationName"]);
      const lastValidationTime = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+/, "");
      await east.kubernetes.patch(veleroPath("backupstoragelocations", location), {
        status: { lastValidationTime },
      });
      const refresh = await stack.refresh();
      for (const name of ["primary-east", "nightly"])
        expect(outputsOf(refresh, name)).toMatchObject({
          health: "Unknown",
          message: expect.stringMatching(
            /velero\/primary-east-\S+ in cluster "east" was not validated since .*: is Velero's server still running\?/,
          ),
        });

      stack.change(begun + backup("later", "once"));
      const refused = await stack.up({ continueOnError: true });
      expect(complaintsOf(refused, "later").join("\n")).toMatch(
        /^clusters\.east\.namespace: no Velero works in namespace "velero" of cluster "east"/,
      );
      expect(refused.durationMs).toBeLessThan(120_000);
      expect(await veleroObjects(east, "backups", stack), "that which was begun before").toHaveLength(1);
      expect(await east.kubernetes.list(`${REQUESTS}/serverstatusrequests`)).toEqual([]);
    } finally {
      await east.velero.start();
    }
    await ok(stack.up());
    expect(await veleroObjects(east, "backups", stack), "each goes on with what it has begun").toHaveLength(
      2,
    );
  });

  test("whose backup failed in part says why by namespace, and such a backup can be accepted", async () => {
    const billing = await createNamespace(east, "billing");
    await createUnhookablePod(east, billing);
    await createUnlistable(east, shop);
    // It learns of new kinds when it starts, and every five minutes.
    await east.velero.restart();

    // The gate sees who asks for results: the stack and Velero both go by it.
    const gate = await storeGate(sandbox);
    const asked: string[] = [];
    gate.onAnswer = async ({ path, method, isSignedUrl, isVelero }, status) => {
      if (!path.endsWith("-results.gz") || method !== "GET") return;
      const who = isSignedUrl ? "by the signed URL" : isVelero ? "Velero" : "with own keys";
      asked.push(`${/(both|blind)-east/.exec(path)?.[1]} ${who}: ${status}`);
    };
    const location = (name: string, cluster: string, access: string) =>
      `const ${name} = new velero.BackupLocation("${name}", { storage, clusters: { east: ${cluster} }, access: ${access} });`;
    const both = (name: string, location: string, more = "") =>
      `new velero.ClusterBackup("${name}", {
        location: ${location}, cluster: "east", includedNamespaces: ["${shop}", "${billing}"], ${more}
      });`;
    const locations =
      location("primary", "east", "{ credentials: { static: keys } }") +
      location("closed", '{ ...east, prefix: "closed" }', '"none"');
    const stack = await stackOn(sandbox, locations + both("both", "primary") + both("blind", "closed"), {
      env: { MINIO_ENDPOINT: gate.endpoint },
    });
    const expectWords = async (run: RunResult, name: string) => {
      const [complaint, ...others] = complaintsOf(run, name);
      expect(others).toEqual([]);
      expect(complaint).toMatch(
        new RegExp(
          `^Backup velero/${name}-east-\\S+ in cluster "east" ended PartiallyFailed \\(\\d+ errors, \\d+ warnings\\): `,
        ),
      );
      expect(complaint).toMatch(
        new RegExp(`: ${shop}: resource: /tickets message: /Error listing items error: /conversion webhook`),
      );
      expect(complaint).toMatch(
        /; Velero: .*name: \/database message: \/Error running pre hooks .* \/pod database does not have a host assigned/,
      );
      expect(complaint).toContain("or accept such backups with allowPartialFailure: true");
      expect(JSON.stringify([run.state, run.diagnostics])).not.toContain("X-Amz-");
      expect(await east.kubernetes.list(`${REQUESTS}/downloadrequests`)).toEqual([]);
    };
    const failed = await stack.up({ continueOnError: true });
    for (const name of ["both", "blind"]) await expectWords(failed, name);
    expect(asked.toSorted()).toEqual(["blind by the signed URL: 200", "both by the signed URL: 200"]);

    const refused: string[] = [];
    gate.refuse = ({ isSignedUrl, path }) => {
      if (isSignedUrl) refused.push(path);
      return isSignedUrl ? "AccessDenied" : undefined;
    };
    asked.length = 0;
    stack.change(locations + both("both", "primary"));
    const again = await stack.up();
    await expectWords(again, "both");
    expect(refused).toEqual([expect.stringMatching(/-results\.gz$/)]);
    expect(asked).toEqual(["both with own keys: 200"]);

    const { backupName } = outputsOf(again, "both");
    stack.change(locations + both("both", "primary", "allowPartialFailure: true"));
    const up = await ok(stack.up());
    expect(stepsOf(up)).toContain("update both");
    expect(outputsOf(up, "both")).toMatchObject({
      phase: "PartiallyFailed",
      backupName,
      health: "Healthy",
    });
    expect((await liveObject(east, "backups", backupName)).status).toMatchObject({
      phase: "PartiallyFailed",
    });
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
