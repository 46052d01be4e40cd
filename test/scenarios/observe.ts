import { createHash } from "node:crypto";
import { buffer, text } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { onTestFinished } from "vitest";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { stackOn, type Stack, type VeleroKind, veleroPath } from "./stack.ts";

/** What a program of ours claims a prefix with. */
export interface StoredMarker {
  owner: string;
  lineage: string;
  formerOwners: string[];
  incarnation: string;
  cluster: { key: string; uid: string };
  released?: string;
}

/** A stack whose Schedules and locations are deleted after the test, so that no Velero goes on with them. */
export async function passingStack(...parameters: Parameters<typeof stackOn>): Promise<Stack> {
  const stack = await stackOn(...parameters);
  const clusters = Object.values(parameters[0].clusters);
  // A destroy would do the same, and takes some seconds of the processor. A cluster may be down.
  onTestFinished(async () => {
    await Promise.allSettled(clusters.map((cluster) => silence(cluster, stack)));
  }, 60_000);
  return stack;
}

async function silence({ kubernetes }: SandboxCluster, { stack }: Stack): Promise<void> {
  for (const kind of ["schedules", "backupstoragelocations"] as const) {
    for (const { metadata } of await kubernetes.list(veleroPath(kind))) {
      const { "pulumi-velero.io/owner-urn": owner } = (metadata["annotations"] ?? {}) as Record<
        string,
        string
      >;
      if (owner?.startsWith(`urn:pulumi:${stack}::`))
        await kubernetes.delete(veleroPath(kind, metadata.name));
    }
  }
}

export const markerKey = (prefix: string): string => `${prefix}/metadata/pulumi-velero.json`;

export async function markerAt({ minio }: Sandbox, bucket: string, prefix: string): Promise<StoredMarker> {
  return JSON.parse(await text(await minio.client().getObject(bucket, markerKey(prefix)))) as StoredMarker;
}

/** Every key below the prefix that holds data of Velero's. */
export async function dataKeys({ minio }: Sandbox, bucket: string, prefix = ""): Promise<string[]> {
  return (await minio.objectKeys(bucket, prefix)).filter((key) => !key.includes("/metadata/"));
}

/** Kind → names, as Velero lists what it has stored: `v1/ConfigMap` → `shop/prices`. */
export async function resourceList(
  { minio }: Sandbox,
  bucket: string,
  prefix: string,
  backup: unknown,
): Promise<Record<string, string[]>> {
  const key = `${prefix}/backups/${String(backup)}/${String(backup)}-resource-list.json.gz`;
  const file = await buffer(await minio.client().getObject(bucket, key));
  return JSON.parse(gunzipSync(file).toString("utf8")) as Record<string, string[]>;
}

export async function veleroObject(
  { kubernetes }: SandboxCluster,
  kind: VeleroKind,
  name: unknown,
): Promise<KubernetesObject | undefined> {
  return kubernetes.get(veleroPath(kind, String(name)));
}

export async function liveObject(
  cluster: SandboxCluster,
  kind: VeleroKind,
  name: unknown,
): Promise<KubernetesObject> {
  const object = await veleroObject(cluster, kind, name);
  if (object) return object;
  throw new Error(`there is no ${kind} ${String(name)} in ${cluster.name}`);
}

/** A location's Secret has the location's name. */
export async function secretOf(
  { kubernetes }: SandboxCluster,
  location: unknown,
): Promise<KubernetesObject | undefined> {
  return kubernetes.get(`/api/v1/namespaces/velero/secrets/${String(location)}`);
}

export const incarnationOf = ({ metadata }: KubernetesObject): string =>
  metadata.labels?.["pulumi-velero.io/incarnation"] ?? "";

/** The URN on an object, if its label is the hash of that URN and of the lineage beside it. */
export function ownerOf({ metadata }: KubernetesObject): string {
  const annotations = metadata["annotations"] as Record<string, string> | undefined;
  const urn = annotations?.["pulumi-velero.io/owner-urn"] ?? "";
  const lineage = metadata.labels?.["pulumi-velero.io/lineage"];
  const hash = createHash("sha256")
    .update(JSON.stringify([urn, lineage]))
    .digest("hex")
    .slice(0, 16);
  const label = metadata.labels?.["pulumi-velero.io/owner"] ?? "";
  if (label !== hash) throw new Error(`the label ${label} is not the hash of ${urn} and ${lineage}`);
  return urn;
}
