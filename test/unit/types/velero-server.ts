import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { BackupLocation, rbac, type StorageArgs, VeleroServer } from "../../../sdk/index.ts";

// Never run: `npm run typecheck` compiles it, and test/unit/types.test.ts sees which lines fail, and how.
declare const storage: StorageArgs;
declare const provider: k8s.Provider;
declare const text: pulumi.Output<string>;

const server = new VeleroServer("velero", { stores: ["aws", "minio"] }, { provider });
const kinds = [{ apiGroups: ["apps"], resources: ["*"] }];

export const accepted = {
  location: new BackupLocation("a", { storage, clusters: { east: server.cluster } }),
  reading: new BackupLocation("b", {
    storage,
    clusters: { dr: { ...server.cluster, reads: ["east"] }, east: { offline: true } },
  }),
  namespace: server.namespace satisfies pulumi.Output<string>,
  outputs: new VeleroServer("c", {
    stores: ["aws"],
    namespace: text,
    version: text,
    workloadIdentity: { aws: { roleArn: text }, azure: { clientId: text } },
    resources: { limits: { memory: text, "ephemeral-storage": "1Gi" } },
    values: { any: [{ thing: text }] },
  }),
  rights: new VeleroServer("d", { stores: ["gcp"], rights: { hooks: true, restores: kinds } }),
  role: rbac.server({ restores: kinds, name: text }),
};

export const refused = {
  // @ts-expect-error: there has to be a store
  noStore: new VeleroServer("e", {}),
  // @ts-expect-error: the store is not known
  unknownStore: new VeleroServer("f", { stores: ["s3"] }),
  // @ts-expect-error: an option is misspelt
  misspelt: new VeleroServer("g", { stores: ["aws"], nodeagent: true }),
  // @ts-expect-error: rights are all or said
  rights: new VeleroServer("h", { stores: ["aws"], rights: "readOnly" }),
  // @ts-expect-error: what snapshots need is said once, by the server's own option
  snapshots: new VeleroServer("i", { stores: ["aws"], rights: { csiSnapshots: true } }),
  // @ts-expect-error: an identity needs its role
  identity: new VeleroServer("j", { stores: ["aws"], workloadIdentity: { aws: {} } }),
  // @ts-expect-error: there is no such cluster to read
  reads: new BackupLocation("k", { storage, clusters: { dr: { ...server.cluster, reads: ["west"] } } }),
};
