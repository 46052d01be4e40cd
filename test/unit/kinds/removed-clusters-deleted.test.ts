import { expect, test } from "vitest";
import {
  type BackupLocationInputs,
  removedClustersDeleted,
} from "../../../provider/kinds/backup-location.ts";
import { previewOf } from "../../../provider/rules/preflight.ts";
import { testSession } from "../session.ts";
import { storage } from "./declared.ts";

const session = testSession();

const inputs = (prefixes: BackupLocationInputs["prefixes"]) =>
  ({ storage, access: "none", deletionPolicy: "delete", prefixes }) as unknown as BackupLocationInputs;

/** The notices of a preview, for what was declared and what is. */
const told = async (olds: BackupLocationInputs["prefixes"], news: BackupLocationInputs["prefixes"]) =>
  previewOf(await removedClustersDeleted(session, inputs(news), inputs(olds))).notices;

test("A cluster that is taken out is told to take its backups along", async () => {
  const notices = await told({ east: "", west: "" }, { east: "" });
  expect(notices).toEqual([expect.stringContaining('"west" is taken out, and its backups below west/ are')]);
});

test("One that only stops writing, or never wrote, takes nothing along", async () => {
  expect(await told({ east: "", west: "" }, { east: "", west: false })).toEqual([]);
  expect(await told({ east: "", west: false }, { east: "" })).toEqual([]);
});
