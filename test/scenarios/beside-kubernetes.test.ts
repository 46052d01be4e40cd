import { expect } from "vitest";
import { testWithKubernetes } from "../engine/test-with-kubernetes.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { liveObject, passingStack, resourceList } from "./observe.ts";
import { contentsOf, namespaceGone, namespaceIn, ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, stepsOf, veleroObjects } from "./stack.ts";

const cluster = `
  const k8s = require("@pulumi/kubernetes");
  const provider = new k8s.Provider("cloud", { kubeconfig: process.env.EAST_KUBECONFIG });
  const { SHOP } = process.env;
`;

/** All that an application and its backup consist of, in one program that nothing exists of. */
const application = `${cluster}
  const namespace = new k8s.core.v1.Namespace("shop", { metadata: { name: SHOP } }, { provider });
  const metadata = { namespace: namespace.metadata.name, name: "web", annotations: { "pulumi.com/skipAwait": "true" } };
  const config = new k8s.core.v1.ConfigMap("config", { metadata, data: { color: "red" } }, { provider });
  const labels = { app: "web" };
  const web = new k8s.apps.v1.Deployment("web", {
    metadata,
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "web", image: "web" }] } },
    },
  }, { provider });
  const location = new velero.BackupLocation("primary", { storage, clusters: { east: { provider } } });
  const backup = new velero.ClusterBackup("backup", {
    location, cluster: "east", includedNamespaces: [namespace.metadata.name], volumes: "none",
  }, { dependsOn: [config, web] });
  new velero.Restore("copy", { backup, cluster: "east", namespaceMapping: { [SHOP]: SHOP + "-copy" } });
`;

/** The provider reaches the children that are Kubernetes' alone; the transformation sees all. */
const component = `${cluster}
  class Shop extends pulumi.ComponentResource {
    constructor(name, opts) {
      super("acme:index:Shop", name, {}, opts);
      const child = { parent: this };
      const namespace = new k8s.core.v1.Namespace(name, { metadata: { name: SHOP } }, child);
      const location = new velero.BackupLocation(name, { storage, clusters: { east: { provider } } }, child);
      new velero.ClusterBackup("nightly", {
        location, cluster: "east", includedNamespaces: [namespace.metadata.name], volumes: "none",
        schedule: "0 3 29 2 *", runNow: false,
      }, child);
    }
  }
  const withTeam = ({ type, props, opts }) =>
    type.endsWith(":ClusterBackup") ? { props: { ...props, labels: { team: "shop" } }, opts }
    : type === "kubernetes:core/v1:Namespace" ? { props: { ...props, metadata: { ...props.metadata, labels: { team: "shop" } } }, opts }
    : undefined;
  new Shop("store", { provider, transformations: [withTeam] });
`;

describeOnSandbox("A program that makes what it backs up by Pulumi's Kubernetes provider", (sandbox) => {
  const east = sandbox.cluster("east");
  // An administrator's: those of other scenarios make no namespaces.
  const environment = () => ({ SHOP: uniqueName("shop"), EAST_KUBECONFIG: east.kubeconfig });

  testWithKubernetes(
    "creates both in one up, backs the workload up once it is there, changes nothing next, and takes all away",
    async () => {
      const env = environment();
      const stack = await passingStack(sandbox, application, { env });
      const preview = await ok(stack.preview());
      const up = await ok(stack.up());
      expect(stepsOf(up).toSorted()).toEqual(stepsOf(preview).toSorted());
      const { backupName } = outputsOf(up, "backup");
      expect(await resourceList(sandbox, stack.bucket, "east", backupName)).toMatchObject({
        "v1/ConfigMap": [`${env.SHOP}/web`],
        "apps/v1/Deployment": [`${env.SHOP}/web`],
      });
      expect(await contentsOf(east, `${env.SHOP}-copy`)).toEqual(["configmaps web", "deployments web"]);
      await ok(stack.up({ expectNoChanges: true }));
      await ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));
      await ok(stack.destroy());
      expect(await namespaceIn(east, env.SHOP)).toBeUndefined();
      expect(await veleroObjects(east, "backupstoragelocations", stack)).toEqual([]);
      await namespaceGone(east, `${env.SHOP}-copy`);
    },
    240_000,
  );

  testWithKubernetes(
    "may be a component, whose provider leaves ours alone and whose transformations reach them",
    async () => {
      const env = environment();
      const stack = await passingStack(sandbox, component, { env });
      const up = await ok(stack.up());
      const schedule = await liveObject(east, "schedules", outputsOf(up, "nightly")["scheduleName"]);
      expect(schedule.metadata.labels).toMatchObject({ team: "shop" });
      expect((await namespaceIn(east, env.SHOP))?.metadata.labels).toMatchObject({ team: "shop" });
      expect(messagesOf(up)).not.toContain("provider");
      await ok(stack.up({ expectNoChanges: true }));
      await ok(stack.destroy());
      expect(await namespaceIn(east, env.SHOP)).toBeUndefined();
    },
    180_000,
  );
});
