import type { KubernetesClient } from "../kubernetes/client.ts";
import {
  backupRepositories,
  backups,
  configMaps,
  customResourceDefinitions,
  dataDownloads,
  deleteBackupRequests,
  downloadRequests,
  type KubernetesObject,
  locations,
  namespaces,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  podVolumeRestores,
  type ResourceType,
  restores,
  schedules,
  secrets,
  serverStatusRequests,
  snapshotContents,
  snapshotLocations,
  storageClasses,
  volumeSnapshotClasses,
} from "../kubernetes/resources.ts";
import type { Use } from "../schemas/backup.ts";

interface Need {
  type: ResourceType;
  verbs: readonly string[];
  /** True if the permission is needed in the whole cluster, and not only in Velero's namespace. */
  isClusterWide?: boolean;
  /** The effect of a missing permission, in words. Absent if the `up` fails without it. */
  without?: string;
}

const SEE = ["get", "list"];
const WRITE = ["create", "patch", "delete"];

/** Without the permission to watch, we list every few seconds. */
const follow = (...types: ResourceType[]): Need[] =>
  types.map((type) => ({ type, verbs: ["watch"], without: "what is waited for is seen some seconds later" }));

const ask = (type: ResourceType, without: string): Need[] => [
  { type, verbs: ["create", "list", "delete"], without },
  ...follow(type),
];

const askStatus = ask(
  serverStatusRequests,
  "a Velero that is dead, or too old for an option, is not recognized",
);
const askFiles = ask(
  downloadRequests,
  "Velero's own results and logs are not shown where the program has no way to the store",
);

const seeClaims = (...types: ResourceType[]): Need[] =>
  types.map((type) => ({
    type,
    verbs: ["list"],
    isClusterWide: true,
    without: "a preview does not tell what becomes of the claims in the chosen namespaces",
  }));

const UNSEEN_SNAPSHOTS = "a preview does not tell whether a snapshot can be taken of a claim";

/** The calls of the code, as Kubernetes RBAC permissions. `sdk/rbac/` grants them, and a test compares both. */
export const neededRights: Readonly<Record<Use, readonly Need[]>> = {
  location: [
    { type: locations, verbs: [...SEE, ...WRITE] },
    { type: secrets, verbs: ["get", ...WRITE] },
    { type: schedules, verbs: ["list"] },
    { type: backups, verbs: ["list", "delete"] },
    ...follow(locations, backups),
    ...askStatus,
  ],
  claimInCluster: [{ type: configMaps, verbs: [...SEE, ...WRITE] }],
  repositoryPassword: [{ type: backupRepositories, verbs: ["list"] }],
  backup: [
    { type: backups, verbs: [...SEE, ...WRITE] },
    { type: schedules, verbs: [...SEE, ...WRITE] },
    { type: locations, verbs: SEE },
    {
      type: namespaces,
      verbs: ["list"],
      isClusterWide: true,
      without: "patterns cannot be resolved, and a namespace that is misspelt is not recognized",
    },
    {
      type: customResourceDefinitions,
      verbs: ["list"],
      isClusterWide: true,
      without: "a backup that lacks what was defined just before it is not recognized",
    },
    { type: deleteBackupRequests, verbs: ["list"], without: "why a backup cannot be deleted is not told" },
    ...follow(backups, schedules, locations),
    ...askStatus,
    ...askFiles,
  ],
  resourcePolicy: [{ type: configMaps, verbs: ["get", ...WRITE] }],
  sharedPolicy: [{ type: configMaps, verbs: ["get"] }],
  volumes: [
    ...seeClaims(persistentVolumeClaims, persistentVolumes, pods),
    { type: storageClasses, verbs: ["list"], isClusterWide: true, without: UNSEEN_SNAPSHOTS },
    { type: volumeSnapshotClasses, verbs: ["list"], isClusterWide: true, without: UNSEEN_SNAPSHOTS },
    { type: snapshotLocations, verbs: ["list"], without: UNSEEN_SNAPSHOTS },
  ],
  deletion: [{ type: deleteBackupRequests, verbs: ["create", "list"] }, ...follow(deleteBackupRequests)],
  erasure: [{ type: backupRepositories, verbs: ["list", "delete"] }],
  restore: [
    { type: restores, verbs: [...SEE, ...WRITE] },
    { type: backups, verbs: ["list"] },
    { type: locations, verbs: SEE },
    { type: configMaps, verbs: ["get", ...WRITE] },
    {
      type: namespaces,
      verbs: ["list"],
      isClusterWide: true,
      without: "a namespace that is being deleted is not recognized",
    },
    {
      type: storageClasses,
      verbs: ["list"],
      isClusterWide: true,
      without: "storage classes that the cluster lacks are not recognized",
    },
    {
      type: persistentVolumeClaims,
      verbs: ["list"],
      isClusterWide: true,
      without: "what is restored of a snapshot is not seen to have its volume",
    },
    ...follow(restores, backups, locations),
    ...askStatus,
    ...askFiles,
  ],
  drill: [
    { type: namespaces, verbs: ["list", "create", "patch", "delete"], isClusterWide: true },
    // These objects show that the data of a claim came back.
    { type: podVolumeRestores, verbs: ["list"] },
    { type: dataDownloads, verbs: ["list"] },
    {
      type: persistentVolumes,
      verbs: ["list", "patch"],
      isClusterWide: true,
      without: "volumes whose class retains them stay when the claims of a drill go",
    },
    {
      type: snapshotContents,
      verbs: ["list", "delete"],
      isClusterWide: true,
      without: "VolumeSnapshotContents stay when the claims of a drill go",
    },
    ...follow(namespaces, persistentVolumeClaims, persistentVolumes, snapshotContents).map((need) => ({
      ...need,
      isClusterWide: true,
    })),
  ],
};

interface Right {
  type: ResourceType;
  verb: string;
  namespace?: string | undefined;
}

/**
 * Returns the permissions that these credentials lack for the use, as one sentence for each consequence. It asks for
 * them with access reviews, which the server answers without storing them.
 */
export async function missingRights(
  client: KubernetesClient,
  veleroNamespace: string,
  use: Use,
): Promise<string[]> {
  const needs = neededRights[use];
  const known = needs.some(({ isClusterWide }) => !isClusterWide)
    ? await rulesIn(client, veleroNamespace)
    : [];
  const missing = await Promise.all(
    needs.map(async (need) => {
      const namespace = need.isClusterWide ? undefined : veleroNamespace;
      const refused = await Promise.all(
        need.verbs.map(async (verb) => {
          const right = { type: need.type, verb, namespace };
          return isSaid(known, right) || (await isAllowed(client, right))
            ? []
            : [`${verb} ${need.type.plural}`];
        }),
      );
      return { need, refused: refused.flat() };
    }),
  );
  const consequenceOf = ({ need }: (typeof missing)[number]) => `${need.isClusterWide} ${need.without}`;
  return [...new Set(missing.map(consequenceOf))].flatMap((consequence) =>
    sentence(
      missing.filter((each) => consequenceOf(each) === consequence),
      client,
      veleroNamespace,
    ),
  );
}

function sentence(
  missing: readonly { need: Need; refused: readonly string[] }[],
  { label }: KubernetesClient,
  namespace: string,
): string[] {
  const refused = missing.flatMap((each) => each.refused);
  const [first] = missing;
  if (refused.length === 0 || !first) return [];
  const { isClusterWide, without } = first.need;
  const place = isClusterWide ? `in all of cluster "${label.key}"` : `in namespace "${namespace}"`;
  const end = without === undefined ? "an up with the same ones would fail" : `without it ${without}`;
  return [
    `${label.property}: ${place} these credentials may not ${refused.join(", ")}; ${end}. velero.rbac.provider has all that is needed`,
  ];
}

interface Rule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
}

/**
 * Returns all permissions of the credentials in a namespace, with one request. If that fails, each permission is asked
 * for.
 */
async function rulesIn(client: KubernetesClient, namespace: string): Promise<Rule[]> {
  const review = { metadata: { name: "" }, spec: { namespace } };
  const { status } = await client
    .create<KubernetesObject & { status?: { resourceRules?: Rule[] } }>(RULES, review)
    .catch(() => ({ status: undefined }));
  return status?.resourceRules ?? [];
}

/** A permission that is not listed may still be granted, by an authorizer that does not list its rules. */
const isSaid = (rules: readonly Rule[], { type, verb, namespace }: Right): boolean =>
  namespace !== undefined &&
  rules.some(
    ({ verbs, apiGroups = [], resources = [], resourceNames = [] }) =>
      has(verbs, verb) &&
      has(apiGroups, groupOf(type)) &&
      has(resources, type.plural) &&
      resourceNames.length === 0,
  );

const has = (list: readonly string[], wanted: string): boolean => list.includes(wanted) || list.includes("*");

async function isAllowed(client: KubernetesClient, { type, verb, namespace }: Right): Promise<boolean> {
  const resourceAttributes = { namespace, verb, group: groupOf(type), resource: type.plural };
  const review = { metadata: { name: "" }, spec: { resourceAttributes } };
  const { status } = await client.create<typeof review & { status?: { allowed?: boolean } }>(ACCESS, review);
  return status?.allowed !== false;
}

const groupOf = ({ apiVersion }: ResourceType): string =>
  apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";

const reviews = (kind: string): ResourceType => ({
  apiVersion: "authorization.k8s.io/v1",
  kind,
  plural: `${kind.toLowerCase()}s`,
});
const ACCESS = reviews("SelfSubjectAccessReview");
const RULES = reviews("SelfSubjectRulesReview");
