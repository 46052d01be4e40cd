import { describe, expect, onTestFinished, test, vi } from "vitest";
import { connect } from "../../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../../provider/kubernetes/connection.ts";
import { deadlineOf } from "../../../provider/core/deadline.ts";
import { type Owner, stampOf } from "../../../provider/core/identity.ts";
import { requireLocation } from "../../../provider/rules/location-available.ts";
import { startFakeApiServer } from "../kubernetes/fake-api-server.ts";
import { testSession } from "../session.ts";

const LOCATIONS = "/apis/velero.io/v1/namespaces/velero/backupstoragelocations";
const urn = (stack: string, kind: string, name: string) =>
  `urn:pulumi:${stack}::backups::pulumi-nodejs:dynamic/velero:${kind}::${name}`;
const OURS = urn("dev", "ClusterLocation", "primary-east");
const THEIRS = urn("platform", "ClusterLocation", "primary-east");
const LINEAGE = "0123456789abcdef";
const ours = { owner: OURS, lineage: LINEAGE };
const theirs = { owner: THEIRS, lineage: "fedcba9876543210" };
const namesakes = { owner: OURS, lineage: "fedcba9876543210" };

/** A location that is Unavailable, and who made it; `reference` says whose a backup of the stack `dev` takes it for. */
async function unavailable({
  madeBy = ours,
  reference = madeBy,
  validationFrequency = "30s",
}: {
  madeBy?: Owner;
  reference?: Owner;
  validationFrequency?: string;
}) {
  const server = await startFakeApiServer();
  const put = (phase: string) =>
    server.putAt(LOCATIONS, {
      metadata: { name: "primary-east", ...stampOf({ ...madeBy, incarnation: "i" }) },
      ...{ spec: { validationFrequency }, status: { phase, lastValidationTime: new Date() } },
    });
  put("Unavailable");
  const client = await connect(testSession(), { kubeconfig: server.kubeconfig }, clusterLabel("east"));
  const location = {
    ...reference,
    locationName: "primary-east",
    namespace: "velero",
    storePrefix: "east",
  };
  return {
    server,
    recover: () => put("Available"),
    patches: () => server.requests.filter((request) => request.startsWith("PATCH")),
    require: () => requireLocation(client, { lineage: LINEAGE, location }, deadlineOf("create", undefined)),
  };
}

const isWaitedFor = ({ server }: { server: { watches(): number } }) =>
  vi.waitFor(() => expect(server.watches()).toBe(1), 10_000);

// The first one loads the Kubernetes client, which takes a while on a busy machine.
describe("A location that is Unavailable", { timeout: 30_000 }, () => {
  test("has Velero look at once where it is this stack's", async () => {
    const place = await unavailable({});
    const required = place.require();
    await isWaitedFor(place);
    expect(place.patches()).toEqual([`PATCH ${LOCATIONS}/primary-east`]);
    place.recover();
    await required;
  });

  test.each([
    ["is another stack's", { madeBy: theirs }],
    ["is that of a stack with the same name", { madeBy: namesakes }],
    ["bears the name of this stack's, and was made by another one", { madeBy: theirs, reference: ours }],
  ])("is waited for, and nothing of it changed, where it %s", async (_what, whose) => {
    const place = await unavailable(whose);
    const required = place.require();
    await isWaitedFor(place);
    place.recover();
    await required;
    expect(place.patches()).toEqual([]);
  });

  test.each([
    // Its own period, and the patience with any.
    ["until Velero has looked by itself", "30s", 60_000, /reaches the store\.$/],
    [
      "no longer than any, where Velero never looks by itself",
      "0",
      30_000,
      /looks at this location never by itself; a/,
    ],
    [
      "for some minutes, where Velero looks seldom",
      "2h",
      180_000,
      /looks at this location every 2h only; a refresh/,
    ],
  ])("of another stack is waited for %s", async (_how, validationFrequency, longest, words) => {
    const limits: number[] = [];
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    const spy = vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
      limits.push(ms);
      return timeout(Math.ceil(ms / 60));
    });
    onTestFinished(() => spy.mockRestore());
    const place = await unavailable({ madeBy: theirs, validationFrequency });
    const refused = await place.require().catch((error: unknown) => error);
    expect(String(refused)).toMatch(/BackupStorageLocation velero\/primary-east .* Unavailable/);
    expect(String(refused)).toMatch(words);
    expect(limits).toContain(longest);
  });
});
