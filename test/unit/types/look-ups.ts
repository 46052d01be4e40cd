import type * as pulumi from "@pulumi/pulumi";
import type { BackupSummary, LocationHandle, LocationUsers, StorageArgs } from "../../../sdk/index.ts";
import {
  BackupLocation,
  ClusterBackup,
  getBackups,
  getBackupsOutput,
  getLatestBackup,
  getLatestBackupOutput,
  getLocationUsers,
  getLocationUsersOutput,
  locationFrom,
} from "../../../sdk/index.ts";

// Never run: `npm run typecheck` compiles it, and test/unit/types.test.ts sees which lines fail, and how.
declare const storage: StorageArgs;
declare const handle: pulumi.Output<LocationHandle>;
declare const name: pulumi.Output<string>;

const location = new BackupLocation("primary", {
  storage,
  clusters: { east: { ambient: true }, gone: { offline: true } },
});
const nightly = new ClusterBackup("nightly", { location, cluster: "east", schedule: "@daily" });
const theirs = locationFrom("theirs", handle, { clusters: { east: { ambient: true } } });

export const accepted = {
  all: getBackups({ location, cluster: "east" }) satisfies Promise<BackupSummary[]>,
  ofTheStore: getBackups({ location, cluster: "gone", from: "store", before: "2026-11-23T02:00:00Z" }),
  ofAnotherStack: getBackups({ location: theirs, cluster: "east", workspace: "payments" }),
  inputs: getBackupsOutput({ location, cluster: "east", schedule: nightly.scheduleName, before: name }),
  outputs: getBackupsOutput({ location, cluster: "east" }) satisfies pulumi.Output<BackupSummary[]>,
  latest: getLatestBackup({ location, cluster: "east", allowPartialFailure: true }).then(
    (backup) => backup?.completionTime,
  ),
  latestOutput: getLatestBackupOutput({ location, cluster: "east" }, { dependsOn: nightly }).apply(
    (backup) => backup?.name,
  ),
  users: getLocationUsers({ location }) satisfies Promise<LocationUsers>,
  usersOfTheirs: getLocationUsersOutput({ location: theirs }, { dependsOn: [nightly] }).apply(
    ({ users }) => users.length,
  ),
};

// @ts-expect-error: there is no cluster "esat"
void getBackups({ location, cluster: "esat" });
// @ts-expect-error: the other stack's location gives no way to "gone"
void getLatestBackupOutput({ location: theirs, cluster: "gone" });
// @ts-expect-error: the cluster is always said
void getBackups({ location });
// @ts-expect-error: a promise takes no inputs, since it cannot wait for them
void getBackups({ location, cluster: "east", schedule: nightly.scheduleName });
// @ts-expect-error: backups are in a cluster or in its store
void getBackups({ location, cluster: "east", from: "bucket" });
// @ts-expect-error: there may be no newest backup
getLatestBackupOutput({ location, cluster: "east" }).apply((backup) => backup.name);
