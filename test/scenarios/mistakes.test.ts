import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Runner } from "../engine/runner.ts";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { complaintsIn } from "./complaints.ts";
import { litterIn, objectsIn } from "./leftovers.ts";
import { checkPrograms } from "./mistakes/check-programs.ts";
import { clusters } from "./mistakes/clusters.ts";
import { declarations } from "./mistakes/declarations.ts";
import { otherStores } from "./mistakes/other-stores.ts";
import { type Part, programWith, variableOf } from "./mistakes/program.ts";
import { CANARY, type Mistake } from "./mistakes/row.ts";
import { s3Keys } from "./mistakes/s3-keys.ts";
import { s3Places } from "./mistakes/s3-places.ts";
import { type Site, startSite } from "./mistakes/site.ts";
import { formsOf } from "./secret-forms.ts";
import { messagesOf } from "./stack.ts";

const table = [...clusters, ...s3Keys, ...s3Places, ...otherStores, ...declarations].map((row, index) => ({
  ...row,
  name: `row-${index}`,
}));
type Row = (typeof table)[number];

const ENDS: Record<Mistake["ends"], string> = {
  refused: "is refused by the preview",
  told: "is told by the preview, and refused by the up",
  up: "is refused by the up",
};

/** What stands before the words of a refusal where they are merely told. */
const TOLD = /^[\w-]+: (not checked, or not there yet: )?/;
/** Of the rows that are mended, those that back up as well: each backup costs Velero a second. */
const WITH_BACKUP = 3;

// A sandbox of its own, so that whatever is left there is theirs.
describeOnSandbox("A program with", () => {
  let sandbox: Sandbox;
  let site: Site;
  let runner: Runner;
  let scratch: string;
  const parts = new Map<Row, Part>();
  let inPreview: Map<string, string[]>;
  let inUp: Map<string, string[]>;
  let preview: RunResult;
  let up: RunResult;

  /** The rows that no check refuses: their up does something. */
  const reachesServers = (row: Row) => inUp.get(row.name)?.length === 0;
  const passesPreview = (row: Row) => row.ends === "told" || (row.ends === "up" && reachesServers(row));
  const programOf = (rows: readonly Row[]) => programWith(rows.map((row) => parts.get(row)!));
  const change = (text: string) => runner.write({ "index.js": text });

  beforeAll(async () => {
    sandbox = await startSandbox({
      clusters: ["east", { name: "bare", velero: false }],
      gcs: true,
      azure: true,
    });
    site = await startSite(sandbox);
    const env: Record<string, string> = { ...site.env };
    for (const { env: own, ...row } of table) {
      const variables = (await own?.(site)) ?? {};
      parts.set(
        table.find(({ name }) => name === row.name)!,
        { ...row, own: variables },
      );
      for (const [name, value] of Object.entries(variables))
        if (value !== undefined) env[variableOf(row.name, name)] = value;
    }
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    inPreview = await check(true);
    inUp = await check(false);

    scratch = mkdtempSync(path.join(tmpdir(), "mistakes-"));
    runner = new Runner({
      stack: uniqueName("dev"),
      program: { files: { "index.js": programOf(table.filter(passesPreview)) } },
      env: { ...env, TMPDIR: scratch },
    });
    preview = await runner.preview();
    change(programOf(table.filter(reachesServers)));
    up = await runner.up({ continueOnError: true });
  }, 300_000);

  afterAll(async () => {
    vi.unstubAllEnvs();
    await runner?.dispose();
    await site?.close();
    await sandbox?.stop();
    if (scratch) rmSync(scratch, { recursive: true, force: true });
  });

  const check = (dryRun: boolean): Promise<Map<string, string[]>> =>
    checkPrograms(
      table.map((row) => ({ name: row.name, text: programOf([row]) })),
      { dryRun },
    );

  test.each(table.map((row) => ({ title: row.title, row, end: ENDS[row.ends] })))(
    "$title $end",
    ({ row }) => {
      const early = inPreview.get(row.name) ?? [];
      if (row.ends === "refused") expectComplaints(early, row);
      else expect(early).toEqual([]);
      if (row.ends === "told") {
        const told = preview.diagnostics.map(({ message }) => message.replace(TOLD, ""));
        expect(
          told.filter((words) => isComplaint(words, row)),
          messagesOf(preview),
        ).not.toEqual([]);
      }
      if (!reachesServers(row)) {
        expectComplaints(inUp.get(row.name) ?? [], row);
        return;
      }
      const ofThisRow = new RegExp(`::${row.name}(-|$)`);
      const isOfRow = ({ urn = "" }: { urn?: string }) => ofThisRow.test(urn);
      expectComplaints(complaintsIn({ ...up, diagnostics: up.diagnostics.filter(isOfRow) }), row);
      const claimsToBeFine = (up.state.deployment.resources ?? []).filter(
        ({ urn, outputs }) =>
          outputs?.["unfinished"] === undefined &&
          up.diagnostics.some((said) => said.severity === "error" && said.urn === urn),
      );
      expect(claimsToBeFine).toEqual([]);
    },
  );

  test("such a mistake shows no secret in what is said, in state, or in a file", async () => {
    expect(preview.ok, messagesOf(preview)).toBe(true);
    expect(up.ok).toBe(false);
    const said = [...inPreview.values(), ...inUp.values()].flat().join("\n");
    expectNoSecret([said, textOf(preview), textOf(up)].join("\n"));
    for (const file of [scratch, runner.directory].flatMap(filesIn))
      expectNoSecret(readFileSync(file, "latin1"), file);
  });

  test("many mistakes of one resource is told all of them at once, with one link, and no secret", async () => {
    const other = new Runner({
      stack: uniqueName("dev"),
      program: { files: {} },
      env: { ...site.env, SECRET: CANARY },
    });
    const refusalOf = async (part: Partial<Part>) => {
      other.write({ "index.js": programWith([{ name: "many", own: {}, ...part }]) });
      const run = await other.up();
      expect(run.ok).toBe(false);
      expectNoSecret(textOf(run));
      return run;
    };
    try {
      const ofBackup = await refusalOf({
        backup: `schedule: "often", ttl: "30d", volumes: "all", includedNamspaces: []`,
      });
      const complaints = complaintsIn(ofBackup);
      expect(complaints.map((complaint) => complaint.split(":")[0]).toSorted()).toEqual([
        "includedNamspaces",
        "schedule",
        "ttl",
        "volumes",
      ]);
      expect(complaints.join("\n")).toContain(
        'volumes: must be one of "snapshot", "moveData", "fileCopy", "none"',
      );
      const section = "node_modules/pulumi-velero/docs/troubleshooting.md#invalidinput";
      expect(messagesOf(ofBackup).split(`[velero:InvalidInput] is explained in ${section}`)).toHaveLength(2);

      const ofLocation = await refusalOf({
        location: "storge: storage, sercet: pulumi.secret(process.env.SECRET),",
        storage: "minio({ credentials: { static: { ...keys, sesionToken: process.env.SECRET } } })",
      });
      expect(complaintsIn(ofLocation).map((complaint) => complaint.split(":")[0])).toEqual(
        expect.arrayContaining(["storge", "sercet", "storage.minio.credentials.static.sesionToken"]),
      );
    } finally {
      await other.destroy();
      await other.dispose();
    }
  });

  test("such a mistake is mended, and what was dropped meanwhile leaves no rest, nor does a destroy", async () => {
    const mended = table.filter(reachesServers).filter((_row, index) => index % 3 === 0);
    const text = programWith(
      mended.map(({ name }, index) => ({ name, own: {}, ...(index < WITH_BACKUP && { backup: "" }) })),
    );
    change(text);
    const run = await runner.up({ continueOnError: true });
    expect(run.ok, messagesOf(run)).toBe(true);
    const again = await runner.up({ expectNoChanges: true });
    expect(again.ok, messagesOf(again)).toBe(true);
    const made = (await objectsIn(sandbox)).map((line) => line.split(" ")[1]);
    const count = (kind: string) => made.filter((each) => each === kind).length;
    expect([count("secrets") - 1, count("backupstoragelocations")]).toEqual([mended.length, mended.length]);
    expect([count("backups"), count("schedules")]).toEqual([WITH_BACKUP, 0]);
    const destroy = await runner.destroy({ continueOnError: true });
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    expect(await objectsIn(sandbox)).toEqual([expect.stringMatching(/^east secrets store-keys-/)]);
    expect(await litterIn(sandbox, site.env["BUCKET"] ?? "")).toEqual([]);
  }, 240_000);

  /** In one voice, from the property on. */
  function expectComplaints(complaints: readonly string[], row: Row): void {
    expect(complaints[0], complaints.join("\n")).toSatisfy((words: string) => isComplaint(words, row));
    expect(complaints.filter((words) => !words.startsWith(row.property))).toEqual([]);
  }

  function isComplaint(words = "", { property, says }: Row): boolean {
    return (
      words.startsWith(property) &&
      says.every((word) => (typeof word === "string" ? words.includes(word) : word.test(words)))
    );
  }

  function expectNoSecret(text: string, where = "what was said"): void {
    const { minio, azure, clusters } = sandbox;
    const tokens = Object.values(clusters).map(({ token }) => token);
    const secrets = [CANARY, minio.secretKey, azure?.key ?? "", ...tokens].flatMap(formsOf);
    for (const secret of ["PRIVATE KEY", ...secrets])
      expect(text.includes(secret), `${secret.slice(0, 6)}… in ${where}`).toBe(false);
  }
});

const textOf = (run: RunResult): string =>
  [run.text, messagesOf(run), JSON.stringify([run.outputs, run.steps, run.state])].join("\n");

/** All files below a folder, but for linked packages. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => !name.includes("node_modules"))
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
}
