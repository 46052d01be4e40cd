import type { Session } from "../../../provider/session.ts";
import { create } from "../../../provider/index.ts";
import { withoutCodes } from "../../without-codes.ts";
import { type Inputs, type Kind, LINEAGE, urnOf } from "./arbitrary-inputs.ts";

/** Inputs of each kind as a small program declares them; the stores and clusters are nowhere. */
export const storage = {
  minio: {
    bucket: "backups",
    endpoint: "http://minio:9000",
    credentials: { static: { accessKeyId: "key-of-tests", secretAccessKey: "secret-of-tests" } },
  },
};

export const declared: Record<Kind, Inputs> = {
  BackupLocation: { owner: urnOf("BackupLocation", "primary"), storage, preflight: "off" },
  SharedLocation: { owner: urnOf("SharedLocation", "platform") },
  ClusterLocation: {
    owner: urnOf("ClusterLocation", "primary-east"),
    lineage: LINEAGE,
    location: "primary",
    cluster: "east",
    connection: { kubeconfig: "kubeconfig of east" },
    storage,
    namespace: "velero",
    preflight: "off",
  },
  ClusterBackup: {
    owner: urnOf("ClusterBackup", "nightly"),
    lineage: LINEAGE,
    cluster: "east",
    location: {
      owner: urnOf("ClusterLocation", "primary-east"),
      lineage: LINEAGE,
      locationName: "primary-east-0a1b2c3d",
      namespace: "velero",
      storePrefix: "east",
    },
    connection: { kubeconfig: "kubeconfig of east" },
    storage,
    preflight: "off",
  },
  WorkspaceBackup: {
    owner: urnOf("WorkspaceBackup", "payments"),
    lineage: LINEAGE,
    clusters: "all",
    reach: Object.fromEntries(
      ["east", "west"].map((key) => [
        key,
        {
          location: {
            owner: urnOf("ClusterLocation", `primary-${key}`),
            lineage: LINEAGE,
            locationName: `primary-${key}-0a1b2c3d`,
            namespace: "velero",
            storePrefix: key,
          },
          connection: { kubeconfig: `kubeconfig of ${key}` },
        },
      ]),
    ),
    storage,
    preflight: "off",
  },
  Restore: {
    owner: urnOf("Restore", "back"),
    lineage: LINEAGE,
    source: { owner: urnOf("ClusterBackup", "nightly") },
    targets: {
      east: {
        cluster: "west",
        location: {
          owner: urnOf("ClusterLocation", "primary-west"),
          lineage: LINEAGE,
          locationName: "primary-west-0a1b2c3d",
          namespace: "velero",
          storePrefix: "west",
        },
        sees: "primary-west-east-0a1b2c3d",
        connection: { kubeconfig: "kubeconfig of west" },
        source: { latest: "nightly-east-0a1b2c3d-20261123020000" },
      },
    },
    storage,
    preflight: "off",
  },
};

export interface Checked {
  inputs: Inputs;
  failures: string[];
}

/** What `check` makes of a kind's inputs with some changes; undefined takes a property away. */
export async function checked(
  kind: Kind,
  changes: Inputs = {},
  olds: Inputs = {},
  session?: Session,
): Promise<Checked> {
  const news = JSON.parse(JSON.stringify({ ...declared[kind], ...changes })) as Inputs;
  const { inputs = {}, failures = [] } = await create(kind, session).check(olds, news);
  return { inputs, failures: failures.map(({ reason }) => withoutCodes(reason)) };
}

export const replacesOf = async (kind: Kind, olds: Inputs, news: Inputs): Promise<string[]> =>
  (await create(kind).diff("id", olds, news)).replaces ?? [];
