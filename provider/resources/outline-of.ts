import type { KubernetesObject } from "../kubernetes/resources.ts";
import { omit, pick } from "../lifecycle/canonical.ts";

type Fields = Record<string, unknown>;

/** As kubectl applied it last: the object once more. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** These kinds are looked into wherever a restore is planned or judged: there are few of them, or they are small. */
const WHOLE = [
  "namespaces",
  "persistentvolumeclaims",
  "persistentvolumes",
  "serviceaccounts",
  "services",
  "storageclasses.storage.k8s.io",
];

/** The fields that are looked at, by kind; of all other kinds it is the metadata alone. */
const FIELDS: Record<string, readonly string[]> = {
  "jobs.batch": ["status"],
  secrets: ["type"],
};

/**
 * The parts of an object by which a restore is planned and judged, without what only a comparison of whole objects
 * needs: that is most of it. It says what it says of the object, and leaves the rest out.
 */
export function outlineOf(resource: string, object: KubernetesObject & Fields): KubernetesObject & Fields {
  const metadata = omit(object.metadata, ["managedFields"]) as KubernetesObject["metadata"];
  if (WHOLE.includes(resource)) return { ...object, metadata };
  const annotations = omit(metadata.annotations ?? {}, [LAST_APPLIED]) as Record<string, string>;
  return {
    ...pick(object, ["apiVersion", "kind"]),
    ...(resource === "pods" ? podOutline(object) : pick(object, FIELDS[resource] ?? [])),
    metadata: { ...metadata, ...(metadata.annotations && { annotations }) },
  };
}

interface Container {
  name?: unknown;
  volumeMounts?: unknown;
  volumeDevices?: unknown;
}

/** Its volumes, who mounts them, and how far it has come. */
function podOutline({ spec, status }: Fields): Fields {
  const { containers } = (spec ?? {}) as { containers?: Container[] };
  return {
    spec: {
      ...pick((spec ?? {}) as Fields, ["nodeName", "priorityClassName", "volumes"]),
      ...(containers && {
        containers: containers.map((each) => pick(each, ["name", "volumeMounts", "volumeDevices"])),
      }),
    },
    status: pick((status ?? {}) as Fields, ["phase"]),
  };
}
