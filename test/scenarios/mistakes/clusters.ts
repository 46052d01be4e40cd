import type { MistakeRow } from "./row.ts";

const kubeconfig = "clusters.east.kubeconfig";

/** Who has rights in Velero's own namespace alone is told of rights instead. */
const asAdministrator: MistakeRow["env"] = ({ sandbox }) => ({
  EAST_KUBECONFIG: sandbox.cluster("east").kubeconfig,
});

/** Ways to a cluster, and what is found there. */
export const clusters: MistakeRow[] = [
  {
    title: "a kubeconfig that is none",
    ends: "refused",
    env: () => ({ EAST_KUBECONFIG: "apiVersion: [canary" }),
    property: kubeconfig,
    says: ["cannot be read", "Give the whole content of a kubeconfig file"],
  },
  {
    title: "a kubeconfig without a current context",
    ends: "refused",
    env: (site) => ({
      EAST_KUBECONFIG: site.kubeconfig((text) => text.replace(/^current-context:.*$/m, "")),
    }),
    property: kubeconfig,
    says: ["has no current context", "Set its current-context"],
  },
  {
    title: "a context that the kubeconfig does not have",
    ends: "refused",
    program: { clusters: `{ east: { ...east, context: "eats" } }` },
    property: "clusters.east.context",
    says: ['no context "eats"', "It has: east"],
  },
  {
    title: "a token that the cluster does not take",
    ends: "refused",
    env: (site) => ({
      EAST_KUBECONFIG: site.kubeconfig((text) => text.replace(/token: .*/, "token: canary")),
    }),
    property: kubeconfig,
    says: ["Unauthorized", "Renew them"],
  },
  {
    title: "the certificate authority of another cluster",
    ends: "told",
    env: (site) => ({
      EAST_KUBECONFIG: site.kubeconfig((text) =>
        text.replace(
          /certificate-authority-data: .*/,
          `certificate-authority-data: ${Buffer.from(site.https.cert).toString("base64")}`,
        ),
      ),
    }),
    property: kubeconfig,
    says: [/certificate/, "certificate-authority-data"],
  },
  {
    title: "a cluster at whose address nothing listens",
    ends: "told",
    env: (site) => ({
      EAST_KUBECONFIG: site.kubeconfig((text) =>
        text.replace(/server: .*/, `server: https://${site.nobody}`),
      ),
    }),
    property: kubeconfig,
    says: ["ECONNREFUSED", "`offline: true`"],
  },
  {
    title: "a kubeconfig in a file that is not there",
    ends: "told",
    program: { clusters: `{ east: { kubeconfig: { file: "nowhere.yaml" } } }` },
    property: kubeconfig,
    says: ["the file nowhere.yaml cannot be read"],
  },
  {
    title: "a kubeconfig in a variable that is not set",
    ends: "told",
    env: () => ({ EAST_KUBECONFIG: undefined }),
    property: kubeconfig,
    says: ["the environment variable EAST_KUBECONFIG is not set"],
  },
  {
    title: "another cluster behind the same key",
    ends: "up",
    why: "which cluster it was, is among the outputs, which a preview does not see",
    afterAnUp: true,
    env: ({ sandbox }) => ({ EAST_KUBECONFIG: sandbox.cluster("west").kubeconfig }),
    property: "clusters.east",
    says: ["is another cluster", "`offline: true`"],
  },
  {
    title: "two keys that are one cluster",
    ends: "refused",
    program: { clusters: "{ east, again: east }" },
    property: "clusters.",
    says: ["are one and the same cluster"],
  },
  {
    title: "a namespace of Velero's that does not exist",
    ends: "told",
    program: { clusters: `{ east: { ...east, namespace: "nowhere" } }` },
    env: asAdministrator,
    property: "clusters.east.namespace",
    says: ["Name the one in which it runs"],
  },
  {
    title: "a cluster that Velero was not installed in",
    ends: "told",
    program: { clusters: `{ east: { kubeconfig: { env: "BARE_KUBECONFIG" } } }` },
    property: "clusters.east",
    says: ["does not know Velero's kinds", "Install Velero"],
  },
  {
    title: "a namespace to back up that is not there",
    ends: "told",
    program: { backup: `includedNamespaces: ["shopp"]` },
    property: "includedNamespaces",
    says: ['cluster "east" has no namespace "shopp"'],
  },
  {
    title: "a namespace in which no Velero runs",
    ends: "up",
    why: "a Velero that does nothing cannot be told from one that is starting",
    isSlow: true,
    program: { clusters: `{ east: { ...east, namespace: "default" } }` },
    env: asAdministrator,
    property: "clusters.east",
    says: [/Velero/],
  },
];
