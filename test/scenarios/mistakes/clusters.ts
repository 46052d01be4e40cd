import { CANARY, type Mistake, refused, refusedByUp, told } from "./row.ts";

const kubeconfig = "clusters.east.kubeconfig";

/** The administrator's, changed: who has rights in Velero's own namespace alone is told of rights instead. */
const changed =
  (change: (text: string) => string): NonNullable<Mistake["env"]> =>
  ({ sandbox }) => ({ EAST_KUBECONFIG: change(sandbox.cluster("east").kubeconfig) });
const asAdministrator = changed((text) => text);
const withToken = changed((text) => text.replace(/token: .*/, `token: ${CANARY}`));
const LITERAL = "{ east: { kubeconfig: process.env.EAST_KUBECONFIG } }";

/** Ways to a cluster, and what is found there. */
export const clusters: Mistake[] = [
  refused("a kubeconfig that is none", kubeconfig, ["cannot be read", "whole content of a kubeconfig file"], {
    env: () => ({ EAST_KUBECONFIG: `apiVersion: v1\nusers: [${CANARY}` }),
  }),
  refused("a kubeconfig that is none, as a literal", kubeconfig, ["cannot be read"], {
    clusters: LITERAL,
    env: () => ({ EAST_KUBECONFIG: `apiVersion: v1\nusers: [${CANARY}` }),
  }),
  refused("a kubeconfig under a misspelt name", "clusters.east", ["mend its spelling"], {
    clusters: "{ east: { ...east, kubeconf: process.env.EAST_KUBECONFIG } }",
    env: withToken,
  }),
  refused(
    "a kubeconfig without a current context",
    kubeconfig,
    ["has no current context", "current-context"],
    {
      env: changed((text) => text.replace(/^current-context:.*$/m, "")),
    },
  ),
  refused("a context that is not there", "clusters.east.context", ['no context "eats"', "It has: east"], {
    clusters: `{ east: { ...east, context: "eats" } }`,
  }),
  refused("a token that the cluster does not take", kubeconfig, ["Unauthorized", "Renew them"], {
    env: withToken,
  }),
  refused("a token that the cluster does not take, as a literal", kubeconfig, ["Unauthorized"], {
    clusters: LITERAL,
    env: withToken,
  }),
  told("the authority of another cluster", kubeconfig, [/certificate/, "certificate-authority-data"], {
    env: ({ sandbox, https }) => ({
      EAST_KUBECONFIG: sandbox
        .cluster("east")
        .kubeconfig.replace(
          /(certificate-authority-data: ).*/,
          `$1${Buffer.from(https.cert).toString("base64")}`,
        ),
    }),
  }),
  told("a cluster at whose address nothing listens", kubeconfig, ["ECONNREFUSED", "`offline: true`"], {
    env: (site) => changed((text) => text.replace(/server: .*/, `server: https://${site.nobody}`))(site),
  }),
  // A preview gives up sooner, and does not say on whom.
  refusedByUp("a cluster that does not answer", kubeconfig, ["does not answer", "Check its address"], {
    env: (site) => changed((text) => text.replace(/server: .*/, `server: https://${site.silent}`))(site),
  }),
  told("a kubeconfig in a file that is not there", kubeconfig, ["the file nowhere.yaml cannot be read"], {
    clusters: `{ east: { kubeconfig: { file: "nowhere.yaml" } } }`,
  }),
  told("a kubeconfig in a variable that is not set", kubeconfig, [/variable \w*EAST_KUBECONFIG is not set/], {
    env: () => ({ EAST_KUBECONFIG: undefined }),
  }),
  told(
    "a key in a variable that is not set",
    "storage.minio.credentials.static.secretAccessKey",
    [/variable \w*MINIO_SECRET_KEY is not set/],
    { env: () => ({ MINIO_SECRET_KEY: undefined }) },
  ),
  refused("two keys that are one cluster", "clusters.", ["are one and the same cluster"], {
    clusters: "{ east, again: east }",
  }),
  told(
    "a namespace of Velero's that is not there",
    "clusters.east.namespace",
    [/Name the one in which (it|Velero) runs/],
    {
      clusters: `{ east: { ...east, namespace: "nowhere" } }`,
      env: asAdministrator,
    },
  ),
  told("a cluster without Velero", "clusters.east", ["does not know Velero's kinds", "Install Velero"], {
    clusters: `{ east: { kubeconfig: { env: "BARE_KUBECONFIG" } } }`,
  }),
  told("a namespace that is not there", "includedNamespaces", ['cluster "east" has no namespace "shopp"'], {
    backup: `includedNamespaces: ["shopp"]`,
  }),
  told("such a namespace, on a schedule", "includedNamespaces", ['cluster "east" has no namespace "shopp"'], {
    backup: `includedNamespaces: ["shopp"], schedule: "@daily"`,
  }),
  // A Velero that does nothing cannot be told from one that is starting.
  refusedByUp("a namespace in which no Velero runs", "clusters.east", [/Velero/], {
    clusters: `{ east: { ...east, namespace: "default" } }`,
    location: `timeouts: { create: "20s" },`,
    env: asAdministrator,
  }),
];
