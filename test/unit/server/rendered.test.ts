import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadYaml } from "@kubernetes/client-node";
import { describe, expect, onTestFinished, test } from "vitest";
import type { VeleroServerArgs } from "../../../sdk/index.ts";
import { chartValues } from "../../../sdk/server/chart-values.ts";

/** A folder with Velero's chart, or its `.tgz`. */
const chart = process.env["PULUMI_VELERO_CHART"];
const title = "What Velero's chart makes of a server's values";

interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> };
  spec: { template: { metadata: { labels: object }; spec: PodSpec } };
  roleRef?: { kind: string; name: string };
  subjects?: object[];
}

interface PodSpec {
  serviceAccountName: string;
  volumes: { name: string }[];
  initContainers: { name: string; image: string; volumeMounts: { name: string }[] }[];
  containers: {
    image: string;
    args: string[];
    resources?: object;
    env: { name: string; value?: string }[];
  }[];
  tolerations?: object[];
  nodeSelector?: object;
}

/** By `helm` itself. */
function render(args: VeleroServerArgs): Manifest[] {
  const folder = mkdtempSync(path.join(tmpdir(), "pulumi-velero-chart-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const values = path.join(folder, "values.json");
  writeFileSync(values, JSON.stringify(chartValues(args)));
  const place = ["--namespace", "backups", "--include-crds", "--values", values];
  const text = execFileSync("helm", ["template", "velero", chart ?? "", ...place], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  // Some of a chart's files come to nothing but comments.
  const documents = text.split(/^---$/m).filter((document) => /^kind:/m.test(document));
  return documents.map((document) => loadYaml<Manifest>(document));
}

/** `Role velero-server`: what stays, without what Helm runs beside it, and without Velero's kinds. */
const lastingIn = (manifests: Manifest[]): string[] =>
  manifests
    .filter(({ kind, metadata }) => kind !== "CustomResourceDefinition" && !isHook(metadata))
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    .toSorted();

const isHook = ({ annotations }: Manifest["metadata"]): boolean =>
  annotations !== undefined && "helm.sh/hook" in annotations;

function found(manifests: Manifest[], kind: string): Manifest {
  const manifest = manifests.find((each) => each.kind === kind && !isHook(each.metadata));
  if (!manifest) throw new Error(`there is no ${kind}`);
  return manifest;
}
const podOf = (manifests: Manifest[], kind: string): PodSpec => found(manifests, kind).spec.template.spec;

const needs =
  chart === undefined ? " (skipped: PULUMI_VELERO_CHART names no chart to render with `helm`)" : "";

describe.skipIf(chart === undefined)(title + needs, () => {
  test("is a server with all rights, and neither a location nor a Secret", () => {
    const manifests = render({ stores: ["minio"] });
    expect(lastingIn(manifests)).toEqual([
      "ClusterRoleBinding velero-server",
      "ConfigMap velero-repo-maintenance",
      "Deployment velero",
      "Role velero-server",
      "RoleBinding velero-server",
      "Service velero",
      "ServiceAccount velero-server",
    ]);
    expect(found(manifests, "ClusterRoleBinding")).toMatchObject({
      roleRef: { kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", name: "velero-server", namespace: "backups" }],
    });
    const names = manifests.map(({ metadata }) => metadata.name);
    expect(names).toEqual(expect.arrayContaining(["backups.velero.io", "backupstoragelocations.velero.io"]));
  });

  test("runs Velero with the plugins in the folder from which it takes them", () => {
    const pod = podOf(render({ stores: ["aws", "gcp", "azure"] }), "Deployment");
    expect(pod.initContainers.map(({ image }) => image)).toEqual([
      "velero/velero-plugin-for-aws:v1.14.3",
      "velero/velero-plugin-for-gcp:v1.14.3",
      "velero/velero-plugin-for-microsoft-azure:v1.14.3",
    ]);
    const mounted = pod.initContainers.flatMap(({ volumeMounts }) => volumeMounts.map(({ name }) => name));
    expect(new Set(mounted)).toEqual(new Set(["plugins"]));
    expect(pod.volumes.map(({ name }) => name)).toEqual(["plugins", "scratch"]);
    expect(pod.containers).toMatchObject([
      {
        image: expect.stringMatching(/velero\/velero:v1\.18\.3$/),
        resources: { requests: { cpu: "500m", memory: "128Mi" }, limits: { cpu: "1000m", memory: "512Mi" } },
      },
    ]);
    expect(pod.containers[0]?.args.join(" ")).not.toContain("--features");
  });

  test("has no cluster-wide binding where the rights are of its own", () => {
    const manifests = render({ stores: ["aws"], rights: {} });
    expect(lastingIn(manifests).filter((each) => each.startsWith("Cluster"))).toEqual([]);
    expect(lastingIn(manifests)).toContain("Role velero-server");
  });

  test("is known to all clouds by its service account, which the node agent has as well", () => {
    const roleArn = "arn:aws:iam::123456789012:role/velero";
    const serviceAccountEmail = "velero@acme.iam.gserviceaccount.com";
    const clientId = "11111111-2222-3333-4444-555555555555";
    const manifests = render({
      stores: ["aws", "gcp", "azure"],
      workloadIdentity: { aws: { roleArn }, gcp: { serviceAccountEmail }, azure: { clientId } },
      serviceAccount: { name: "velero-of-acme" },
      nodeAgent: true,
    });
    expect(found(manifests, "ServiceAccount").metadata).toMatchObject({
      name: "velero-of-acme",
      annotations: {
        "eks.amazonaws.com/role-arn": roleArn,
        "iam.gke.io/gcp-service-account": serviceAccountEmail,
        "azure.workload.identity/client-id": clientId,
      },
    });
    for (const kind of ["Deployment", "DaemonSet"]) {
      expect(podOf(manifests, kind).serviceAccountName).toBe("velero-of-acme");
      expect(found(manifests, kind).spec.template.metadata.labels).toMatchObject({
        "azure.workload.identity/use": "true",
      });
    }
  });

  test("has a node agent, and CSI in both, as they are said", () => {
    const manifests = render({
      stores: ["gcp"],
      csiSnapshots: true,
      nodeAgent: {
        resources: { limits: { memory: "1Gi" } },
        tolerations: [{ operator: "Exists" }],
        nodeSelector: { pool: "workers" },
        podVolumePath: "/var/snap/pods",
      },
    });
    for (const kind of ["Deployment", "DaemonSet"])
      expect(podOf(manifests, kind).containers[0]?.args).toContain("--features=EnableCSI");
    expect(podOf(manifests, "DaemonSet")).toMatchObject({
      tolerations: [{ operator: "Exists" }],
      nodeSelector: { pool: "workers" },
      volumes: expect.arrayContaining([{ name: "host-pods", hostPath: { path: "/var/snap/pods" } }]),
      containers: [{ resources: { limits: { memory: "1Gi" } } }],
    });
  });

  test("takes values that have no option here", () => {
    const values = {
      tolerations: [{ operator: "Exists" }],
      configuration: { extraEnvVars: [{ name: "HTTPS_PROXY", value: "http://proxy:3128" }] },
    };
    const pod = podOf(render({ stores: ["aws"], values }), "Deployment");
    expect(pod.tolerations).toEqual([{ operator: "Exists" }]);
    expect(pod.containers[0]?.env).toContainEqual({ name: "HTTPS_PROXY", value: "http://proxy:3128" });
  });
});
