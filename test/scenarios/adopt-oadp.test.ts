import { expect, test } from "vitest";
import { rbac } from "../../sdk/index.ts";
import { writtenSchedules } from "../fixtures/adopt/schedules.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { passingStack } from "./observe.ts";
import { ok } from "./restore-stack.ts";
import { messagesOf, resourceIn } from "./stack.ts";
import { veleroWith } from "./velero-with.ts";

const NAMESPACE = "openshift-adp";
const VELERO = `/apis/velero.io/v1/namespaces/${NAMESPACE}`;
/** As OADP calls the first location of a DataProtectionApplication. */
const LOCATION = "dpa-sample-1";
const CRON = "0 3 29 2 *";

describeOnSandbox("Adopting what OADP and GitOps have made", (sandbox) => {
  const east = sandbox.cluster("east");
  const { kubernetes } = east;
  const liveAt = async (path: string): Promise<KubernetesObject> => {
    const live = await kubernetes.get(path);
    if (!live) throw new Error(`there is nothing at ${path}`);
    return live;
  };

  /** What stands for the DataProtectionApplication: something in the cluster that owns the objects. */
  async function ownerReference() {
    const [owner, name] = [{ apiVersion: "v1", kind: "ConfigMap" }, "dpa-sample"];
    const path = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
    const { metadata } = await kubernetes.create(path, { ...owner, metadata: { name } });
    return { ...owner, name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
  }

  async function locationOfOadp(bucket: string, reference: object): Promise<KubernetesObject> {
    const { minio } = sandbox;
    const file = `[default]\naws_access_key_id = ${minio.accessKey}\naws_secret_access_key = ${minio.secretKey}\n`;
    await kubernetes.create(`/api/v1/namespaces/${NAMESPACE}/secrets`, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "cloud-credentials" },
      data: { cloud: Buffer.from(file).toString("base64") },
    });
    await kubernetes.create(`${VELERO}/backupstoragelocations`, {
      apiVersion: "velero.io/v1",
      kind: "BackupStorageLocation",
      metadata: {
        name: LOCATION,
        labels: { "app.kubernetes.io/managed-by": "oadp-operator", "openshift.io/oadp": "True" },
        annotations: { "argocd.argoproj.io/sync-wave": "5" },
        ownerReferences: [reference],
      },
      spec: {
        provider: "aws",
        objectStorage: { bucket, prefix: "velero" },
        config: {
          region: "us-east-1",
          s3Url: minio.endpoint,
          s3ForcePathStyle: "true",
          checksumAlgorithm: "",
          profile: "default",
          insecureSkipTLSVerify: "true",
        },
        credential: { name: "cloud-credentials", key: "cloud" },
        default: true,
        accessMode: "ReadWrite",
        backupSyncPeriod: "2m0s",
        validationFrequency: "7s",
      },
    });
    return waitUntil("OADP's location is Available", async () => {
      const live = await liveAt(`${VELERO}/backupstoragelocations/${LOCATION}`);
      return live.status?.["phase"] === "Available" ? live : undefined;
    });
  }

  test("tells in the preview what would change, keeps the rest, and the next preview is empty", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    await veleroWith(sandbox, east, rbac.server(), { namespace: NAMESPACE });
    const bucket = await sandbox.minio.createBucket("oadp");
    const reference = await ownerReference();
    const location = await locationOfOadp(bucket, reference);
    const written = writtenSchedules({ location: LOCATION, namespace: shop }).map((each, index) => ({
      ...each,
      name: `written-${index + 1}`,
    }));
    for (const { name, metadata, spec } of written) {
      await kubernetes.create(`${VELERO}/schedules`, {
        apiVersion: "velero.io/v1",
        kind: "Schedule",
        metadata: { name, ...metadata, ownerReferences: [reference], finalizers: ["example.com/keeps"] },
        spec: { schedule: CRON, skipImmediately: true, ...spec },
      });
    }
    const before = await Promise.all(written.map(({ name }) => liveAt(`${VELERO}/schedules/${name}`)));

    const program = `
      const clusters = { east: { ...east, namespace: "${NAMESPACE}", adopt: "${LOCATION}", prefix: "velero" } };
      const location = new velero.BackupLocation("primary", { storage, clusters });
      for (const [name, declared] of ${JSON.stringify(written.map(({ name, declared }) => [name, declared]))}) {
        new velero.ClusterBackup(name, { location, cluster: "east", schedule: "${CRON}", adopt: name, ...declared });
      }`;
    // An administrator's: those of other scenarios have rights in the first Velero's namespace alone.
    const env = { EAST_KUBECONFIG: east.kubeconfig };
    const stack = await passingStack(sandbox, program, { bucket, env });
    const preview = await ok(stack.preview());
    const told = messagesOf(preview);
    for (const { name, changes, kept } of written) {
      const place = `adopt: Schedule ${NAMESPACE}/${name} in cluster "east" is taken over. `;
      expect(told).toContain(
        place +
          (changes.length > 0 ? `What changes: ${changes.join("; ")}.` : "Nothing of its spec changes."),
      );
      for (const each of kept) expect(told).toContain(each);
    }
    expect(told).toContain(
      `clusters.east.adopt: BackupStorageLocation ${NAMESPACE}/${LOCATION} in cluster "east" is taken over. What changes: ` +
        `credential: "cloud-credentials" (key "cloud") becomes "${LOCATION}" (key "cloud"); Secret cloud-credentials itself ` +
        'stays as it is. What stays, since nothing that is declared says otherwise: config.insecureSkipTLSVerify: "true"; ' +
        'config.profile: "default". ConfigMap dpa-sample controls this',
    );
    expect(await liveAt(`${VELERO}/backupstoragelocations/${LOCATION}`)).toMatchObject({
      metadata: { labels: location.metadata.labels },
      spec: location.spec,
    });

    const up = await ok(stack.up());
    for (const [index, { name, changes, kept }] of written.entries()) {
      expect(resourceIn(up, name).outputs?.["scheduleName"]).toBe(name);
      const [was, is] = [before[index] as KubernetesObject, await liveAt(`${VELERO}/schedules/${name}`)];
      expect(is.metadata.uid).toBe(was.metadata.uid);
      expect(is.metadata.labels).toMatchObject(was.metadata.labels ?? {});
      expect(is.metadata["annotations"]).toMatchObject((was.metadata["annotations"] as object) ?? {});
      expect(is.metadata["ownerReferences"]).toEqual(was.metadata["ownerReferences"]);
      expect(is.metadata["finalizers"]).toEqual(["example.com/keeps"]);
      const [theirs, ours] = [was, is].map(({ spec }) => spec?.["template"] as Record<string, unknown>);
      const isTold = (field: string) => [...changes, ...kept].some((words) => words.startsWith(`${field}:`));
      for (const [field, value] of Object.entries(theirs ?? {})) {
        if (!isTold(field)) expect(ours, name).toHaveProperty(field, value);
      }
      for (const field of kept.map((words) => words.split(":")[0] ?? ""))
        expect(ours?.[field], name).toEqual(expect.toSatisfy((value) => includes(value, theirs?.[field])));
    }
    const taken = await liveAt(`${VELERO}/backupstoragelocations/${LOCATION}`);
    expect(taken.metadata.labels).toMatchObject(location.metadata.labels ?? {});
    expect(taken.metadata["annotations"]).toMatchObject({ "argocd.argoproj.io/sync-wave": "5" });
    expect(taken.metadata["ownerReferences"]).toEqual([reference]);
    // A location that Velero is slow to validate is asked for in a round more, which leaves the twin of its frequency.
    const { validationFrequency } = taken.spec ?? {};
    expect(["7s", "7001ms"]).toContain(validationFrequency);
    expect(taken.spec).toEqual({
      ...location.spec,
      credential: { name: LOCATION, key: "cloud" },
      validationFrequency,
    });

    await ok(stack.preview({ expectNoChanges: true }));
    await ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));
    for (const { name } of written)
      await kubernetes.patch(`${VELERO}/schedules/${name}`, { metadata: { finalizers: null } });
  }, 360_000);
});

/** Whether a live value has all that it had. */
function includes(value: unknown, had: unknown): boolean {
  if (typeof had !== "object" || had === null) return value === had;
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(had).every(([key, inner]) =>
    includes((value as Record<string, unknown>)[key], inner),
  );
}
