import type { ServerRightsArgs } from "../rbac/server.ts";
import type {
  NodeAgentArgs,
  PluginArgs,
  ServerChartArgs,
  ServerIdentityArgs,
  ServerResourcesArgs,
  VeleroServerArgs,
} from "../velero-server-args.ts";
import { storeNames } from "./plugins.ts";

/** Returns all problems of the arguments' plain values. The chart refuses invalid outputs. */
export function serverProblems(args: VeleroServerArgs): string[] {
  const { chart, workloadIdentity = {}, nodeAgent, rights } = args;
  const agent = typeof nodeAgent === "object" ? nodeAgent : {};
  return [
    ...unknownIn("", args, OPTIONS),
    ...unknownIn("chart.", chart, CHART),
    ...unknownIn("workloadIdentity.", workloadIdentity, IDENTITY),
    ...unknownIn("nodeAgent.", agent, NODE_AGENT),
    ...unknownIn("rights.", typeof rights === "object" ? rights : {}, RIGHTS),
    ...storeProblems(args.stores),
    ...identityProblems(workloadIdentity, args.stores),
    ...pluginProblems(args.plugins ?? []),
    ...quantityProblems("resources", args.resources),
    ...quantityProblems("nodeAgent.resources", agent.resources),
    ...unlike("namespace", args.namespace, NAME, "a namespace's name"),
    ...unlike("releaseName", args.releaseName, NAME, "a name of lower-case letters, digits and `-`"),
    ...unlike("serviceAccount.name", args.serviceAccount?.name, NAME, "a service account's name"),
    ...unlike("version", args.version, /^v\d+\.\d+\.\d+/, "a version of Velero's, such as `v1.18.3`"),
    ...unlike("chart.version", chart?.version, /^\d+\.\d+\.\d+/, "a chart's version, such as `12.1.0`"),
    ...unlike("image", args.image, /^(?!.*:[^/]*$)\S+$/, "an image without its tag, which is `version`"),
    ...(chart?.path !== undefined && chart.repository !== undefined
      ? ["`chart` has both `path` and `repository`: give one of them."]
      : []),
    ...(typeof rights === "string" && rights !== "clusterAdmin"
      ? [`\`rights\` is ${JSON.stringify(rights)}, and must be "clusterAdmin" or an object.`]
      : []),
    ...(typeof args.timeout === "number" && !(args.timeout > 0)
      ? [`\`timeout\` is ${args.timeout}, and must be a number of seconds above 0.`]
      : []),
  ];
}

/** The known options. The compiler checks that the list is complete. */
const OPTIONS: Record<keyof VeleroServerArgs, true> = {
  stores: true,
  namespace: true,
  createNamespace: true,
  releaseName: true,
  version: true,
  image: true,
  chart: true,
  plugins: true,
  workloadIdentity: true,
  serviceAccount: true,
  nodeAgent: true,
  csiSnapshots: true,
  resources: true,
  rights: true,
  timeout: true,
  values: true,
};
const CHART: Record<keyof ServerChartArgs, true> = { version: true, repository: true, path: true };
const IDENTITY: Record<keyof ServerIdentityArgs, true> = { aws: true, gcp: true, azure: true };
const NODE_AGENT: Record<keyof NodeAgentArgs, true> = {
  resources: true,
  tolerations: true,
  nodeSelector: true,
  podVolumePath: true,
};
const RIGHTS: Record<Exclude<keyof ServerRightsArgs, "name" | "csiSnapshots">, true> = {
  reads: true,
  hooks: true,
  restores: true,
  rules: true,
};

function unknownIn(place: string, given: object | undefined, known: Record<string, true>): string[] {
  return Object.keys(given ?? {})
    .filter((key) => !Object.hasOwn(known, key))
    .map((key) => `\`${place}${key}\` is no option. There are: ${Object.keys(known).join(", ")}.`);
}

function storeProblems(stores: readonly string[] | undefined): string[] {
  const known = storeNames.join(", ");
  if (stores === undefined || stores.length === 0)
    return [`\`stores\` is empty, and Velero could store nothing. Name at least one of ${known}.`];
  return stores
    .filter((store) => !(storeNames as string[]).includes(store))
    .map((store) => `\`stores\` names ${JSON.stringify(store)}, for which there is no plugin: ${known}.`);
}

function identityProblems(
  { aws, gcp, azure }: ServerIdentityArgs,
  stores: readonly string[] | undefined,
): string[] {
  // The plugin for MinIO can also snapshot Amazon's disks.
  const named = stores?.map((store) => (store === "minio" ? "aws" : store));
  const unused = Object.entries({ aws, gcp, azure })
    .filter(([cloud, identity]) => identity !== undefined && named?.includes(cloud) === false)
    .map(([cloud]) => `\`workloadIdentity.${cloud}\` is for a store that \`stores\` does not name.`);
  return [
    ...unused,
    ...unlike("workloadIdentity.aws.roleArn", aws?.roleArn, ROLE, "a role's ARN"),
    ...unlike(
      "workloadIdentity.gcp.serviceAccountEmail",
      gcp?.serviceAccountEmail,
      /^[^@\s]+@[^@\s]+\.gserviceaccount\.com$/,
      "a Google service account's address",
    ),
    ...unlike("workloadIdentity.azure.clientId", azure?.clientId, GUID, "a client's ID, a GUID"),
    ...unlike("workloadIdentity.azure.tenantId", azure?.tenantId, GUID, "a tenant's ID, a GUID"),
  ];
}

function pluginProblems(plugins: readonly PluginArgs[]): string[] {
  return plugins.flatMap(({ name, image }, index) => [
    ...unlike(`plugins[${index}].name`, name, NAME, "a container's name"),
    ...unlike(`plugins[${index}].image`, image, /^\S+(:[^/\s]+|@sha256:\S+)$/, "an image with its tag"),
    ...(name === undefined || image === undefined
      ? [`\`plugins[${index}]\` needs \`name\` and \`image\`.`]
      : []),
  ]);
}

function quantityProblems(place: string, { requests, limits }: ServerResourcesArgs = {}): string[] {
  return Object.entries({ requests, limits }).flatMap(([kind, quantities]) =>
    Object.entries({ ...quantities }).flatMap(([resource, quantity]) =>
      unlike(`${place}.${kind}.${resource}`, quantity, QUANTITY, "a quantity, such as `500m` or `512Mi`"),
    ),
  );
}

const NAME = /^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$/;
const ROLE = /^arn:[^:]+:iam::\d{12}:role\/\S+$/;
const GUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const QUANTITY = /^\d+(\.\d+)?(m|k|[KMGTPE]i?)?$/;

const unlike = (property: string, value: unknown, form: RegExp, mustBe: string): string[] =>
  typeof value !== "string" || form.test(value)
    ? []
    : [`\`${property}\` is ${JSON.stringify(value)}, and must be ${mustBe}.`];
