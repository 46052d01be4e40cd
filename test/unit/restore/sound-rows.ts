import type { RestoreOptions } from "../../../provider/resources/restore/options.ts";
import { claim, pod, type Row, template } from "./verify-rows.ts";

const DRILL: RestoreOptions = { drill: true, namespaceMapping: { "*": "*-drill" } };

/** What a sound restore does to an object, in a cluster with webhooks, controllers and a newer API. */
export const sound: Row[] = [
  {
    of: "a Service whose declared node port a drill drops",
    kind: "services",
    before: {
      spec: {
        type: "NodePort",
        externalTrafficPolicy: "Cluster",
        clusterIP: "10.0.0.1",
        clusterIPs: ["10.0.0.1"],
        ports: [{ port: 80, protocol: "TCP", nodePort: 30_080 }],
      },
    },
    after: {
      spec: {
        type: "ClusterIP",
        clusterIP: "10.0.0.9",
        clusterIPs: ["10.0.0.9"],
        ports: [{ port: 80, protocol: "TCP" }],
      },
    },
    options: DRILL,
  },
  {
    of: "a Service with node ports of the target",
    kind: "services",
    before: { spec: { type: "NodePort", ports: [{ port: 80, protocol: "TCP", nodePort: 30_080 }] } },
    after: {
      spec: {
        type: "NodePort",
        ports: [{ port: 80, protocol: "TCP", nodePort: 31_000 }],
        trafficDistribution: "PreferClose",
      },
    },
  },
  {
    of: "a ServiceAccount that was merged into the target's own",
    kind: "serviceaccounts",
    before: {
      imagePullSecrets: [{ name: "registry" }],
      secrets: [{ name: "x-token-abcde" }, { name: "ssh" }, { name: "x-dockercfg-1" }],
    },
    after: {
      metadata: { labels: { theirs: "1" }, annotations: { theirs: "1" } },
      imagePullSecrets: [{ name: "theirs" }, { name: "registry" }],
      secrets: [{ name: "x-token-vwxyz" }, { name: "x-dockercfg-2" }, { name: "ssh" }],
    },
  },
  {
    of: "a claim that comes back from a CSI snapshot, with a larger request",
    kind: "persistentvolumeclaims",
    before: {
      metadata: {
        annotations: {
          "pv.kubernetes.io/bind-completed": "yes",
          "velero.io/volume-snapshot-name": "velero-x-1",
          "volume.kubernetes.io/selected-node": "node-1",
        },
      },
      spec: { ...claim, volumeName: "pv-1" },
    },
    after: {
      metadata: { finalizers: ["kubernetes.io/pvc-protection"] },
      spec: {
        ...claim,
        resources: { requests: { storage: "1.5Gi" } },
        volumeName: "pvc-2",
        dataSource: { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: "0413" },
        dataSourceRef: { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: "0413" },
      },
    },
    options: DRILL,
  },
  {
    of: "a claim that comes back by the data mover, as it did once before",
    kind: "persistentvolumeclaims",
    before: {
      metadata: { annotations: { "velero.io/data-upload-name": "du-1" } },
      spec: {
        ...claim,
        selector: { matchLabels: { "velero.io/dynamic-pv-restore": "shop.x.aaaaa" } },
        dataSource: { kind: "VolumeSnapshot", name: "old" },
      },
    },
    after: {
      spec: { ...claim, selector: { matchLabels: { "velero.io/dynamic-pv-restore": "shop-drill.x.bbbbb" } } },
    },
  },
  {
    of: "a claim that came back by the data mover once, and comes back empty now",
    kind: "persistentvolumeclaims",
    before: {
      spec: { ...claim, selector: { matchLabels: { "velero.io/dynamic-pv-restore": "shop.x.aaaaa" } } },
    },
    after: { spec: claim },
  },
  {
    of: "a VolumeSnapshot, which Velero restores by another name",
    kind: "volumesnapshots.snapshot.storage.k8s.io",
    before: { spec: { source: { persistentVolumeClaimName: "data" } } },
    after: { spec: { source: { volumeSnapshotContentName: "0413" } } },
  },
  {
    of: "a Deployment into which a webhook has injected a sidecar, and a newer API its defaults",
    kind: "deployments.apps",
    before: template({
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
    after: {
      metadata: { labels: { injected: "yes" }, annotations: { "mesh.io/injected": "1" } },
      ...template({
        containers: [
          { name: "mesh", image: "mesh:2" },
          {
            name: "app",
            image: "app:1",
            resizePolicy: [{ resourceName: "cpu" }],
            env: [
              { name: "PROXY", value: "1" },
              { name: "A", value: "1" },
            ],
            volumeMounts: [
              { name: "certs", mountPath: "/certs" },
              { name: "data", mountPath: "/data" },
            ],
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
  },
  {
    of: "a pod that was restored once before, now with its volumes' data",
    kind: "pods",
    before: {
      spec: {
        ...pod,
        nodeName: "node-1",
        priority: 7,
        initContainers: [
          { name: "restore-wait", args: ["old-uid"] },
          { name: "init", image: "init:1" },
        ],
        containers: [
          { name: "app", image: "app:1", volumeMounts: [{ name: "web-token-abc", mountPath: "/token" }] },
        ],
        serviceAccountName: "web",
        volumes: [
          { name: "web-token-abc", secret: { secretName: "web-token-abc" } },
          { name: "data", emptyDir: {} },
        ],
      },
    },
    after: {
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
  },
  {
    of: "a Job that gets labels and a selector of its own",
    kind: "jobs.batch",
    before: {
      spec: {
        parallelism: 2,
        selector: { matchLabels: { "batch.kubernetes.io/controller-uid": "u1" } },
        template: {
          metadata: {
            labels: { "controller-uid": "u1", "batch.kubernetes.io/controller-uid": "u1", "job-name": "x" },
          },
          spec: pod,
        },
      },
    },
    after: {
      spec: {
        parallelism: 2,
        selector: { matchLabels: { "batch.kubernetes.io/controller-uid": "u2" } },
        template: {
          metadata: { labels: { "batch.kubernetes.io/controller-uid": "u2", "job-name": "x" } },
          spec: pod,
        },
      },
    },
  },
  {
    of: "an object that has finalizers of its controller's, and keys that were added by hand",
    kind: "configmaps",
    before: { metadata: { finalizers: ["a"] }, data: { price: "3" } },
    after: {
      metadata: { finalizers: ["b"], labels: { a: "b" } },
      data: { price: "3", more: "4" },
      immutable: false,
    },
  },
  {
    of: "a custom resource whose definition has got defaults",
    kind: "widgets.example.com",
    before: { spec: { size: 3, parts: [{ kind: "wheel" }], nothing: null, tags: [] } },
    after: { spec: { size: 3, parts: [{ kind: "wheel", colour: "black" }], speed: "fast" } },
  },
];
