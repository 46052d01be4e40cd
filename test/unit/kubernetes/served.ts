/** What an API server says of a version: its resources by their plural, with short names, and what else it serves. */
const resource = (name: string, kind: string, more: object = {}) => ({
  name,
  singularName: kind.toLowerCase(),
  kind,
  namespaced: true,
  verbs: ["list", "get", "create", "delete"],
  ...more,
});
const version = (...resources: object[]) => ({ kind: "APIResourceList", resources });
const clusterScoped = { namespaced: false };

const group = (name: string, preferred: string, ...others: string[]) => ({
  name,
  versions: [preferred, ...others].map((each) => ({ groupVersion: `${name}/${each}`, version: each })),
  preferredVersion: { groupVersion: `${name}/${preferred}`, version: preferred },
});

/** All documents by which a small API server tells what it serves: Widgets in two versions, and a group that is down. */
export const servedDocuments: Record<string, object> = {
  "/apis": {
    groups: [
      group("apps", "v1"),
      group("example.com", "v1", "v1beta1"),
      group("metrics.example.com", "v1beta1"),
    ],
  },
  "/api/v1": version(
    resource("configmaps", "ConfigMap", { shortNames: ["cm"] }),
    resource("pods", "Pod", { shortNames: ["po"] }),
    resource("pods/log", "Pod", { verbs: ["get"] }),
    resource("bindings", "Binding", { verbs: ["create"] }),
    resource("namespaces", "Namespace", { ...clusterScoped, shortNames: ["ns"] }),
    resource("secrets", "Secret", { singularName: "" }),
  ),
  "/apis/apps/v1": version(
    resource("deployments", "Deployment", { shortNames: ["deploy"] }),
    resource("deployments/scale", "Scale", { verbs: ["get"] }),
  ),
  "/apis/example.com/v1": version(resource("widgets", "Widget"), resource("pods", "Pod")),
  "/apis/example.com/v1beta1": version(resource("widgets", "Widget"), resource("gadgets", "Gadget")),
};
