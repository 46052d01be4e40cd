import { claim, pod, type Row, template } from "./verify-rows.ts";

/** What no sound restore does, and what is said of it. */
export const unsound: (Row & { said: string })[] = [
  {
    of: "a value of a ConfigMap",
    kind: "configmaps",
    before: { data: { price: "3" } },
    after: { data: { price: "4" } },
    said: "differs in data.price",
  },
  {
    of: "a key of a Secret",
    kind: "secrets",
    before: { data: { a: "MQ==", b: "Mg==" } },
    after: { data: { a: "MQ==" } },
    said: "differs in data.b",
  },
  {
    of: "a label",
    kind: "configmaps",
    before: { metadata: { labels: { app: "web" } } },
    after: {},
    said: "differs in metadata.labels.app",
  },
  {
    of: "an image pull secret",
    kind: "serviceaccounts",
    before: { imagePullSecrets: [{ name: "registry" }] },
    after: { imagePullSecrets: [{ name: "theirs" }] },
    said: "differs in imagePullSecrets[registry]",
  },
  {
    of: "a claim's class",
    kind: "persistentvolumeclaims",
    before: { spec: claim },
    after: { spec: { ...claim, storageClassName: "slow" } },
    said: "differs in spec.storageClassName",
  },
  {
    of: "a smaller request",
    kind: "persistentvolumeclaims",
    before: { spec: claim },
    after: { spec: { ...claim, resources: { requests: { storage: "1023Mi" } } } },
    said: "differs in spec.resources.requests.storage",
  },
  {
    of: "a selector of the claim's own",
    kind: "persistentvolumeclaims",
    before: {
      spec: { ...claim, selector: { matchLabels: { tier: "gold", "velero.io/dynamic-pv-restore": "a" } } },
    },
    after: { spec: { ...claim, selector: { matchLabels: { "velero.io/dynamic-pv-restore": "b" } } } },
    said: "differs in spec.selector.matchLabels.tier",
  },
  {
    of: "an annotation of the claim's own",
    kind: "persistentvolumeclaims",
    before: { metadata: { annotations: { team: "a" } }, spec: claim },
    after: { spec: claim },
    said: "differs in metadata.annotations.team",
  },
  {
    of: "a Service that lies behind no address any more",
    kind: "services",
    before: { spec: { clusterIP: "None" } },
    after: { spec: { clusterIP: "10.0.0.1" } },
    said: "differs in spec.clusterIP",
  },
  {
    of: "an image",
    kind: "deployments.apps",
    before: template(pod),
    after: template({ containers: [{ name: "app", image: "app:2" }] }),
    said: "differs in spec.template.spec.containers[app].image",
  },
  {
    of: "a container",
    kind: "deployments.apps",
    before: template(pod),
    after: template({ containers: [{ name: "other", image: "app:1" }] }),
    said: "differs in spec.template.spec.containers[app]",
  },
  {
    of: "the order of init containers",
    kind: "deployments.apps",
    before: template({ initContainers: [{ name: "a" }, { name: "b" }] }),
    after: template({ initContainers: [{ name: "b" }, { name: "a" }] }),
    said: "differs in spec.template.spec.initContainers",
  },
  {
    of: "a pod's mount",
    kind: "pods",
    before: {
      spec: { containers: [{ name: "app", volumeMounts: [{ name: "data", mountPath: "/data" }] }] },
    },
    after: { spec: { containers: [{ name: "app" }] } },
    said: "differs in spec.containers[app].volumeMounts[/data]",
  },
  {
    of: "arguments, of which there is one more",
    kind: "deployments.apps",
    before: template({ containers: [{ name: "app", args: ["a"] }] }),
    after: template({ containers: [{ name: "app", args: ["a", "b"] }] }),
    said: "differs in spec.template.spec.containers[app].args",
  },
  {
    of: "a rule that somebody has added",
    kind: "roles.rbac.authorization.k8s.io",
    before: { rules: [{ verbs: ["get"] }] },
    after: { rules: [{ verbs: ["get"] }, { verbs: ["*"] }] },
    said: "differs in rules",
  },
  {
    of: "a verb",
    kind: "roles.rbac.authorization.k8s.io",
    before: { rules: [{ verbs: ["get", "list"] }] },
    after: { rules: [{ verbs: ["list", "get"] }] },
    said: "differs in rules[0].verbs[0], rules[0].verbs[1]",
  },
  {
    of: "a subject that somebody has added",
    kind: "rolebindings.rbac.authorization.k8s.io",
    before: { subjects: [{ kind: "User", name: "a" }] },
    after: {
      subjects: [
        { kind: "User", name: "a" },
        { kind: "User", name: "b" },
      ],
    },
    said: "differs in subjects",
  },
  {
    of: "a port that a policy lets through besides",
    kind: "networkpolicies.networking.k8s.io",
    before: { spec: { ingress: [{ ports: [{ port: 80, protocol: "TCP" }] }] } },
    after: {
      spec: {
        ingress: [
          {
            ports: [
              { port: 80, protocol: "TCP" },
              { port: 22, protocol: "TCP" },
            ],
          },
        ],
      },
    },
    said: "differs in spec.ingress[0].ports",
  },
  {
    of: "a policy that lets nothing through",
    kind: "networkpolicies.networking.k8s.io",
    before: { spec: { egress: [] } },
    after: { spec: { egress: [{}] } },
    said: "differs in spec.egress",
  },
  {
    of: "an object that is empty, and stands for all",
    kind: "networkpolicies.networking.k8s.io",
    before: { spec: { podSelector: {} } },
    after: { spec: {} },
    said: "differs in spec.podSelector",
  },
  {
    of: "node ports, in what no drill has touched",
    kind: "services",
    before: { spec: { type: "NodePort" } },
    after: { spec: { type: "ClusterIP" } },
    said: "differs in spec.type",
  },
  {
    of: "more than three places, of which the first are told",
    kind: "configmaps",
    before: { data: { a: "1", b: "1", c: "1", d: "1", e: "1" } },
    after: { data: {} },
    said: "differs in data.a, data.b, data.c and 2 more places",
  },
];
