import { describe, expect, test } from "vitest";
import type { RestoreOptions } from "../../../provider/velero/restore-option-entries.ts";
import { type Content, difference } from "../kinds/restore/difference.ts";

const claim = {
  accessModes: ["ReadWriteOnce"],
  resources: { requests: { storage: "1Gi" } },
  storageClassName: "fast",
  volumeMode: "Filesystem",
};
const pod = { containers: [{ name: "app", image: "app:1" }] };
const template = (spec: object) => ({ spec: { template: { spec } } });
const service = (type: string, ports: object[], more: object = {}) => ({ spec: { type, ports, ...more } });
const port = (nodePort?: number) => ({ port: 80, protocol: "TCP", ...(nodePort && { nodePort }) });
const movedBy = (value: string, more: object = {}) => ({
  spec: { ...claim, ...more, selector: { matchLabels: { "velero.io/dynamic-pv-restore": value } } },
});
const snapshot = (name: string) => ({ apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name });
const jobOf = (uid: string, more: object = {}) => ({
  spec: {
    parallelism: 2,
    selector: { matchLabels: { "batch.kubernetes.io/controller-uid": uid } },
    template: {
      metadata: { labels: { "batch.kubernetes.io/controller-uid": uid, "job-name": "x", ...more } },
      spec: pod,
    },
  },
});

const DRILL: RestoreOptions = { drill: true, namespaceMapping: { "*": "*-drill" } };

/** What a sound restore does to an object, in a cluster with webhooks, controllers and a newer API. */
const sound: [of: string, kind: string, before: Content, after: Content, options?: RestoreOptions][] = [
  [
    "a Service whose declared node port a drill drops",
    "services",
    service("NodePort", [port(30_080)], {
      externalTrafficPolicy: "Cluster",
      clusterIP: "10.0.0.1",
      clusterIPs: ["10.0.0.1"],
    }),
    service("ClusterIP", [port()], { clusterIP: "10.0.0.9", clusterIPs: ["10.0.0.9"] }),
    DRILL,
  ],
  [
    "a Service with node ports of the target",
    "services",
    service("NodePort", [port(30_080)]),
    service("NodePort", [port(31_000)], { trafficDistribution: "PreferClose" }),
  ],
  [
    "a ServiceAccount that was merged into the target's own",
    "serviceaccounts",
    {
      imagePullSecrets: [{ name: "registry" }],
      secrets: [{ name: "x-token-abcde" }, { name: "ssh" }, { name: "x-dockercfg-1" }],
    },
    {
      metadata: { labels: { theirs: "1" }, annotations: { theirs: "1" } },
      imagePullSecrets: [{ name: "theirs" }, { name: "registry" }],
      secrets: [{ name: "x-token-vwxyz" }, { name: "x-dockercfg-2" }, { name: "ssh" }],
    },
  ],
  [
    "a claim that comes back from a CSI snapshot, with a larger request",
    "persistentvolumeclaims",
    {
      metadata: {
        annotations: {
          "pv.kubernetes.io/bind-completed": "yes",
          "velero.io/volume-snapshot-name": "velero-x-1",
          "volume.kubernetes.io/selected-node": "node-1",
        },
      },
      spec: { ...claim, volumeName: "pv-1" },
    },
    {
      metadata: { finalizers: ["kubernetes.io/pvc-protection"] },
      spec: {
        ...claim,
        resources: { requests: { storage: "1.5Gi" } },
        volumeName: "pvc-2",
        dataSource: snapshot("0413"),
        dataSourceRef: snapshot("0413"),
      },
    },
    DRILL,
  ],
  [
    "a claim that comes back by the data mover, as it did once before",
    "persistentvolumeclaims",
    {
      metadata: { annotations: { "velero.io/data-upload-name": "du-1" } },
      ...movedBy("shop.x.aaaaa", { dataSource: { kind: "VolumeSnapshot", name: "old" } }),
    },
    movedBy("shop-drill.x.bbbbb"),
  ],
  [
    "a claim that came back by the data mover once, and comes back empty now",
    "persistentvolumeclaims",
    movedBy("shop.x.aaaaa"),
    { spec: claim },
  ],
  [
    "a VolumeSnapshot, which Velero restores by another name",
    "volumesnapshots.snapshot.storage.k8s.io",
    { spec: { source: { persistentVolumeClaimName: "data" } } },
    { spec: { source: { volumeSnapshotContentName: "0413" } } },
  ],
  [
    "a Deployment into which a webhook has injected a sidecar, and a newer API its defaults",
    "deployments.apps",
    template({
      containers: [
        {
          name: "app",
          image: "app:1",
          env: [{ name: "A", value: "1" }],
          volumeMounts: [{ name: "data", mountPath: "/data" }],
        },
      ],
      initContainers: [{ name: "init", image: "init:1" }],
    }),
    {
      metadata: { labels: { injected: "yes" }, annotations: { "mesh.io/injected": "1" } },
      ...template({
        containers: [
          { name: "mesh", image: "mesh:2" },
          {
            name: "app",
            image: "app:1",
            resizePolicy: [{ resourceName: "cpu" }],
            env: ["PROXY", "A"].map((name) => ({ name, value: "1" })),
            volumeMounts: ["certs", "data"].map((name) => ({ name, mountPath: `/${name}` })),
          },
        ],
        initContainers: [
          { name: "mesh-init", image: "mesh:2" },
          { name: "init", image: "init:1" },
        ],
        volumes: [{ name: "certs", emptyDir: {} }],
        hostUsers: true,
      }),
    },
  ],
  [
    "a pod that was restored once before, now with its volumes' data",
    "pods",
    {
      spec: {
        nodeName: "node-1",
        priority: 7,
        initContainers: [
          { name: "restore-wait", args: ["old-uid"] },
          { name: "init", image: "init:1" },
        ],
        containers: [
          { ...pod.containers[0], volumeMounts: [{ name: "web-token-abc", mountPath: "/token" }] },
        ],
        serviceAccountName: "web",
        volumes: [
          { name: "web-token-abc", secret: { secretName: "web-token-abc" } },
          { name: "data", emptyDir: {} },
        ],
      },
    },
    {
      spec: {
        ...pod,
        serviceAccountName: "web",
        initContainers: [
          { name: "restore-wait", args: ["new-uid"] },
          { name: "init", image: "init:1" },
        ],
        volumes: [{ name: "data", emptyDir: {} }],
        tolerations: [{ key: "node.kubernetes.io/not-ready", operator: "Exists" }],
      },
    },
  ],
  [
    "a Job that gets labels and a selector of its own",
    "jobs.batch",
    jobOf("u1", { "controller-uid": "u1" }),
    jobOf("u2"),
  ],
  [
    "an object that has finalizers of its controller's, and keys that were added by hand",
    "configmaps",
    { metadata: { finalizers: ["a"] }, data: { price: "3" } },
    {
      metadata: { finalizers: ["b"], labels: { a: "b" } },
      data: { price: "3", more: "4" },
      immutable: false,
    },
  ],
  [
    "a custom resource whose definition has got defaults",
    "widgets.example.com",
    { spec: { size: 3, parts: [{ kind: "wheel" }], nothing: null, tags: [] } },
    { spec: { size: 3, parts: [{ kind: "wheel", colour: "black" }], speed: "fast" } },
  ],
];

const limited = (selector: object) => ({ spec: { ...claim, selector } });
const ofMover = (value: string, more: object = {}) => ({
  matchLabels: { ...more, "velero.io/dynamic-pv-restore": value },
});
const ingress = (...ports: number[]) => ({
  spec: { ingress: [{ ports: ports.map((each) => ({ port: each, protocol: "TCP" })) }] },
});
const users = (...names: string[]) => ({ subjects: names.map((name) => ({ kind: "User", name })) });
const initiated = (...names: string[]) => template({ initContainers: names.map((name) => ({ name })) });
const running = (container: object) => template({ containers: [container] });
const policies = "networkpolicies.networking.k8s.io";
const roles = "roles.rbac.authorization.k8s.io";

/** What no sound restore does, and where it is said to differ. */
const unsound: [of: string, kind: string, before: Content, after: Content, said: string][] = [
  ["a value of a ConfigMap", "configmaps", { data: { price: "3" } }, { data: { price: "4" } }, "data.price"],
  ["a key of a Secret", "secrets", { data: { a: "MQ==", b: "Mg==" } }, { data: { a: "MQ==" } }, "data.b"],
  ["a label", "configmaps", { metadata: { labels: { app: "web" } } }, {}, "metadata.labels.app"],
  [
    "an image pull secret",
    "serviceaccounts",
    { imagePullSecrets: [{ name: "registry" }] },
    { imagePullSecrets: [{ name: "theirs" }] },
    "imagePullSecrets[registry]",
  ],
  [
    "a claim's class",
    "persistentvolumeclaims",
    { spec: claim },
    { spec: { ...claim, storageClassName: "slow" } },
    "spec.storageClassName",
  ],
  [
    "a smaller request",
    "persistentvolumeclaims",
    { spec: claim },
    { spec: { ...claim, resources: { requests: { storage: "1023Mi" } } } },
    "spec.resources.requests.storage",
  ],
  [
    "a selector of the claim's own",
    "persistentvolumeclaims",
    limited(ofMover("a", { tier: "gold" })),
    limited(ofMover("b")),
    "spec.selector.matchLabels.tier",
  ],
  [
    "an annotation of the claim's own",
    "persistentvolumeclaims",
    { metadata: { annotations: { team: "a" } }, spec: claim },
    { spec: claim },
    "metadata.annotations.team",
  ],
  [
    "a Service that lies behind no address any more",
    "services",
    { spec: { clusterIP: "None" } },
    { spec: { clusterIP: "10.0.0.1" } },
    "spec.clusterIP",
  ],
  [
    "an image",
    "deployments.apps",
    template(pod),
    running({ name: "app", image: "app:2" }),
    "spec.template.spec.containers[app].image",
  ],
  [
    "a container",
    "deployments.apps",
    template(pod),
    running({ name: "other", image: "app:1" }),
    "spec.template.spec.containers[app]",
  ],
  [
    "the order of init containers",
    "deployments.apps",
    initiated("a", "b"),
    initiated("b", "a"),
    "spec.template.spec.initContainers",
  ],
  [
    "a pod's mount",
    "pods",
    { spec: { containers: [{ name: "app", volumeMounts: [{ name: "data", mountPath: "/data" }] }] } },
    { spec: { containers: [{ name: "app" }] } },
    "spec.containers[app].volumeMounts[/data]",
  ],
  [
    "arguments, of which there is one more",
    "deployments.apps",
    running({ name: "app", args: ["a"] }),
    running({ name: "app", args: ["a", "b"] }),
    "spec.template.spec.containers[app].args",
  ],
  [
    "a rule that somebody has added",
    roles,
    { rules: [{ verbs: ["get"] }] },
    { rules: [{ verbs: ["get"] }, { verbs: ["*"] }] },
    "rules",
  ],
  [
    "a verb",
    roles,
    { rules: [{ verbs: ["get", "list"] }] },
    { rules: [{ verbs: ["list", "get"] }] },
    "rules[0].verbs[0], rules[0].verbs[1]",
  ],
  [
    "a subject that somebody has added",
    `rolebindings${roles.slice(5)}`,
    users("a"),
    users("a", "b"),
    "subjects",
  ],
  [
    "a port that a policy lets through besides",
    policies,
    ingress(80),
    ingress(80, 22),
    "spec.ingress[0].ports",
  ],
  [
    "a policy that lets nothing through",
    policies,
    { spec: { egress: [] } },
    { spec: { egress: [{}] } },
    "spec.egress",
  ],
  [
    "an object that is empty, and stands for all",
    policies,
    { spec: { podSelector: {} } },
    { spec: {} },
    "spec.podSelector",
  ],
  [
    "node ports, in what no drill has touched",
    "services",
    { spec: { type: "NodePort" } },
    { spec: { type: "ClusterIP" } },
    "spec.type",
  ],
  [
    "more than three places, of which the first are told",
    "configmaps",
    { data: { a: "1", b: "1", c: "1", d: "1", e: "1" } },
    { data: {} },
    "data.a, data.b, data.c and 2 more places",
  ],
];

describe("What only the target has is no difference, nor what Velero and controllers rewrite", () => {
  test.each(sound)("in %s", (_of, kind, before, after, options) => {
    expect(difference(kind, before, after, options)).toBeUndefined();
  });
});

describe("What the backup says and the target does not is a difference, by its place", () => {
  test.each(unsound)("%s", (_of, kind, before, after, said) => {
    expect(difference(kind, before, after)).toBe(`differs in ${said}`);
  });
});
