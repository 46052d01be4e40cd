import { onTestFinished } from "vitest";
import type { NewKubernetesObject } from "../sandbox/kubernetes-client.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import type { Stack } from "./stack.ts";

const API = "/apis/admissionregistration.k8s.io/v1";

/** What the refusal says. */
export const REFUSAL = "refused by the policy of a test";

/** Kinds that a stack makes, each with an object of it that an API server would take. */
const samples = {
  configmaps: { group: "", kind: "ConfigMap", data: {} },
  backups: { group: "velero.io", kind: "Backup", spec: {} },
  restores: { group: "velero.io", kind: "Restore", spec: { backupName: "any" } },
  schedules: { group: "velero.io", kind: "Schedule", spec: { schedule: "@daily", template: {} } },
} as const;

/**
 * An admission policy, until the test ends or it is lifted: no object of that kind that the stack owns is created in
 * the cluster, except with a label of the name `unlessLabelled`. Nobody else's objects are concerned, and no look at
 * rights foresees it.
 */
export async function refuseOwned(
  { kubernetes }: SandboxCluster,
  { stack }: Stack,
  plural: keyof typeof samples,
  { unlessLabelled }: { unlessLabelled?: string } = {},
): Promise<{ lift: () => Promise<void> }> {
  const name = uniqueName("refuse");
  const { group, ...sample } = samples[plural];
  const apiVersion = group === "" ? "v1" : `${group}/v1`;
  const owner = "object.metadata.annotations['pulumi-velero.io/owner-urn']";
  const [policies, bindings] = [
    `${API}/validatingadmissionpolicies`,
    `${API}/validatingadmissionpolicybindings`,
  ];
  await kubernetes.create(policies, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name },
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        resourceRules: [
          { apiGroups: [group], apiVersions: ["v1"], operations: ["CREATE"], resources: [plural] },
        ],
      },
      matchConditions: [
        {
          name: "of-the-stack",
          expression: `has(object.metadata.annotations) && 'pulumi-velero.io/owner-urn' in object.metadata.annotations && ${owner}.startsWith('urn:pulumi:${stack}::')`,
        },
      ],
      validations: [
        {
          expression:
            unlessLabelled === undefined
              ? "false"
              : `has(object.metadata.labels) && '${unlessLabelled}' in object.metadata.labels`,
          message: REFUSAL,
        },
      ],
    },
  });
  await kubernetes.create(bindings, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name },
    spec: { policyName: name, validationActions: ["Deny"] },
  });
  const isRefused = async (): Promise<boolean> => {
    const annotations = { "pulumi-velero.io/owner-urn": `urn:pulumi:${stack}::` };
    const object: NewKubernetesObject = { apiVersion, metadata: { name, annotations }, ...sample };
    const path = `${group === "" ? "/api" : `/apis/${group}`}/v1/namespaces/velero/${plural}?dryRun=All`;
    return kubernetes.create(path, object).then(
      () => false,
      (error: unknown) => {
        if (String(error).includes(REFUSAL)) return true;
        throw error;
      },
    );
  };
  const remove = () => Promise.all([bindings, policies].map((path) => kubernetes.delete(`${path}/${name}`)));
  onTestFinished(async () => void (await remove()));
  // The API server learns of policies a moment later.
  await waitUntil("the policy is in force", async () => (await isRefused()) || undefined);
  return {
    async lift() {
      await remove();
      await waitUntil("the policy is lifted", async () => !(await isRefused()) || undefined);
    },
  };
}
