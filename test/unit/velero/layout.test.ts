import { expect, test } from "vitest";
import {
  backupMetadataKey,
  backupsFolder,
  markerKey,
  resultsKey,
  volumeInfoKey,
} from "../../../provider/velero/layout.ts";

test("everything lies below the prefix, where Velero puts it", () => {
  expect(backupsFolder("prod/east")).toBe("prod/east/backups/");
  expect(backupMetadataKey("prod/east", "b")).toBe("prod/east/backups/b/velero-backup.json");
  expect(resultsKey("prod/east", "b")).toBe("prod/east/backups/b/b-results.gz");
  expect(volumeInfoKey("prod/east", "b")).toBe("prod/east/backups/b/b-volumeinfo.json.gz");
  expect(markerKey("prod/east")).toBe("prod/east/metadata/pulumi-velero.json");
});

test("at the root of a bucket no key begins with a slash", () => {
  expect(backupsFolder("")).toBe("backups/");
  expect(markerKey("")).toBe("metadata/pulumi-velero.json");
});
