import { expect } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { dataKeys, passingStack } from "./observe.ts";
import { messagesOf, resourceIn, type Stack, veleroObjects } from "./stack.ts";

interface Workspace {
  clusters?: string;
  /** The location's clusters. */
  among?: string;
  namespaces?: string;
  /** Further properties of the location. */
  options?: string;
}

/** A program with a location and one WorkspaceBackup, `payments`. */
export const workspace = (
  more = "",
  { clusters = '"all"', among = "east, west", namespaces = "process.env.SHOP", options = "" }: Workspace = {},
): string => `
  ${locationOf(among, options)}
  const payments = new velero.WorkspaceBackup("payments", {
    location, clusters: ${clusters}, includedNamespaces: [${namespaces}], volumes: "none", ${more}
  });
  exports.phase = payments.phase;
`;

export const locationOf = (among = "east, west", options = ""): string =>
  `const location = new velero.BackupLocation("primary", { storage, clusters: { ${among} }, ${options} });`;

/** Never due while a test runs. */
export const yearly = 'schedule: "0 3 29 2 *", skipImmediately: true';

/** A stack, and a namespace with something in it that all of its clusters have. */
export async function workspaceStack(
  sandbox: Sandbox,
  program: string,
  env: Record<string, string> = {},
): Promise<Stack> {
  const shop = uniqueName("shop");
  const clusters = Object.values(sandbox.clusters);
  await Promise.all(clusters.map((cluster) => seedNamespace(cluster, shop, { objects: 4 })));
  return passingStack(sandbox, program, { env: { SHOP: shop, ...env } });
}

export type Parts = Record<string, Record<string, unknown>>;

/** What state says of the workspace after a run, and of each cluster's part. */
export function workspaceIn(
  run: RunResult,
  name = "payments",
): { outputs: Record<string, unknown>; parts: Parts } {
  const { outputs = {} } = resourceIn(run, name);
  return { outputs, parts: outputs["byCluster"] as Parts };
}

export async function ok(run: Promise<RunResult>): Promise<RunResult> {
  const result = await run;
  expect(result.ok, messagesOf(result)).toBe(true);
  return result;
}

export async function upWith(stack: Stack, program?: string) {
  if (program !== undefined) stack.change(program);
  const up = await ok(stack.up());
  return { up, ...workspaceIn(up) };
}

/** Neither the state nor the clusters ask for anything more. */
export const expectNoDrift = (stack: Stack) => ok(stack.up({ refresh: true, expectNoChanges: true }));

/** The stack's backups and schedules in a cluster, each with what tells one state of an object from the next. */
export async function versionsIn(cluster: SandboxCluster, stack: Stack): Promise<string[]> {
  const objects = await Promise.all([
    veleroObjects(cluster, "backups", stack),
    veleroObjects(cluster, "schedules", stack),
  ]);
  return objects
    .flat()
    .map(({ kind, metadata: { name, uid, resourceVersion } }) =>
      [kind, name, uid, resourceVersion].map(String).join(" "),
    )
    .toSorted();
}

export const namesIn = async (
  cluster: SandboxCluster,
  kind: "backups" | "schedules",
  stack: Stack,
): Promise<string[]> =>
  (await veleroObjects(cluster, kind, stack)).map(({ metadata }) => metadata.name).toSorted();

/** The backups whose data is in the store. */
export const foldersIn = async (sandbox: Sandbox, { bucket }: Stack, cluster: string): Promise<string[]> => [
  ...new Set((await dataKeys(sandbox, bucket, `${cluster}/backups/`)).map((key) => key.split("/")[2] ?? "")),
];
