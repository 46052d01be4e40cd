import { describe, expect, test } from "vitest";
import { type DrillShape, drillRules, shapeOf } from "../../../provider/restore-model/modifiers.ts";
import { applyRules } from "../kinds/restore/apply-rules.ts";
import { captured, selected } from "../kinds/restore/captured.ts";

const NOTHING: DrillShape = { servicePorts: 0, consumers: [] };
type Spec = Record<string, unknown>;

/** What comes of an object that has this spec, as Velero's own actions leave it. */
const drilled = (kind: string, spec: Spec, shape = NOTHING, metadata: object = {}) =>
  applyRules(drillRules(shape), kind, { metadata: { name: "x", namespace: "shop", ...metadata }, spec });
const specOf = (...all: Parameters<typeof drilled>) => drilled(...all)["spec"];

describe("What is restored for a drill", () => {
  test.each(["deployments.apps", "statefulsets.apps", "replicasets.apps", "replicationcontrollers"])(
    "runs no pods: %s",
    (kind) => {
      expect(specOf(kind, { replicas: 3, paused: false })).toEqual({ replicas: 0, paused: false });
    },
  );

  test.each(["configmaps", "persistentvolumeclaims", "widgets.example.com", "a.b.c.example.com"])(
    "is held by no finalizer: %s",
    (kind) => {
      const finalizers = ["example.com/never"];
      expect(drilled(kind, {}, NOTHING, { finalizers })["metadata"]).toEqual({
        name: "x",
        namespace: "shop",
      });
    },
  );
});

describe("A Service of a drill", () => {
  const shape = shapeOf(
    [
      selected(
        captured("services", "shop/a", { spec: { ports: [{ nodePort: 30_001 }, { nodePort: 30_002 }] } }),
      ),
      selected(captured("services", "shop/b", { spec: { ports: [{}, {}, {}] } })),
      selected(captured("configmaps", "shop/c")),
    ],
    [],
  );

  test("is reached by nobody from outside, and is as the API server takes it", () => {
    const spec = {
      ports: [{ port: 80, protocol: "TCP" }],
      externalTrafficPolicy: "Local",
      healthCheckNodePort: 30_100,
      allocateLoadBalancerNodePorts: true,
      loadBalancerClass: "internal",
      loadBalancerSourceRanges: ["10.0.0.0/8"],
      externalIPs: ["10.1.2.3"],
    };
    for (const type of ["LoadBalancer", "NodePort"])
      expect(specOf("services", { ...spec, type })).toEqual({ type: "ClusterIP", ports: spec.ports });
    expect(specOf("services", { type: "ExternalName", externalName: "x.org" })).toEqual({
      type: "ExternalName",
      externalName: "x.org",
    });
  });

  test("has no node port, also where it was declared, at any place and of any protocol", () => {
    expect(shape.servicePorts).toBe(2);
    const without = selected(captured("services", "shop/b", { spec: { ports: [{}] } }));
    expect(shapeOf([without], []).servicePorts).toBe(0);
    const ports = [
      { port: 80, protocol: "TCP", nodePort: 30_001 },
      { port: 53, protocol: "UDP", nodePort: 30_002 },
    ];
    expect(specOf("services", { type: "NodePort", ports }, shape)).toEqual({
      type: "ClusterIP",
      ports: ports.map((port) => ({ ...port, nodePort: 0 })),
    });
    // A rule for a port that there is not does no harm.
    expect(specOf("services", { ports: ports.slice(0, 1) }, shape)).toEqual({
      ports: [{ ...ports[0], nodePort: 0 }],
    });
    expect(specOf("services", {}, shape)).toEqual({});
  });
});

describe("A pod of a drill", () => {
  /** As a database may have it, and as Velero's actions leave it. */
  const spec = {
    containers: [
      {
        name: "db",
        image: "db:1",
        env: [{ name: "PASSWORD", value: "x" }],
        ports: [{ containerPort: 1 }],
        livenessProbe: {},
        volumeMounts: [{ name: "data", mountPath: "/data" }],
      },
      { name: "exporter", image: "exporter:1" },
    ],
    initContainers: [{ name: "migrate", image: "db:1" }],
    volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
    nodeSelector: { disk: "ssd" },
    affinity: { podAffinity: {} },
    tolerations: [{ key: "db" }],
    priorityClassName: "vital",
    priority: 7,
    preemptionPolicy: "PreemptLowerPriority",
    serviceAccountName: "db",
    hostNetwork: true,
    restartPolicy: "Always",
    securityContext: { fsGroup: 999 },
  };
  const waiting = {
    name: "restore-wait",
    image: "velero/velero:v1.18.3",
    command: ["/velero-restore-helper"],
    args: ["uid-of-the-restore"],
    resources: { requests: { cpu: "100m" } },
    securityContext: { runAsUser: 999 },
    volumeMounts: [{ name: "data", mountPath: "/restores/data" }],
  };
  const metadata = {
    name: "db-0",
    labels: { app: "db" },
    annotations: { "post.hook.restore.velero.io/command": "boom" },
  };

  test("is nobody's, and is scheduled nowhere, where no data hangs on it", () => {
    const pod = drilled("pods", spec, NOTHING, metadata);
    expect(pod["metadata"]).toEqual({ name: "db-0", namespace: "shop" });
    const { priorityClassName: _class, priority: _priority, preemptionPolicy: _policy, ...kept } = spec;
    expect(pod["spec"]).toEqual({
      ...kept,
      nodeSelector: { disk: "ssd", "pulumi-velero.io/drill": "nowhere" },
    });
  });

  test("that brings files back has nothing but Velero's own container, twice: one that waits, and one that ends", () => {
    const pod = drilled(
      "pods",
      { ...spec, initContainers: [waiting, ...spec.initContainers] },
      NOTHING,
      metadata,
    );
    expect(pod["metadata"]).toMatchObject({ labels: { "sidecar.istio.io/inject": "false" } });
    expect(pod["metadata"]).not.toHaveProperty("labels.app");
    expect(pod["spec"]).toEqual({
      initContainers: [waiting],
      containers: [
        {
          ...waiting,
          name: "drill",
          volumeMounts: [{ name: "pulumi-velero-drill", mountPath: "/restores" }],
        },
      ],
      volumes: [...spec.volumes, { name: "pulumi-velero-drill", emptyDir: {} }],
      nodeSelector: { "kubernetes.io/os": "linux" },
      tolerations: spec.tolerations,
      serviceAccountName: "db",
      securityContext: { fsGroup: 999 },
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
    });
  });

  test("for which a volume waits is scheduled, by its name, and runs nothing", () => {
    const shape = { servicePorts: 0, consumers: [{ namespace: "shop", pods: ["db-0", "db.1"] }] };
    const { containers, initContainers, nodeSelector, volumes } = drilled("pods", spec, shape, metadata)[
      "spec"
    ] as Spec;
    expect(containers).toEqual([
      expect.objectContaining({
        name: "drill",
        image: "db:1",
        imagePullPolicy: "Never",
        command: ["/pulumi-velero-drill-runs-nothing"],
      }),
    ]);
    expect(containers).toEqual([expect.not.objectContaining({ env: expect.anything() })]);
    expect([initContainers, nodeSelector, volumes]).toEqual([
      [],
      { "kubernetes.io/os": "linux" },
      spec.volumes,
    ]);
    for (const other of [{ name: "db-01" }, { name: "dbx1" }, { namespace: "elsewhere" }])
      expect(specOf("pods", spec, shape, { ...metadata, ...other })).toHaveProperty("nodeSelector.disk");
  });
});

test("every rule is one that Velero takes: patches of one sort, and all values as text", () => {
  const rules = drillRules({ servicePorts: 2, consumers: [{ namespace: "shop", pods: ["a"] }] });
  expect(rules.length).toBeGreaterThan(15);
  for (const { conditions, patches, mergePatches, strategicPatches } of rules) {
    expect(conditions.groupResource).not.toBe("");
    expect([patches, mergePatches, strategicPatches].filter(Boolean)).toHaveLength(1);
    for (const { operation, value, from } of patches ?? []) {
      expect(["add", "replace", "copy", "move"]).toContain(operation);
      expect(["copy", "move"].includes(operation) ? from : value).toBeTypeOf("string");
    }
    for (const { patchData } of mergePatches ?? []) expect(JSON.parse(patchData)).toBeTypeOf("object");
  }
});
