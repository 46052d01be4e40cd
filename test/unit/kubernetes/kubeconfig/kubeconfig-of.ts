/** A kubeconfig of one context, as content. */
export const kubeconfigOf = (
  user: object,
  cluster: object = {},
  context: object = { user: "someone" },
): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "there", cluster: { server: "https://127.0.0.1:6443", ...cluster } }],
    users: [{ name: "someone", user }],
    contexts: [{ name: "there", context: { cluster: "there", ...context } }],
    "current-context": "there",
  });
