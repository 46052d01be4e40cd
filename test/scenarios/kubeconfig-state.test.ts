import { expect, test } from "vitest";
import { PackedKubeconfigs } from "../../provider/kubernetes/kubeconfig/load-kubeconfig.ts";
import { rbac } from "../../sdk/index.ts";
import type { DeploymentResource, StackState } from "../engine/stack-state.ts";
import { withoutPlaces } from "../engine/without-places.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { KubernetesError } from "../sandbox/kubernetes-client.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { accountWith } from "./account-with.ts";
import { companyKubeconfig, marksOfOthers } from "./company-kubeconfig.ts";
import { formsOf } from "./secret-forms.ts";
import { messagesOf, type Stack, stackOn, stepsOf, veleroObjects } from "./stack.ts";

const LOCATION = `
const location = new velero.BackupLocation("primary", {
  storage, clusters: { east: { kubeconfig: process.env.COMPANY, context: "east" } },
});
const includedNamespaces = [process.env.SHOP];
new velero.ClusterBackup("nightly", { location, cluster: "east", schedule: "0 2 * * *", ttl: "720h", includedNamespaces });
const now = new velero.ClusterBackup("now", { location, cluster: "east", includedNamespaces });`;
const EVERY_KIND = `${LOCATION}
new velero.WorkspaceBackup("shops", { location, clusters: ["east"], includedNamespaces });
new velero.Restore("copy", { backup: now, cluster: "east", namespaceMapping: { [process.env.SHOP]: process.env.SHOP + "-copy" } });`;

const { role, clusterRole } = rbac.provider();

describeOnSandbox("A company's kubeconfig that is given as content", (sandbox) => {
  const east = sandbox.cluster("east");

  async function begin(program: string, env: { COMPANY: string; CREDENTIAL?: string }): Promise<Stack> {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 3 });
    const stack = await stackOn(sandbox, program, { env: { SHOP: shop, ...env } });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    return stack;
  }

  async function finish(stack: Stack): Promise<void> {
    const destroy = await stack.destroy({ env: { COMPANY: undefined } });
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    for (const kind of ["schedules", "backupstoragelocations"] as const)
      expect(await veleroObjects(east, kind, stack)).toEqual([]);
  }

  test("enters the state with its one context, once for each resource of every kind", async () => {
    const { kubeconfig } = await accountWith(east, [role, clusterRole]);
    const stack = await begin(EVERY_KIND, { COMPANY: companyKubeconfig({ kubeconfig }) });
    const token = tokenIn(kubeconfig);
    const state = await stack.plainState();
    const plain = readable(state);
    const sealed = JSON.stringify(await stack.state());
    for (const mark of marksOfOthers.flatMap(formsOf)) {
      expect(plain.includes(mark), `${mark} in state`).toBe(false);
      expect(sealed.includes(mark), `${mark} in what is not even encrypted`).toBe(false);
    }
    const resources = resourcesOf(state);
    expect(resources).toHaveLength(6);
    for (const { urn, inputs, outputs } of resources) {
      expect(times(token, readable(inputs)), `inputs of ${urn}`).toBe(0);
      expect(times(token, readable(outputs)), `outputs of ${urn}`).toBe(urn.endsWith("::primary") ? 0 : 1);
    }
    expect(sealed).not.toContain(token);
    await finish(stack);
  }, 240_000);

  test("changes nothing while other contexts rotate; its own new token goes into up and destroy; and each backup has 4 KB beside it", async () => {
    const first = await accountWith(east, [role, clusterRole]);
    const second = await accountWith(east, [role, clusterRole]);
    const stack = await begin(LOCATION, {
      COMPANY: companyKubeconfig({ kubeconfig: first.kubeconfig, user: { exec: EXEC } }),
      CREDENTIAL: JSON.stringify({
        apiVersion: EXEC.apiVersion,
        kind: "ExecCredential",
        status: { token: tokenIn(first.kubeconfig) },
      }),
    });
    const expectSizes = async (most: number) => {
      for (const { whole, without } of resourcesOf(await stack.state())
        .filter(isBackup)
        .map(sizeOf)) {
        expect(whole).toBeLessThanOrEqual(most * 1024);
        expect(without).toBeLessThanOrEqual(4 * 1024);
      }
    };
    await expectSizes(6);
    const withToken = await stack.up({ env: { COMPANY: companyKubeconfig(first) } });
    expect(withToken.ok, messagesOf(withToken)).toBe(true);
    await expectSizes(7);

    const others = companyKubeconfig(first).replaceAll("token-of-other", "rotated-token-of-other");
    const preview = await stack.preview({ expectNoChanges: true, env: { COMPANY: others } });
    expect(preview.ok, stepsOf(preview).join()).toBe(true);

    await east.kubernetes.delete(`/api/v1/namespaces/${first.namespace}/serviceaccounts/${first.name}`);
    await waitUntil("the old token is refused", () =>
      first.kubernetes.get("/api/v1/namespaces/velero").then(
        () => undefined,
        (error: unknown) => error instanceof KubernetesError && error.status === 401,
      ),
    );
    const env = { COMPANY: companyKubeconfig(second) };
    const up = await stack.up({ env });
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(stepsOf(up).toSorted()).toEqual([
      "same primary",
      "update nightly",
      "update now",
      "update primary-east",
    ]);
    const after = await stack.refresh();
    expect(after.ok, messagesOf(after)).toBe(true);
    const unchanged = await stack.preview({ expectNoChanges: true, env });
    expect(unchanged.ok, stepsOf(unchanged).join()).toBe(true);
    await finish(stack);
  }, 240_000);
});

/** A plugin, with arguments of the length that `aws eks update-kubeconfig` writes. */
const EXEC = {
  apiVersion: "client.authentication.k8s.io/v1",
  command: "sh",
  args: `-c|echo "$CREDENTIAL"|--region|eu-central-1|eks|get-token|--cluster-name|east|--output|json`.split(
    "|",
  ),
  interactiveMode: "Never",
};

const tokenIn = (kubeconfig: string): string => /token: (\S+)/.exec(kubeconfig)?.[1] ?? "";

const resourcesOf = ({ deployment }: StackState): DeploymentResource[] =>
  (deployment.resources ?? []).filter(({ type }) => type.includes("dynamic/velero:"));

const isBackup = ({ type }: DeploymentResource): boolean => type.endsWith(":ClusterBackup");

/** The bytes that we have a resource take in state, and without the kubeconfig in its outputs. */
function sizeOf(resource: DeploymentResource): { whole: number; without: number } {
  const { connection } = resource.outputs as { connection: object };
  const whole = JSON.stringify(withoutPlaces(resource)).length;
  return { whole, without: whole - JSON.stringify(connection).length };
}

/** State as text, its kubeconfigs unpacked. A secret stands there as JSON, and may be a whole object. */
const readable = (state: unknown): string =>
  JSON.stringify(state, (key, value: unknown) => {
    if (typeof value !== "string") return value;
    return key === "plaintext" ? readable(JSON.parse(value)) : new PackedKubeconfigs().unpack(value);
  });

const times = (word: string, text: string): number => text.split(word).length - 1;
