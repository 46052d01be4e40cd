import { stampOf } from "../../lifecycle/identity.ts";
import { deletionPolicyAnnotation } from "../../velero/labels.ts";
import { scheduleManifest } from "../../velero/manifests.ts";
import type { BackupSpec, Schedule } from "../../velero/types.ts";
import type { ClusterBackupOutputs } from "./outputs.ts";
import { backupSpecOf } from "./selection.ts";

/** As it has to be at any time. */
export function desiredSchedule(aim: ClusterBackupOutputs): Schedule {
  const { labels, annotations } = stampOf(aim);
  return scheduleManifest(
    {
      name: aim.objectName,
      namespace: aim.location.namespace,
      labels,
      annotations: {
        ...annotations,
        ...(aim.deletionPolicy === "delete" && { [deletionPolicyAnnotation]: "delete" }),
      },
    },
    {
      schedule: aim.schedule ?? "",
      paused: aim.paused ?? false,
      ...(aim.useOwnerReferencesInBackup !== undefined && {
        useOwnerReferencesInBackup: aim.useOwnerReferencesInBackup,
      }),
      template: withOwnLabels(backupSpecOf(aim), labels),
    },
  );
}

/**
 * Velero labels a backup with the template's labels where there are any, and with the Schedule's where there are none
 * (v1.18.3, pkg/builder/backup_builder.go). Ours have to be among them: a backup is found by its owner.
 */
function withOwnLabels(template: BackupSpec, ours: Record<string, string>): BackupSpec {
  const { metadata } = template as { metadata?: { labels?: Record<string, string> } };
  return metadata?.labels
    ? ({ ...template, metadata: { ...metadata, labels: { ...metadata.labels, ...ours } } } as BackupSpec)
    : template;
}
