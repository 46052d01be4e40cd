import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** A kind that a test defines: one of its own name in a group of its own. */
export interface OwnKind {
  /** `gizmos.shop-1.example.com` */
  groupResource: string;
  /** As Velero lists it: `shop-1.example.com/v1/Gizmo`. */
  stored: string;
  create(namespace: string, name: string, labels?: Record<string, string>): Promise<void>;
}

/**
 * Defines a kind; it is served when this returns. It stays for as long as the sandbox, which has to be the test's own: a
 * Velero that knows a kind which is gone ends every backup PartiallyFailed, until it looks again.
 */
export async function defineKind(
  { kubernetes }: SandboxCluster,
  group: string,
  { kind = "Gizmo" } = {},
): Promise<OwnKind> {
  const plural = `${kind.toLowerCase()}s`;
  const groupResource = `${plural}.${group}`;
  await kubernetes.create(DEFINITIONS, {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: groupResource },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural },
      versions: [
        { name: "v1", storage: true, served: true, schema: { openAPIV3Schema: { type: "object" } } },
      ],
    },
  });
  const collection = (namespace: string) => `/apis/${group}/v1/namespaces/${namespace}/${plural}`;
  await waitUntil(`${groupResource} is served`, async () =>
    (await kubernetes.list(`/apis/${group}/v1/${plural}`).catch(() => undefined)) ? true : undefined,
  );
  return {
    groupResource,
    stored: `${group}/v1/${kind}`,
    create: async (namespace, name, labels) => {
      await kubernetes.create(collection(namespace), {
        apiVersion: `${group}/v1`,
        kind,
        metadata: { name, ...(labels && { labels }) },
      });
    },
  };
}
