import type { Handler } from "./core/handler.ts";
import { Session } from "./session.ts";
import { adapt, type DynamicProvider } from "./pulumi-adapter.ts";
import { backupLocation, sharedLocation } from "./kinds/backup-location.ts";
import { clusterBackup } from "./kinds/cluster-backup.ts";
import { clusterLocation } from "./kinds/cluster-location/index.ts";
import { restore } from "./kinds/restore/index.ts";
import { workspaceBackup } from "./kinds/workspace-backup/index.ts";
import { endWithEngine } from "./end-with-engine.ts";

/** Every kind of resource, by its name in users' states. */
const handlers: Record<string, (session: Session) => Handler> = {
  BackupLocation: backupLocation,
  ClusterLocation: clusterLocation,
  ClusterBackup: clusterBackup,
  WorkspaceBackup: workspaceBackup,
  Restore: restore,
  SharedLocation: sharedLocation,
};

/** The engine starts one process for each command, and creates all resources in it. */
const ofProcess = new Session();

endWithEngine();

/**
 * Returns the provider of a kind. Every resource's state has the text
 * `exports.handler=()=>require("pulumi-velero/provider").create("<Kind>");`. States live for years, so this name, this
 * signature and the kinds are a promise (test/unit/provider-contract.test.ts). Only tests pass a session.
 */
export function create(kind: string, session = ofProcess): DynamicProvider {
  const makeHandler = handlers[kind];
  if (!makeHandler) {
    throw new Error(
      `this version of pulumi-velero does not know resources of kind "${kind}". Its state was written by a newer ` +
        "version: install that one in the Pulumi project.",
    );
  }
  return adapt(session, makeHandler(session));
}
