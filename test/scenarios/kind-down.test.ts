import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { connect } from "../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../provider/kubernetes/connection.ts";
import { discover } from "../../provider/kubernetes/discovery.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { complaintsIn } from "./complaints.ts";
import { passingStack } from "./observe.ts";
import { contentsOf, ok, outputsOf } from "./restore-stack.ts";
import { messagesOf } from "./stack.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices";

const BACKUP = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const backup = new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "none", includeClusterResources: false });
  const restore = (name, args) => new velero.Restore(name, { backup, cluster: "east", namespaceMapping: { "*": "*-" + name }, ...args });`;

// A sandbox of its own, whose kinds it breaks.
describeOnSandbox("Kinds behind which something is down", () => {
  vi.setConfig({ testTimeout: 300_000 });
  let sandbox: Sandbox;
  let east: SandboxCluster;

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ["east"] });
    east = sandbox.cluster("east");
  });
  afterAll(() => sandbox.stop());

  const openapi = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const version = (name: string, storage: boolean) => ({
    name,
    storage,
    served: true,
    schema: { openAPIV3Schema: openapi },
  });

  /** A kind that is stored in its older version, and listed in its newer one. */
  async function define(plural: string, group: string, kind: string): Promise<void> {
    await east.kubernetes.create(DEFINITIONS, {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: "Namespaced",
        names: { kind, plural },
        versions: [version("v1", false), version("v1beta1", true)],
      },
    });
    await waitUntil(`${plural}.${group} is served`, async () =>
      (await east.kubernetes.list(`/apis/${group}/v1/${plural}`).catch(() => undefined)) ? true : undefined,
    );
  }

  /** A backup that holds objects of two kinds of which then one cannot be converted, and the other's API is down. */
  async function begin() {
    const group = `${uniqueName("down")}.example.com`;
    const lamps = `lamps-${group}`;
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    await define("gizmos", group, "Gizmo");
    await define("lamps", lamps, "Lamp");
    const make = (kind: string, of: string, namespace: string, name: string) =>
      east.kubernetes.create(`/apis/${of}/v1/namespaces/${namespace}/${kind.toLowerCase()}s`, {
        apiVersion: `${of}/v1`,
        kind,
        metadata: { name },
      });
    await make("Gizmo", group, shop, "one");
    await make("Lamp", lamps, shop, "one");
    await east.velero.restart();
    const stack = await passingStack(sandbox, BACKUP, { env: { SHOP: shop } });
    await ok(stack.up());

    await east.kubernetes.patch(`${DEFINITIONS}/gizmos.${group}`, {
      spec: {
        conversion: {
          strategy: "Webhook",
          webhook: { conversionReviewVersions: ["v1"], clientConfig: { url: "https://127.0.0.1:9/convert" } },
        },
      },
    });
    await east.kubernetes.delete(`${DEFINITIONS}/lamps.${lamps}`);
    await waitUntil("lamps are gone", async () =>
      (await east.kubernetes.get(`${SERVICES}/v1.${lamps}`)) ? undefined : true,
    );
    await east.kubernetes.create(SERVICES, {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: `v1.${lamps}` },
      spec: {
        group: lamps,
        version: "v1",
        groupPriorityMinimum: 1_000,
        versionPriority: 10,
        insecureSkipTLSVerify: true,
        service: { namespace: shop, name: "nobody" },
      },
    });
    const client = await connect({ kubeconfig: east.kubeconfig }, clusterLabel("east"));
    await waitUntil("both are down", async () => {
      const isDown = await client
        .list({ type: { apiVersion: `${group}/v1`, kind: "Gizmo", plural: "gizmos" } })
        .then(
          () => false,
          () => true,
        );
      return isDown && (await discover(client)).silent.includes(`${lamps}/v1`) ? true : undefined;
    });
    client.close();
    return { stack, group, lamps, shop };
  }

  test("are told in the plan, keep a restore from hanging, and cost nothing of the rest once they are left out", async () => {
    const { stack, group, lamps, shop } = await begin();
    const words = [
      `the server of ${lamps}/v1 does not answer there`,
      `gizmos.${group} cannot be listed there (clusters.east: cluster "east" cannot carry out GET /apis/${group}/v1/gizmos`,
      `conversion webhook for ${group}/v1beta1, Kind=Gizmo failed`,
    ];
    stack.change(`${BACKUP} restore("whole", {});`);
    const preview = messagesOf(await ok(stack.preview()));
    expect(preview).toMatch(/plan: \d+ objects to create/);
    for (const each of words) expect(preview).toContain(each);

    const refused = await stack.up();
    expect(refused.ok).toBe(false);
    const complaint = complaintsIn(refused).join("\n");
    for (const each of words) expect(complaint).toContain(each);
    expect(complaint).toContain("cannot take up what the backup holds, and nothing was restored");
    expect(await contentsOf(east, `${shop}-whole`)).toBeUndefined();

    stack.change(
      `${BACKUP} restore("rest", { verify: true, excludedResources: ["gizmos.${group}", "lamps.${lamps}"] });`,
    );
    const up = await ok(stack.up());
    expect(await contentsOf(east, `${shop}-rest`)).toEqual(
      expect.arrayContaining(["configmaps app-1", "deployments app-1", "secrets app-1", "services app-1"]),
    );
    expect(outputsOf(up, "rest")).toMatchObject({ phase: "Completed", health: "Healthy" });
    expect(outputsOf(up, "rest")["verified"]).toBeGreaterThanOrEqual(4);
  });
});
