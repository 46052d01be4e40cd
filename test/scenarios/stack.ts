import { onTestFinished } from "vitest";
import { Runner, type RunnerOptions } from "../engine/runner.ts";
import type { RunResult } from "../engine/run-result.ts";
import type { DeploymentResource } from "../engine/stack-state.ts";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { kubeconfigForPrograms } from "./kubeconfig-for-programs.ts";

/** A stack of a scenario, with a bucket of its own. Program text finds its clusters and its store in the environment. */
export interface Stack extends Runner {
  bucket: string;
  /** Replaces the program. */
  change(body: string): void;
}

/**
 * Writes a program and a stack for it, both gone after the test. In `body` are: `velero`, `pulumi`, `storage` (the
 * sandbox's MinIO and the bucket, its keys as references), and `east` and `west`, connections by reference.
 */
export async function stackOn(
  sandbox: Sandbox,
  body: string,
  options: Partial<RunnerOptions> & { bucket?: string } = {},
): Promise<Stack> {
  const bucket = options.bucket ?? (await sandbox.minio.createBucket("scenario"));
  const runner = new Runner({
    // Names in a cluster come from the URN: equal ones in two stacks would be one and the same Schedule.
    stack: uniqueName("dev"),
    ...options,
    program: { files: { "index.js": programIn(body) } },
    env: { ...(await environmentOf(sandbox, bucket)), ...options.env },
  });
  onTestFinished(() => runner.dispose());
  return Object.assign(runner, {
    bucket,
    change: (changed: string) => runner.write({ "index.js": programIn(changed) }),
  });
}

/** The whole text of a program. */
export const programIn = (body: string): string => `
const pulumi = require("@pulumi/pulumi");
const velero = require("pulumi-velero");
const keys = { accessKeyId: { env: "MINIO_ACCESS_KEY" }, secretAccessKey: { env: "MINIO_SECRET_KEY" } };
const storage = {
  minio: { bucket: process.env.BUCKET, endpoint: process.env.MINIO_ENDPOINT, credentials: { static: keys } },
};
const east = { kubeconfig: { env: "EAST_KUBECONFIG" } };
const west = { kubeconfig: { env: "WEST_KUBECONFIG" } };
${body}
`;

/** What a program finds its clusters and its store by. */
export async function environmentOf(sandbox: Sandbox, bucket: string): Promise<Record<string, string>> {
  const kubeconfigs = await Promise.all(
    Object.values(sandbox.clusters).map(
      async (cluster) =>
        [`${cluster.name.toUpperCase()}_KUBECONFIG`, await kubeconfigForPrograms(cluster)] as const,
    ),
  );
  return {
    BUCKET: bucket,
    MINIO_ENDPOINT: sandbox.minio.endpoint,
    MINIO_ACCESS_KEY: sandbox.minio.accessKey,
    MINIO_SECRET_KEY: sandbox.minio.secretKey,
    ...Object.fromEntries(kubeconfigs),
  };
}

/** `create primary`, `same shop`: what a run did to our resources, without the stack itself. */
export const stepsOf = (run: RunResult): string[] =>
  run.steps.filter(({ type }) => type.includes("velero:")).map(({ op, name }) => `${op} ${name}`);

/** What a run said, errors and all. */
export const messagesOf = (run: RunResult): string =>
  run.diagnostics.map(({ severity, message }) => `${severity}: ${message}`).join("\n");

export function resourceIn(run: RunResult, name: string): DeploymentResource {
  const found = run.state.deployment.resources?.find(({ urn }) => urn.endsWith(`::${name}`));
  if (!found) throw new Error(`no resource "${name}" in state: ${messagesOf(run)}`);
  return found;
}

export type VeleroKind =
  | "backups"
  | "schedules"
  | "backupstoragelocations"
  | "backuprepositories"
  | "deletebackuprequests";

export const veleroPath = (kind: VeleroKind, name = ""): string =>
  `/apis/velero.io/v1/namespaces/velero/${kind}${name && `/${name}`}`;

/** Velero's objects in a cluster that belong to this stack's bucket: other scenarios run there at the same time. */
export async function veleroObjects(
  cluster: SandboxCluster,
  kind: Exclude<VeleroKind, "backuprepositories" | "deletebackuprequests">,
  { bucket }: { bucket: string },
): Promise<KubernetesObject[]> {
  const locations = (await cluster.kubernetes.list(veleroPath("backupstoragelocations"))).filter(
    ({ spec }) => (spec?.["objectStorage"] as { bucket?: string })?.bucket === bucket,
  );
  if (kind === "backupstoragelocations") return locations;
  const names = locations.map(({ metadata }) => metadata.name);
  const locationOf = ({ spec }: KubernetesObject) =>
    ((spec?.["template"] as { storageLocation?: string })?.storageLocation ??
      spec?.["storageLocation"]) as string;
  return (await cluster.kubernetes.list(veleroPath(kind))).filter((object) =>
    names.includes(locationOf(object)),
  );
}
