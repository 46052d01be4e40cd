import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { complaintsIn } from "./complaints.ts";
import { clashes } from "./mistakes/clashes.ts";
import { clusters } from "./mistakes/clusters.ts";
import { declarations } from "./mistakes/declarations.ts";
import { otherStores } from "./mistakes/other-stores.ts";
import { type Outcome, outcomeOf } from "./mistakes/outcome.ts";
import type { MistakeRow } from "./mistakes/row.ts";
import { s3Keys } from "./mistakes/s3-keys.ts";
import { s3Places } from "./mistakes/s3-places.ts";
import { type Site, startSite } from "./mistakes/site.ts";
import { ways } from "./mistakes/ways.ts";
import { messagesOf } from "./stack.ts";

const table = [...clusters, ...s3Keys, ...s3Places, ...otherStores, ...declarations, ...clashes, ...ways];

/** While one row is looked at the next ones run: programs wait for servers most of the time. */
const AHEAD = 3;

/** Of the rows that the preview refuses: an up begins with the same check, or meets the same answer. */
const ONE_UP_IN = 6;
const seenInUp = new Set([
  ...table.filter(({ ends }) => ends !== "refused"),
  ...table.filter(({ ends }) => ends === "refused").filter((_row, index) => index % ONE_UP_IN === 0),
]);

describeOnSandbox("A program with", (sandbox) => {
  let site: Site;
  let bare: Sandbox;
  const outcomes = new Map<MistakeRow, Promise<Outcome>>();
  const outcome = (row: MistakeRow) => {
    const known = outcomes.get(row) ?? outcomeOf(row, site, { withUp: seenInUp.has(row) });
    outcomes.set(row, known);
    // Whoever awaits it sees it fail.
    known.catch(() => undefined);
    return known;
  };

  beforeAll(async () => {
    bare = await startSandbox({ clusters: [{ name: "bare", velero: false }] });
    site = await startSite(sandbox, bare);
    table.filter(({ isSlow }) => isSlow).forEach(outcome);
  });
  afterAll(async () => {
    await site?.close();
    await bare?.stop();
  });

  test("one of these is one of many", () => {
    expect(table.length).toBeGreaterThanOrEqual(40);
    expect(new Set(table.map(({ title }) => title)).size).toBe(table.length);
    for (const { ends, why, title } of table) expect(why !== undefined, title).toBe(ends === "up");
  });

  test.each(table.map((row, index) => ({ ...row, row, index, end: ENDS[row.ends] })))(
    "$title $end",
    async ({ row, index }) => {
      table.slice(index, index + 1 + AHEAD).forEach(outcome);
      const { preview, up } = await outcome(row);
      if (row.ends === "refused") expectRefusal(preview, row);
      else expect(preview.ok, messagesOf(preview)).toBe(true);
      if (row.ends === "told") expect(messagesOf(preview)).toContain(row.property);
      if (up) expectRefusal(up, row);
      for (const run of up ? [preview, up] : [preview]) expectNoSecret(run, site);
    },
  );
});

const ENDS: Record<MistakeRow["ends"], string> = {
  refused: "is refused by the preview",
  told: "is told by the preview, and refused by the up",
  up: "is refused by the up",
};

/** In one voice, from the property on; and nothing that it made claims to be fine. */
function expectRefusal(run: RunResult, { property, says, afterAnUp }: MistakeRow): void {
  expect(run.ok, messagesOf(run)).toBe(false);
  const complaints = complaintsIn(run);
  expect(complaints, messagesOf(run)).not.toEqual([]);
  for (const complaint of complaints) {
    expect(complaint.startsWith(property), `"${complaint}" begins with ${property}`).toBe(true);
  }
  for (const words of says) expect(complaints[0]).toMatch(words);
  const refused = run.diagnostics.flatMap(({ severity, urn }) => (severity === "error" ? (urn ?? []) : []));
  const claimsToBeFine = (run.state.deployment.resources ?? []).filter(
    ({ urn, type, outputs }) =>
      refused.includes(urn) && type.includes("velero:") && outputs?.["unfinished"] === undefined,
  );
  // What was fine before stays as it was, under the inputs of then: the next up tries again.
  if (!afterAnUp) expect(claimsToBeFine).toEqual([]);
}

function expectNoSecret(run: RunResult, { sandbox: { minio, azure, clusters }, https }: Site): void {
  const text = `${messagesOf(run)}\n${run.text}`;
  const tokens = Object.values(clusters).map(({ token }) => token);
  for (const secret of ["canary", "PRIVATE KEY", minio.secretKey, azure?.key, https.cert, ...tokens]) {
    expect(text).not.toContain(secret);
  }
}
