import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { locationByHand, phaseOf } from "./location-by-hand.ts";
import { liveObject, resourceList } from "./observe.ts";
import { veleroPath } from "./stack.ts";

const PREFIX = "raw";

/** Velero's answer to a specification: the phase, and the number of stored objects by kind. */
export interface Raw {
  phase: unknown;
  errors: unknown;
  kinds: Record<string, number>;
}

/** A way to ask Velero itself what it makes of a Backup's specification, without this library. */
export async function rawBackups(
  sandbox: Sandbox,
  cluster: SandboxCluster,
): Promise<(spec: object) => Promise<Raw>> {
  const { bucket, name: location } = await locationByHand(sandbox, cluster, { prefix: PREFIX });
  return async (spec) => {
    const name = uniqueName("raw");
    await cluster.kubernetes.create(veleroPath("backups"), {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: { name, namespace: "velero" },
      spec: { storageLocation: location, snapshotVolumes: false, ttl: "24h", ...spec },
    });
    const ended = await waitUntil(`backup ${name} has ended`, async () => {
      const live = await liveObject(cluster, "backups", name);
      return /^(Completed|PartiallyFailed|Failed|FailedValidation)$/.test(String(phaseOf(live)))
        ? live
        : undefined;
    });
    const lists = hasStored(ended) ? await resourceList(sandbox, bucket, PREFIX, name) : {};
    return {
      phase: phaseOf(ended),
      errors: ended.status?.["errors"],
      kinds: Object.fromEntries(Object.entries(lists).map(([kind, { length }]) => [kind, length])),
    };
  };
}

const hasStored = (backup: KubernetesObject): boolean =>
  /^(Completed|PartiallyFailed)$/.test(String(phaseOf(backup)));
