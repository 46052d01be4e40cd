import { expect, test } from "vitest";
import {
  backupMetadataKey,
  backupsFolder,
  markerKey,
  restoreItemsKey,
  restoreResultsKey,
  resultsKey,
  tarballKey,
  volumeInfoKey,
} from "../../../provider/velero/backup-files.ts";

test("everything lies below the prefix, where Velero puts it", () => {
  expect(backupsFolder("prod/east")).toBe("prod/east/backups/");
  expect(backupMetadataKey("prod/east", "b")).toBe("prod/east/backups/b/velero-backup.json");
  expect(resultsKey("prod/east", "b")).toBe("prod/east/backups/b/b-results.gz");
  expect(volumeInfoKey("prod/east", "b")).toBe("prod/east/backups/b/b-volumeinfo.json.gz");
  expect(tarballKey("prod/east", "b")).toBe("prod/east/backups/b/b.tar.gz");
  expect(restoreResultsKey("prod/east", "r")).toBe("prod/east/restores/r/restore-r-results.gz");
  expect(restoreItemsKey("prod/east", "r")).toBe("prod/east/restores/r/restore-r-resource-list.json.gz");
  expect(markerKey("prod/east")).toBe("prod/east/metadata/pulumi-velero.json");
});

test("at the root of a bucket no key begins with a slash", () => {
  expect(backupsFolder("")).toBe("backups/");
  expect(restoreItemsKey("", "r")).toBe("restores/r/restore-r-resource-list.json.gz");
  expect(markerKey("")).toBe("metadata/pulumi-velero.json");
});
